package dev.jemma.kernel.x86;

import static dev.jemma.kernel.x86.FloatFunctions.FREE;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;
import java.util.function.IntConsumer;

/**
 * Writes the operations on elements and rows, 16 elements a step: sums, GeGLU, soft caps, norms, rotary embedding, and
 * the parts of log Σ exp. What is left of a row is its caller's.
 */
public final class RowCode {
    /** Byte offsets of the arguments, 64 bits each: where the operands begin in segments a, b and c. */
    public static final int A = 0;

    public static final int B = 8;
    public static final int C = 16;
    /** Steps of 16 elements, at least 1. */
    public static final int COUNT = 24;
    /** A float. */
    public static final int NUMBER = 32;
    /** For rotary embedding: heads in a row, bytes of a head, bytes of half a head. */
    public static final int HEADS = 40;

    public static final int HEAD_BYTES = 48;
    public static final int HALF_BYTES = 56;
    /** Bytes of the arguments. */
    public static final int BYTES = 64;

    private static final int STEP = 64;
    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp PA = Gp.RSI;
    private static final Gp PB = Gp.RDX;
    private static final Gp PC = Gp.RCX;
    private static final Gp COUNTER = Gp.RAX;

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final int vectors;

    private RowCode(Isa isa) {
        this.isa = isa;
        vectors = 16 / isa.lanes();
    }

    private Mem at(Gp base, int vector) {
        return Operand.at(base, 32 * vector);
    }

    private void begin() {
        a.add(PA, Operand.at(ARGUMENTS, A));
        a.add(PB, Operand.at(ARGUMENTS, B));
        a.add(PC, Operand.at(ARGUMENTS, C));
        a.mov(COUNTER, Operand.at(ARGUMENTS, COUNT));
    }

