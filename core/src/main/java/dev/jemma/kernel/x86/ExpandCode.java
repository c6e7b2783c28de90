package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the decoding of one packed panel (drawn in {@link LinearCode}) to floats [k][16], exactly as the file's blocks
 * decode: {@code s·code − m}. Takes the arguments of {@link LinearCode}; segments: weights, any, floats.
 */
public final class ExpandCode {
    private static final Gp OUTPUT = Gp.RCX;
    private static final Gp MINIMUM = Gp.RDX;

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final Codes codes;

    private ExpandCode(Isa isa, Codes codes) {
        this.isa = isa;
        this.codes = codes;
    }

    /** The code. */
    public static byte[] emit(Isa isa, Codes codes) {
        // signed bytes serve all widths of codes here, hence the form without vpdpbusd, in 256 bits
        ExpandCode code = new ExpandCode(isa.vnni() ? Isa.AVX2 : isa, codes);
        code.panel();
        return code.a.finish();
    }

    private void panel() {
        Vec scale = isa.register(0);
        Vec minimum = isa.register(1);
        Vec v = isa.register(2);
        Vec t = isa.register(3);
        Operand offset = isa.constant(a, codes.offset(), 4);
        CodeReader reader = new CodeReader(a, isa, codes, 5);
        a.add(LinearCode.PANEL, LinearCode.argument(LinearCode.W));
        a.add(OUTPUT, LinearCode.argument(LinearCode.Y));
        if (codes.factors()) {
            reader.multiplyFactors(LinearCode.SCALES, LinearCode.FACTORS, false, false);
            if (codes.minima()) {
                reader.multiplyFactors(LinearCode.MIN_SCALES, LinearCode.MIN_FACTORS, true, false);
            }
            a.lea(LinearCode.SCALE, LinearCode.argument(LinearCode.BYTES));
            a.mov(MINIMUM, LinearCode.SCALE);
            a.add(MINIMUM, LinearCode.argument(LinearCode.FLOAT_MINIMA));
        } else {
            a.mov(LinearCode.SCALE, LinearCode.PANEL);
            a.add(LinearCode.SCALE, LinearCode.argument(LinearCode.SCALES));
        }
        a.mov(LinearCode.CODE, LinearCode.PANEL);
        a.mov(LinearCode.COUNT, LinearCode.argument(LinearCode.BLOCKS));
        Label block = a.here();
        int quads = 8 / codes.groups();
        for (int g = 0; g < codes.groups(); g++) {
            for (int half = 0; half < 2; half++) {
                int at = LinearCode.LINE * g + 32 * half;
                if (codes.factors()) {
                    a.vmovups(scale, Operand.at(LinearCode.SCALE, at));
                } else {
                    a.vcvtph2ps(scale, Operand.at(LinearCode.SCALE, 16 * half));
                }
                if (codes.minima()) {
                    a.vmovups(minimum, Operand.at(MINIMUM, at));
                }
                for (int quad = g * quads; quad < (g + 1) * quads; quad++) {
                    reader.load(v, t, quad, half);
                    for (int i = 0; i < 4; i++) {
                        a.vpslld(t, v, 24 - 8 * i);
                        a.vpsrad(t, t, 24);
                        a.vpsubd(t, t, offset);
                        a.vcvtdq2ps(t, t);
                        a.vmulps(t, t, scale);
                        if (codes.minima()) {
                            a.vaddps(t, t, minimum);
                        }
                        a.vmovups(Operand.at(OUTPUT, LinearCode.LINE * (4 * quad + i) + 32 * half), t);
                    }
                }
            }
        }
        a.add(LinearCode.CODE, codes.blockBytes());
        a.add(OUTPUT, 32 * LinearCode.LINE);
        a.add(LinearCode.SCALE, codes.factors() ? LinearCode.LINE * codes.groups() : 32);
        if (codes.minima()) {
            a.add(MINIMUM, LinearCode.LINE);
        }
        a.loop(LinearCode.COUNT, block);
        a.vzeroupper();
        a.ret();
    }
}
