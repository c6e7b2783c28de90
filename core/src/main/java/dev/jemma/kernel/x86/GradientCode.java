package dev.jemma.kernel.x86;

import static dev.jemma.kernel.x86.FloatFunctions.FREE;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes what training adds to {@link RowCode}: slopes of losses, GELU, norms and attention weights, and the update of
 * parameters, 16 elements a step. Operation by operation what the scalar twins do.
 */
public final class GradientCode {
    /** Byte offsets of the arguments: where the operands begin in segments a, b and c, 64 bits each. */
    public static final int A = 0;

    public static final int B = 8;
    public static final int C = 16;
    /** Steps of 16 elements, at least 1; 64 bits. */
    public static final int COUNT = 24;
    /** Up to four floats: n0 to n3. */
    public static final int NUMBERS = 32;
    /** Bytes of the arguments. */
    public static final int BYTES = 48;

    private static final int STEP = 64;
    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp PA = Gp.RSI;
    private static final Gp PB = Gp.RDX;
    private static final Gp PC = Gp.RCX;
    private static final Gp COUNTER = Gp.RAX;
    private static final Gp LANES = Gp.R8;
    /** Where sums over lanes begin: behind what {@link FloatFunctions} and the numbers take. */
    private static final int SUMS = FREE + 6;

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final int vectors;
    /** x passes through {@link FloatFunctions}; t, n and p are free around its calls. */
    private final Vec x;

    private final Vec t;
    private final Vec n;
    private final Vec p;
    private final Vec kept;

    private GradientCode(Isa isa) {
        this.isa = isa;
        vectors = 16 / isa.lanes();
        x = isa.register(0);
        t = isa.register(1);
        n = isa.register(2);
        p = isa.register(3);
        kept = isa.register(FREE + 4);
    }

    private interface Step {
        void vector(Mem a, Mem b, Mem c, int vector);
    }

    private Vec number(int i) {
        return isa.register(FREE + i);
    }

    private Operand constant(float value) {
        return a.constant(Float.floatToRawIntBits(value));
    }

    private void begin(int numbers) {
        a.add(PA, Operand.at(ARGUMENTS, A));
        a.add(PB, Operand.at(ARGUMENTS, B));
        a.add(PC, Operand.at(ARGUMENTS, C));
        a.mov(COUNTER, Operand.at(ARGUMENTS, COUNT));
        for (int i = 0; i < numbers; i++) {
            a.vbroadcastss(number(i), Operand.at(ARGUMENTS, NUMBERS + 4 * i));
        }
    }