    private byte[] end() {
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** Runs {@code step} for the vectors of 16 elements, then moves on, until the count is used up. */
    private void steps(IntConsumer step) {
        Label next = a.here();
        for (int v = 0; v < vectors; v++) {
            step.accept(v);
        }
        a.add(PA, STEP);
        a.add(PB, STEP);
        a.add(PC, STEP);
        a.loop(COUNTER, next);
    }

    /** c = a + b. */
    public static byte[] add(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        code.begin();
        code.steps(v -> {
            a.vmovups(x, code.at(PA, v));
            a.vaddps(x, x, code.at(PB, v));
            a.vmovups(code.at(PC, v), x);
        });
        return code.end();
    }

    /** c = gelu(a) · b. */
    public static byte[] geglu(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        code.begin();
        FloatFunctions f = new FloatFunctions(a, isa);
        code.steps(v -> {
            a.vmovups(x, code.at(PA, v));
            f.gelu(isa.register(FREE));
            a.vmulps(x, x, code.at(PB, v));
            a.vmovups(code.at(PC, v), x);
        });
        return code.end();
    }

    /** c = n · tanh(a / n) with the number n. */
    public static byte[] softcap(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        Vec cap = isa.register(FREE);
        code.begin();
        a.vbroadcastss(cap, Operand.at(ARGUMENTS, NUMBER));
        FloatFunctions f = new FloatFunctions(a, isa);
        code.steps(v -> {
            a.vmovups(x, code.at(PA, v));
            a.vdivps(x, x, cap);
            f.tanh();
            a.vmulps(x, x, cap);
            a.vmovups(code.at(PC, v), x);
        });
        return code.end();
    }

    /** c = a · n · b with the number n. */
    public static byte[] scale(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        Vec n = isa.register(1);
        code.begin();
        a.vbroadcastss(n, Operand.at(ARGUMENTS, NUMBER));
        code.steps(v -> {
            a.vmulps(x, n, code.at(PA, v));
            a.vmulps(x, x, code.at(PB, v));
            a.vmovups(code.at(PC, v), x);
        });
        return code.end();
    }

    /** c = a / n with the number n. */
    public static byte[] divide(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        Vec n = isa.register(1);
        code.begin();
        a.vbroadcastss(n, Operand.at(ARGUMENTS, NUMBER));
        code.steps(v -> {
            a.vmovups(x, code.at(PA, v));
            a.vdivps(x, x, n);
            a.vmovups(code.at(PC, v), x);
        });
        return code.end();
    }

    /** c[16] = Σ a², lane i taking elements i, i + 16, … */
    public static byte[] squares(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        return code.reduce(0, (v, sum) -> {
            a.vmovups(x, code.at(PA, v));
            a.vfmadd231ps(sum, x, x);
        });
    }

    /** c[16] = the largest elements, lane i taking elements i, i + 16, … */
    public static byte[] max(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        return code.reduce(
                Float.floatToRawIntBits(Float.NEGATIVE_INFINITY), (v, best) -> a.vmaxps(best, best, code.at(PA, v)));
    }

    /** c[16] = Σ exp(a − n), lane i taking elements i, i + 16, … */
    public static byte[] exponentials(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Vec x = isa.register(0);
        Vec n = isa.register(FREE + 2);
        a.vbroadcastss(n, Operand.at(ARGUMENTS, NUMBER));
        FloatFunctions f = new FloatFunctions(a, isa);
        return code.reduce(0, (v, sum) -> {
            a.vmovups(x, code.at(PA, v));
            a.vsubps(x, x, n);
            f.exp();
            a.vaddps(sum, sum, x);
        });
    }

    @FunctionalInterface
    private interface Fold {
        void vector(int vector, Vec total);
    }

    /** Folds elements of a into 16 lanes that start from {@code start}, in registers FREE and on. */
    private byte[] reduce(int start, Fold fold) {
        begin();
        for (int v = 0; v < vectors; v++) {
            a.vmovups(isa.register(FREE + v), a.constant(start));
        }
        a.mov(Gp.R8, PC);
        steps(v -> fold.vector(v, isa.register(FREE + v)));
        for (int v = 0; v < vectors; v++) {
            a.vmovups(at(Gp.R8, v), isa.register(FREE + v));
        }
        return end();
    }

    /** Turns pairs (i, i + half) of the heads of a row of a by the angles b: cosines, then sines. */
    public static byte[] rope(Isa isa) {
        RowCode code = new RowCode(isa);
        Assembler a = code.a;
        Gp heads = Gp.R8;
        Gp half = Gp.R9;
        Gp head = Gp.R10;
        Gp angle = Gp.R11;
        Vec first = isa.register(0);
        Vec second = isa.register(1);
        Vec left = isa.register(2);
        Vec right = isa.register(3);
        a.add(PA, Operand.at(ARGUMENTS, A));
        a.add(PB, Operand.at(ARGUMENTS, B));
        a.mov(heads, Operand.at(ARGUMENTS, HEADS));
        a.mov(half, Operand.at(ARGUMENTS, HALF_BYTES));
        Label nextHead = a.here();
        a.mov(head, PA);
        a.mov(angle, PB);
        a.mov(COUNTER, Operand.at(ARGUMENTS, COUNT));
        Label next = a.here();
        for (int v = 0; v < code.vectors; v++) {
            Mem low = Operand.at(head, 32 * v);
            Mem high = Operand.at(head, half, 1, 32 * v);
            Mem cos = Operand.at(angle, 32 * v);
            Mem sin = Operand.at(angle, half, 1, 32 * v);
            a.vmovups(first, low);
            a.vmovups(second, high);
            a.vmulps(left, first, cos);
            a.vmulps(right, second, sin);
            a.vsubps(left, left, right);
            a.vmovups(low, left);
            a.vmulps(left, second, cos);
            a.vmulps(right, first, sin);
            a.vaddps(left, left, right);
            a.vmovups(high, left);
        }
        a.add(head, STEP);
        a.add(angle, STEP);
        a.loop(COUNTER, next);
        a.add(PA, Operand.at(ARGUMENTS, HEAD_BYTES));
        a.loop(heads, nextHead);
        return code.end();
    }
}
