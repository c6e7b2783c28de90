package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes exp, tanh and GELU over a register: operation by operation what the scalar reference does, so that a lane gives
 * its bits. Registers 0 to 5 are theirs; values pass in and out through register 0.
 */
final class FloatFunctions {
    /** Registers from here on are free for callers. */
    static final int FREE = 6;

    private static final float LN2_HIGH = 0x1.62e4p-1f;
    private static final float LN2_LOW = 1.4286068e-6f;
    private static final float ROUNDER = 12582912f;

    private final Assembler a;
    private final Vec x;
    private final Vec t;
    private final Vec n;
    private final Vec p;
    private final Vec least;
    private final Vec most;

    /** Loads what stays in registers. */
    FloatFunctions(Assembler a, Isa isa) {
        this.a = a;
        x = isa.register(0);
        t = isa.register(1);
        n = isa.register(2);
        p = isa.register(3);
        least = isa.register(4);
        most = isa.register(5);
        a.vmovups(least, number(-104.5f));
        a.vmovups(most, number(89f));
    }

    /** A number for every lane, in memory. */
    Operand number(float value) {
        return a.constant(Float.floatToRawIntBits(value));
    }

    /** x = exp(x); what is not a number goes through, since the comparisons then give their second operand. */
    void exp() {
        a.vmaxps(x, least, x);
        a.vminps(x, most, x);
        a.vmovups(t, number(1.442695f));
        a.vfmadd213ps(t, x, number(ROUNDER));
        a.vpsubd(n, t, number(ROUNDER));
        a.vsubps(t, t, number(ROUNDER));
        a.vfmadd231ps(x, t, number(-LN2_HIGH));
        a.vfmadd231ps(x, t, number(-LN2_LOW));
        a.vmovups(p, number(0.001392625f));
        a.vfmadd213ps(p, x, number(0.008363233f));
        a.vfmadd213ps(p, x, number(0.041666552f));
        a.vfmadd213ps(p, x, number(0.16666576f));
        a.vfmadd213ps(p, x, number(0.5f));
        a.vmulps(t, x, x);
        a.vfmadd213ps(p, t, x);
        a.vaddps(p, p, number(1f));
        a.vpsrad(t, n, 1);
        a.vpsubd(n, n, t);
        a.vpaddd(t, t, a.constant(127));
        a.vpslld(t, t, 23);
        a.vpaddd(n, n, a.constant(127));
        a.vpslld(n, n, 23);
        a.vmulps(p, p, t);
        a.vmulps(x, p, n);
    }

    /** x = 1 − 2 / (exp(2x) + 1). */
    void tanh() {
        a.vaddps(x, x, x);
        exp();
        a.vaddps(x, x, number(1f));
        a.vmovups(t, number(2f));
        a.vdivps(t, t, x);
        a.vmovups(x, number(1f));
        a.vsubps(x, x, t);
    }

    /** x = gelu(x), with another register to keep x in. */
    void gelu(Vec kept) {
        a.vmovups(kept, x);
        a.vmulps(t, x, number(0.044715f));
        a.vmulps(t, t, x);
        a.vfmadd213ps(t, x, x);
        a.vmulps(x, t, number(-1.5957692f));
        exp();
        a.vaddps(x, x, number(1f));
        a.vdivps(x, kept, x);
    }
}