    private byte[] run(Step step) {
        Label next = a.here();
        for (int v = 0; v < vectors; v++) {
            step.vector(Operand.at(PA, 32 * v), Operand.at(PB, 32 * v), Operand.at(PC, 32 * v), v);
        }
        a.add(PA, STEP);
        a.add(PB, STEP);
        a.add(PC, STEP);
        a.loop(COUNTER, next);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** The same with sums (or maxima) of 16 lanes that begin at {@code start} and are left in c. */
    private byte[] reduce(float start, Step step) {
        a.mov(LANES, PC);
        for (int v = 0; v < vectors; v++) {
            a.vmovups(isa.register(SUMS + v), constant(start));
        }
        Label next = a.here();
        for (int v = 0; v < vectors; v++) {
            step.vector(Operand.at(PA, 32 * v), Operand.at(PB, 32 * v), Operand.at(PC, 32 * v), v);
        }
        a.add(PA, STEP);
        a.add(PB, STEP);
        a.loop(COUNTER, next);
        for (int v = 0; v < vectors; v++) {
            a.vmovups(Operand.at(LANES, 32 * v), isa.register(SUMS + v));
        }
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** a = n1 · exp(a − n0) + n2, times 1 − (a / n3)² if {@code capped}. */
    public static byte[] lossSlopes(Isa isa, boolean capped) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(4);
        FloatFunctions f = new FloatFunctions(a, isa);
        return code.run((z, _, _, _) -> {
            a.vmovups(code.x, z);
            if (capped) {
                a.vdivps(code.kept, code.x, code.number(3));
            }
            a.vsubps(code.x, code.x, code.number(0));
            f.exp();
            a.vfmadd213ps(code.x, code.number(1), code.number(2));
            if (capped) {
                code.multiplyByCapSlope(code.x);
            }
            a.vmovups(z, code.x);
        });
    }

    /** v = v · (1 − kept²). */
    private void multiplyByCapSlope(Vec v) {
        a.vmulps(t, kept, kept);
        a.vmovups(p, constant(1f));
        a.vsubps(p, p, t);
        a.vmulps(v, v, p);
    }

    /** c = c · gelu′(a). */
    public static byte[] geluSlope(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(0);
        FloatFunctions f = new FloatFunctions(a, isa);
        Vec g = code.kept;
        return code.run((gate, _, d, _) -> {
            a.vmovups(g, gate);
            a.vmulps(code.t, g, code.constant(0.044715f));
            a.vmulps(code.t, code.t, g);
            a.vfmadd213ps(code.t, g, g);
            a.vmulps(code.x, code.t, code.constant(-1.5957692f));
            f.exp();
            a.vaddps(code.x, code.x, code.constant(1f));
            a.vmovups(code.t, code.constant(1f));
            a.vdivps(code.t, code.t, code.x);
            a.vmulps(code.n, g, g);
            a.vmovups(code.p, code.constant(3f * 0.044715f));
            a.vfmadd213ps(code.n, code.p, code.constant(1f));
            a.vmulps(code.n, code.n, code.constant(1.5957692f));
            a.vmovups(code.p, code.constant(1f));
            a.vsubps(code.p, code.p, code.t);
            a.vmulps(code.p, code.p, code.t);
            a.vmulps(code.p, code.p, g);
            a.vfmadd213ps(code.p, code.n, code.t);
            a.vmulps(code.p, code.p, d);
            a.vmovups(d, code.p);
        });
    }

    /** b = b · (1 − (a / n0)²). */
    public static byte[] capSlope(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(1);
        return code.run((y, d, _, _) -> {
            a.vmovups(code.kept, y);
            a.vdivps(code.kept, code.kept, code.number(0));
            a.vmovups(code.x, d);
            code.multiplyByCapSlope(code.x);
            a.vmovups(d, code.x);
        });
    }

    /** c = a · b. */
    public static byte[] multiply(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(0);
        return code.run((left, right, out, _) -> {
            a.vmovups(code.x, left);
            a.vmulps(code.x, code.x, right);
            a.vmovups(out, code.x);
        });
    }

    /** c[16] = Σ a · b by lanes. */
    public static byte[] dot(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(0);
        return code.reduce(0f, (left, right, _, v) -> {
            a.vmovups(code.x, left);
            a.vfmadd231ps(isa.register(SUMS + v), code.x, right);
        });
    }

    /** c = a · n0 + n1 · b, or c + that. */
    public static byte[] normInput(Isa isa, boolean add) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(2);
        return code.run((product, in, out, _) -> {
            a.vmulps(code.x, code.number(0), product);
            a.vfmadd231ps(code.x, code.number(1), in);
            if (add) {
                a.vaddps(code.x, code.x, out);
            }
            a.vmovups(out, code.x);
        });
    }

    /** c = a · b · n0 + c. */
    public static byte[] normWeight(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(1);
        return code.run((dy, in, sum, _) -> {
            a.vmovups(code.x, dy);
            a.vmulps(code.x, code.x, in);
            a.vfmadd213ps(code.x, code.number(0), sum);
            a.vmovups(sum, code.x);
        });
    }

