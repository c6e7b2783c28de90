package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the rounding of one row of activations to int8 in blocks of 32, into the records that {@link LinearCode} draws.
 * The largest magnitude is found among integers, so that what is not a number comes out on top; a block whose inverse
 * scale is not positive and finite gets codes 0. 256-bit registers under every instruction set.
 */
public final class RoundCode {
    /** Byte offsets of the arguments: where the row and the token's codes in the first record begin. */
    public static final int X = 0;

    public static final int OUT = 8;
    /** Where the token's scale in the first record begins. */
    public static final int FIELDS = 16;
    /** Blocks of 32; bytes from record to record and from field to field. */
    public static final int BLOCKS = 24;

    public static final int RECORD_BYTES = 32;
    public static final int FIELD_BYTES = 40;
    /** Bytes of the arguments. */
    public static final int BYTES = 48;

    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp INPUT = Gp.RSI;
    private static final Gp OUTPUT = Gp.RDX;
    private static final Gp FIELD = Gp.RCX;
    private static final Gp LATE_FIELD = Gp.R8;
    private static final Gp STEP = Gp.R9;
    private static final Gp STRIDE = Gp.R10;
    private static final Gp COUNT = Gp.RAX;

    private RoundCode() {}

    private static Vec ymm(int n) {
        return new Vec(n, 256);
    }

    /** The code; segments: the activations, the records, the records. */
    public static byte[] emit() {
        Assembler a = new Assembler();
        Mem magnitude = a.constant(0x7fffffff);
        Mem mostCode = a.constant(Float.floatToRawIntBits(127f));
        Mem one = a.constant(Float.floatToRawIntBits(1f));
        Mem infinity = a.constant(0x7f800000);
        Vec zero = ymm(15);
        a.add(INPUT, Operand.at(ARGUMENTS, X));
        a.mov(FIELD, OUTPUT);
        a.add(FIELD, Operand.at(ARGUMENTS, FIELDS));
        a.add(OUTPUT, Operand.at(ARGUMENTS, OUT));
        a.mov(COUNT, Operand.at(ARGUMENTS, BLOCKS));
        a.mov(STRIDE, Operand.at(ARGUMENTS, RECORD_BYTES));
        a.mov(STEP, Operand.at(ARGUMENTS, FIELD_BYTES));
        a.vpxor(zero, zero, zero);
        // two packings leave the 32-bit lanes as 0 2 4 6 1 3 5 7
        Vec order = ymm(14);
        a.vmovups(order, a.constant(0, 4, 1, 5, 2, 6, 3, 7));
        Label block = a.here();
        Vec top = ymm(4);
        for (int i = 0; i < 4; i++) {
            a.vmovups(ymm(i), Operand.at(INPUT, 32 * i));
            a.vpand(ymm(i == 0 ? 4 : 5), ymm(i), magnitude);
            if (i > 0) {
                a.vpmaxsd(top, top, ymm(5));
            }
        }
        a.vextracti128(ymm(5).x(), top, 1);
        a.vpmaxsd(top.x(), top.x(), ymm(5).x());
        a.vpshufd(ymm(5).x(), top.x(), 0x4E);
        a.vpmaxsd(top.x(), top.x(), ymm(5).x());
        a.vpshufd(ymm(5).x(), top.x(), 0xB1);
        a.vpmaxsd(top.x(), top.x(), ymm(5).x());
        a.vbroadcastss(top, top.x());
        Vec scale = ymm(6);
        Vec inverse = ymm(7);
        Vec usable = ymm(8);
        a.vdivps(scale, top, mostCode);
        a.vmovups(inverse, one);
        a.vdivps(inverse, inverse, scale);
        a.vcmpltps(usable, zero, inverse);
        a.vcmpltps(ymm(5), inverse, infinity);
        a.vpand(usable, usable, ymm(5));
        for (int i = 0; i < 4; i++) {
            a.vmulps(ymm(i), ymm(i), inverse);
            a.vcvtps2dq(ymm(i), ymm(i));
            a.vpand(ymm(i), ymm(i), usable);
        }
        a.vpaddd(ymm(9), ymm(0), ymm(1));
        a.vpaddd(ymm(10), ymm(2), ymm(3));
        a.vpackssdw(ymm(0), ymm(0), ymm(1));
        a.vpackssdw(ymm(2), ymm(2), ymm(3));
        a.vpacksswb(ymm(0), ymm(0), ymm(2));
        a.vpermd(ymm(0), order, ymm(0));
        a.vmovups(Operand.at(OUTPUT, 0), ymm(0));
        sums(a, zero, scale);
        a.add(INPUT, 128);
        a.add(OUTPUT, STRIDE);
        a.add(FIELD, STRIDE);
        a.loop(COUNT, block);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** The fields of one block from its scale and the sums of lanes of both halves, in registers 9 and 10. */
    private static void sums(Assembler a, Vec zero, Vec scale) {
        Vec both = ymm(9);
        Vec x = both.x();
        a.vphaddd(both, both, ymm(10));
        a.vphaddd(both, both, both);
        a.vextracti128(ymm(10).x(), both, 1);
        a.vpaddd(x, x, ymm(10).x()); // Σ of the first 16, Σ of the last 16, the same again
        Vec total = ymm(10).x();
        a.vpshufd(total, x, 0xB1);
        a.vpaddd(total, total, x);
        a.vmovd(Operand.at(FIELD, 0), scale);
        a.vcvtdq2ps(ymm(11).x(), total);
        a.vmulps(ymm(11).x(), ymm(11).x(), scale.x());
        a.vmovd(Operand.at(FIELD, STEP, 1, 0), ymm(11));
        a.vpsubd(total, zero.x(), total);
        a.vpsubd(x, zero.x(), x);
        a.lea(LATE_FIELD, Operand.at(FIELD, STEP, 2, 0));
        a.vmovd(Operand.at(LATE_FIELD, 0), total);
        a.vmovd(Operand.at(LATE_FIELD, STEP, 1, 0), x);
        a.vpshufd(x, x, 0xB1);
        a.vmovd(Operand.at(LATE_FIELD, STEP, 2, 0), x);
    }
}
