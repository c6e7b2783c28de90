package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the decoding of keys and values of one head and 16 positions to float32, in the order in which they lie in the
 * cache. Codes of 8 bits have a float16 scale for each position and (up to) 32 features:
 *
 * <pre>
 * keys     codes [feature][16], scales [block of features][16]   to  [feature][16]
 * values   codes [16][feature], scales [block of features][16]   to  [16][feature]
 * </pre>
 */
public final class KvCode {
    /** Byte offsets of the arguments, 64 bits each: where the codes, the scales and the result begin in their segments. */
    public static final int CODES = 0;

    public static final int SCALES = 8;
    public static final int OUT = 16;
    /** Steps: of 16 elements, or blocks of features. */
    public static final int COUNT = 24;
    /** Features from row to row of values. */
    public static final int HEAD_DIM = 32;
    /** Bytes of the arguments, with 64 of scratch in them. */
    public static final int BYTES = 128;

    private static final int POSITIONS = 16;
    private static final int LINE = 64;
    private static final int SCRATCH = BYTES - LINE;
    private static final int UNROLLED = 4;
    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp CODE = Gp.RSI;
    private static final Gp SCALE = Gp.RDX;
    private static final Gp TO = Gp.RCX;
    private static final Gp STEPS = Gp.RAX;
    private static final Gp COUNTER = Gp.R8;

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final int lanes;
    /** Registers of 16 elements. */
    private final int parts;

    private KvCode(Isa isa) {
        this.isa = isa;
        lanes = isa.lanes();
        parts = POSITIONS / lanes;
        a.add(CODE, Operand.at(ARGUMENTS, CODES));
        a.add(SCALE, Operand.at(ARGUMENTS, SCALES));
        a.add(TO, Operand.at(ARGUMENTS, OUT));
        a.mov(STEPS, Operand.at(ARGUMENTS, COUNT));
    }

    private byte[] end() {
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** bfloat16, keys and values alike; COUNT steps of 16. */
    public static byte[] bf16(Isa isa) {
        KvCode code = new KvCode(isa);
        Assembler a = code.a;
        Label step = a.here();
        for (int p = 0; p < code.parts; p++) {
            Vec v = isa.register(p);
            a.vpmovzxwd(v, Operand.at(CODE, 2 * code.lanes * p));
            a.vpslld(v, v, 16);
            a.vmovups(Operand.at(TO, 4 * code.lanes * p), v);
        }
        a.add(CODE, 2 * POSITIONS);
        a.add(TO, LINE);
        a.loop(STEPS, step);
        return code.end();
    }

    /** Keys of 8 bits: COUNT blocks of {@code features} features. */
    public static byte[] keys(Isa isa, int features) {
        KvCode code = new KvCode(isa);
        code.keys(features);
        return code.end();
    }

    private void keys(int features) {
        Label block = a.here();
        for (int p = 0; p < parts; p++) {
            a.vcvtph2ps(isa.register(p), Operand.at(SCALE, 2 * lanes * p));
        }
        a.mov(COUNTER, features / UNROLLED);
        Label next = a.here();
        for (int i = 0; i < UNROLLED * parts; i++) {
            decode(CODE, TO, i, parts + i, isa.register(i % parts));
        }
        a.add(CODE, UNROLLED * POSITIONS);
        a.add(TO, UNROLLED * LINE);
        a.loop(COUNTER, next);
        a.add(SCALE, 2 * POSITIONS);
        a.loop(STEPS, block);
    }

    /** Register-full {@code i} of codes, by way of register {@code number}. */
    private void decode(Gp from, Gp to, int i, int number, Vec scale) {
        Vec v = isa.register(number);
        a.vpmovsxbd(v, Operand.at(from, lanes * i));
        a.vcvtdq2ps(v, v);
        a.vmulps(v, v, scale);
        a.vmovups(Operand.at(to, 4 * lanes * i), v);
    }

    /** Values of 8 bits: COUNT blocks of {@code features} features. */
    public static byte[] values(Isa isa, int features) {
        KvCode code = new KvCode(isa);
        code.values(features);
        return code.end();
    }

    private void values(int features) {
        Gp from = Gp.R9;
        Gp to = Gp.R10;
        Gp factor = Gp.R11;
        Vec scale = isa.register(0);
        int vectors = features / lanes;
        Label block = a.here();
        for (int p = 0; p < parts; p++) {
            Vec v = isa.register(1 + p);
            a.vcvtph2ps(v, Operand.at(SCALE, 2 * lanes * p));
            a.vmovups(Operand.at(ARGUMENTS, SCRATCH + 4 * lanes * p), v);
        }
        a.mov(from, CODE);
        a.mov(to, TO);
        a.lea(factor, Operand.at(ARGUMENTS, SCRATCH));
        a.mov(COUNTER, POSITIONS);
        Label position = a.here();
        a.vbroadcastss(scale, Operand.at(factor, 0));
        for (int v = 0; v < vectors; v++) {
            decode(from, to, v, 1 + v, scale);
        }
        a.add(from, Operand.at(ARGUMENTS, HEAD_DIM));
        for (int i = 0; i < 4; i++) {
            a.add(to, Operand.at(ARGUMENTS, HEAD_DIM));
        }
        a.add(factor, 4);
        a.loop(COUNTER, position);
        a.add(CODE, features);
        a.add(TO, 4 * features);
        a.add(SCALE, 2 * POSITIONS);
        a.loop(STEPS, block);
    }
}