    /** c = a · n0, or a · n0 + c. */
    public static byte[] scale(Isa isa, boolean add) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(1);
        return code.run((in, _, out, _) -> {
            a.vmovups(code.x, in);
            if (add) {
                a.vfmadd213ps(code.x, code.number(0), out);
            } else {
                a.vmulps(code.x, code.x, code.number(0));
            }
            a.vmovups(out, code.x);
        });
    }

    /** g = a · n0; b += n1 · (g − b). */
    public static byte[] adamMean(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(2);
        return code.run((gradient, mean, _, _) -> {
            a.vmulps(code.x, code.number(0), gradient);
            a.vmovups(code.t, mean);
            a.vsubps(code.x, code.x, code.t);
            a.vfmadd231ps(code.t, code.x, code.number(1));
            a.vmovups(mean, code.t);
        });
    }

    /** g = a · n0; b = n1 · g · g + n2 · b. */
    public static byte[] adamSquare(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(3);
        return code.run((gradient, square, _, _) -> {
            a.vmulps(code.x, code.number(0), gradient);
            a.vmulps(code.t, code.number(2), square);
            a.vmulps(code.n, code.x, code.number(1));
            a.vfmadd231ps(code.t, code.n, code.x);
            a.vmovups(square, code.t);
        });
    }

    /** c = c · n0 − n1 · a / (√b / n2 + n3). */
    public static byte[] adamStep(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(4);
        return code.run((mean, square, value, _) -> {
            a.vsqrtps(code.t, square);
            a.vdivps(code.t, code.t, code.number(2));
            a.vaddps(code.t, code.t, code.number(3));
            a.vmulps(code.x, code.number(1), mean);
            a.vdivps(code.x, code.x, code.t);
            a.vmulps(code.n, code.number(0), value);
            a.vsubps(code.n, code.n, code.x);
            a.vmovups(value, code.n);
        });
    }

    /** a = a · n0, then n1 · tanh(a / n1) if {@code capped}; c[16] = the largest by lanes. */
    public static byte[] scores(Isa isa, boolean capped) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(2);
        FloatFunctions f = new FloatFunctions(a, isa);
        return code.reduce(Float.NEGATIVE_INFINITY, (score, _, _, v) -> {
            a.vmulps(code.x, code.number(0), score);
            if (capped) {
                a.vdivps(code.x, code.x, code.number(1));
                f.tanh();
                a.vmulps(code.x, code.x, code.number(1));
            }
            a.vmovups(score, code.x);
            a.vmaxps(isa.register(SUMS + v), isa.register(SUMS + v), code.x);
        });
    }

    /** a = exp(a − n0); c[16] = Σ a by lanes. */
    public static byte[] exponentials(Isa isa) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(1);
        FloatFunctions f = new FloatFunctions(a, isa);
        return code.reduce(0f, (score, _, _, v) -> {
            a.vmovups(code.x, score);
            a.vsubps(code.x, code.x, code.number(0));
            f.exp();
            a.vmovups(score, code.x);
            a.vaddps(isa.register(SUMS + v), isa.register(SUMS + v), code.x);
        });
    }

    /**
     * s = a · n0, or n3 · tanh(a · n0 / n3) if {@code capped}; a = exp(s − n1); b = a · (b − n2) · n0, times 1 − (s / n3)²
     * if capped.
     */
    public static byte[] attentionSlopes(Isa isa, boolean capped) {
        GradientCode code = new GradientCode(isa);
        Assembler a = code.a;
        code.begin(4);
        FloatFunctions f = new FloatFunctions(a, isa);
        return code.run((score, slope, _, _) -> {
            a.vmulps(code.x, code.number(0), score);
            if (capped) {
                a.vdivps(code.x, code.x, code.number(3));
                f.tanh();
                a.vmovups(code.kept, code.x);
                a.vmulps(code.x, code.x, code.number(3));
            }
            a.vsubps(code.x, code.x, code.number(1));
            f.exp();
            a.vmovups(score, code.x);
            a.vmovups(code.n, slope);
            a.vsubps(code.n, code.n, code.number(2));
            a.vmulps(code.n, code.n, code.x);
            a.vmulps(code.n, code.n, code.number(0));
            if (capped) {
                code.multiplyByCapSlope(code.n);
            }
            a.vmovups(slope, code.n);
        });
    }
}
