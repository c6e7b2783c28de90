package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the moving of floats into and out of the layouts of {@link ProductCode}: a walk over groups of steps, of which
 * each copies some pieces of 4 floats, or turns 4 rows of 4 floats into 4 columns. From step to step, and from group to
 * group, source and target advance by what the arguments say.
 */
public final class MoveCode {
    /** Byte offsets of the arguments, 64 bits each: where segments a (source) and b (target) begin. */
    public static final int SOURCE = 0;

    public static final int TARGET = 8;
    /** Groups, and steps of a group; at least 1. */
    public static final int GROUPS = 16;

    public static final int STEPS = 24;
    /** Bytes from row to row of four that are turned, in the source and in the target. */
    public static final int SOURCE_ROW = 32;

    public static final int TARGET_ROW = 40;
    /** Bytes from step to step. */
    public static final int SOURCE_STEP = 48;

    public static final int TARGET_STEP = 56;
    /** Bytes from group to group, each counted from where the group began. */
    public static final int SOURCE_GROUP = 64;

    public static final int TARGET_GROUP = 72;
    /** Bytes of the arguments. */
    public static final int BYTES = 80;

    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp FROM = Gp.RSI;
    private static final Gp TO = Gp.RDX;
    private static final Gp STEP_COUNT = Gp.RCX;
    private static final Gp GROUP_COUNT = Gp.RAX;
    private static final Gp PS = Gp.R8;
    private static final Gp PT = Gp.R9;
    private static final Gp ROW = Gp.R10;
    private static final Gp ROW3 = Gp.R11;
    private static final Gp OUT_ROW = Gp.RBX;
    private static final Gp OUT_ROW3 = Gp.RBP;
    private static final Gp AHEAD = Gp.R12;
    /** Groups, of a power of two, by which rows are fetched ahead. */
    private static final int GROUPS_AHEAD = 4;

    private final Assembler a = new Assembler();

    private MoveCode() {}

    /** Copies {@code pieces} pieces of 4 floats a step. */
    public static byte[] copy(int pieces) {
        MoveCode code = new MoveCode();
        Assembler a = code.a;
        return code.walk(() -> {
            for (int i = 0; i < pieces; i++) {
                a.vmovups(x(i), Operand.at(PS, 16 * i));
            }
            for (int i = 0; i < pieces; i++) {
                a.vmovups(Operand.at(PT, 16 * i), x(i));
            }
        });
    }

    /** Turns 4 × 4 floats a step; adds them to the target if {@code add}. */
    public static byte[] transpose(boolean add) {
        MoveCode code = new MoveCode();
        Assembler a = code.a;
        return code.walk(() -> {
            for (int i = 0; i < 4; i++) {
                a.vmovups(x(i), row(PS, ROW, ROW3, i));
            }
            a.vunpcklps(x(4), x(0), x(1));
            a.vunpckhps(x(5), x(0), x(1));
            a.vunpcklps(x(6), x(2), x(3));
            a.vunpckhps(x(7), x(2), x(3));
            a.vunpcklpd(x(0), x(4), x(6));
            a.vunpckhpd(x(1), x(4), x(6));
            a.vunpcklpd(x(2), x(5), x(7));
            a.vunpckhpd(x(3), x(5), x(7));
            for (int i = 0; i < 4; i++) {
                if (add) {
                    a.vaddps(x(i), x(i), row(PT, OUT_ROW, OUT_ROW3, i));
                }
                a.vmovups(row(PT, OUT_ROW, OUT_ROW3, i), x(i));
            }
        });
    }

    private static Vec x(int number) {
        return new Vec(number, 128);
    }

    private static Operand.Mem row(Gp base, Gp stride, Gp stride3, int i) {
        return switch (i) {
            case 0 -> Operand.at(base, 0);
            case 3 -> Operand.at(base, stride3, 1, 0);
            default -> Operand.at(base, stride, i, 0);
        };
    }

    private byte[] walk(Runnable step) {
        a.push(OUT_ROW);
        a.push(OUT_ROW3);
        a.push(AHEAD);
        a.add(FROM, Operand.at(ARGUMENTS, SOURCE));
        a.add(TO, Operand.at(ARGUMENTS, TARGET));
        a.mov(ROW, Operand.at(ARGUMENTS, SOURCE_ROW));
        a.lea(ROW3, Operand.at(ROW, ROW, 2, 0));
        a.mov(OUT_ROW, Operand.at(ARGUMENTS, TARGET_ROW));
        a.lea(OUT_ROW3, Operand.at(OUT_ROW, OUT_ROW, 2, 0));
        a.mov(GROUP_COUNT, Operand.at(ARGUMENTS, GROUPS));
        Label group = a.here();
        a.mov(AHEAD, Operand.at(ARGUMENTS, SOURCE_GROUP));
        a.lea(AHEAD, Operand.at(FROM, AHEAD, GROUPS_AHEAD, 0));
        for (int i = 0; i < 4; i++) {
            a.prefetcht0(row(AHEAD, ROW, ROW3, i));
        }
        a.mov(PS, FROM);
        a.mov(PT, TO);
        a.mov(STEP_COUNT, Operand.at(ARGUMENTS, STEPS));
        Label next = a.here();
        step.run();
        a.add(PS, Operand.at(ARGUMENTS, SOURCE_STEP));
        a.add(PT, Operand.at(ARGUMENTS, TARGET_STEP));
        a.loop(STEP_COUNT, next);
        a.add(FROM, Operand.at(ARGUMENTS, SOURCE_GROUP));
        a.add(TO, Operand.at(ARGUMENTS, TARGET_GROUP));
        a.loop(GROUP_COUNT, group);
        a.vzeroupper();
        a.pop(AHEAD);
        a.pop(OUT_ROW3);
        a.pop(OUT_ROW);
        a.ret();
        return a.finish();
    }
}
