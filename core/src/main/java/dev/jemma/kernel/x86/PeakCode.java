package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Vec;

/** Writes a loop of multiply-adds on registers alone: the most that a core can do, for benchmarks to measure against. */
public final class PeakCode {
    /** Byte offset of the argument: how many rounds, at least 1; 64 bits. */
    public static final int ROUNDS = 0;
    /** Bytes of the arguments. */
    public static final int BYTES = 8;

    private static final int CHAINS = 12;

    private PeakCode() {}

    /** Multiply-adds of a round. */
    public static int perRound(Isa isa) {
        return CHAINS * isa.lanes();
    }

    /** The code. */
    public static byte[] emit(Isa isa) {
        Assembler a = new Assembler();
        for (int i = 0; i < CHAINS + 2; i++) {
            Vec v = isa.register(i);
            a.vpxor(v, v, v);
        }
        a.mov(Gp.RAX, Operand.at(Gp.RDI, ROUNDS));
        Label next = a.here();
        for (int i = 0; i < CHAINS; i++) {
            a.vfmadd231ps(isa.register(i), isa.register(CHAINS), isa.register(CHAINS + 1));
        }
        a.loop(Gp.RAX, next);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }
}
