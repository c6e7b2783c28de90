package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.LE;
import static dev.jemma.kernel.VectorMath.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link Steps} on the Vector API, with tails by the twin. */
final class VectorSteps implements Steps {
    private static final float CUBIC_SLOPE = 3f * FloatMath.GELU_CUBIC;
    private static final ThreadLocal<float[]> LANES = ThreadLocal.withInitial(() -> new float[Lanes.COUNT]);

    private final ScalarSteps twin = new ScalarSteps();

    private static FloatVector all(float value) {
        return FloatVector.broadcast(F, value);
    }

    /** d · (1 − share²). */
    private static FloatVector capped(FloatVector d, FloatVector share) {
        return d.mul(all(1f).sub(share.mul(share)));
    }

    @Override
    public void lossSlopes(MemorySegment z, long at, int n, float lse, float softmax, float constant, float cap) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector logit = load(z, at + 4L * i);
            FloatVector d = VectorMath.exp(logit.sub(lse)).fma(all(softmax), all(constant));
            d = cap == 0f ? d : capped(d, logit.div(cap));
            d.intoMemorySegment(z, at + 4L * i, LE);
        }
        twin.lossSlopes(z, at + 4L * i, n - i, lse, softmax, constant, cap);
    }

    @Override
    public void geluSlope(MemorySegment gate, long gateAt, MemorySegment d, long dAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = load(gate, gateAt + 4L * i);
            FloatVector inner = g.mul(FloatMath.GELU_CUBIC).mul(g).fma(g, g);
            FloatVector sigmoid = all(1f).div(
                            VectorMath.exp(inner.mul(FloatMath.GELU_EXPONENT)).add(1f));
            FloatVector inside = g.mul(g).fma(all(CUBIC_SLOPE), all(1f)).mul(-FloatMath.GELU_EXPONENT);
            FloatVector slope = all(1f).sub(sigmoid).mul(sigmoid).mul(g).fma(inside, sigmoid);
            slope.mul(load(d, dAt + 4L * i)).intoMemorySegment(d, dAt + 4L * i, LE);
        }
        twin.geluSlope(gate, gateAt + 4L * i, d, dAt + 4L * i, n - i);
    }

    @Override
    public void gelu(MemorySegment gate, long gateAt, MemorySegment d, long dAt, MemorySegment out, long outAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = VectorMath.gelu(load(gate, gateAt + 4L * i));
            g.mul(load(d, dAt + 4L * i)).intoMemorySegment(out, outAt + 4L * i, LE);
        }
        twin.gelu(gate, gateAt + 4L * i, d, dAt + 4L * i, out, outAt + 4L * i, n - i);
    }

    @Override
    public void capSlope(MemorySegment y, long yAt, MemorySegment d, long dAt, int n, float cap) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector share = load(y, yAt + 4L * i).div(cap);
            capped(load(d, dAt + 4L * i), share).intoMemorySegment(d, dAt + 4L * i, LE);
        }
        twin.capSlope(y, yAt + 4L * i, d, dAt + 4L * i, n - i, cap);
    }

    @Override
    public void multiply(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment c, long cAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            load(a, aAt + 4L * i).mul(load(b, bAt + 4L * i)).intoMemorySegment(c, cAt + 4L * i, LE);
        }
        twin.multiply(a, aAt + 4L * i, b, bAt + 4L * i, c, cAt + 4L * i, n - i);
    }

    @Override
    public float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        float[] lanes = LANES.get();
        int whole = n / Lanes.COUNT * Lanes.COUNT;
        for (int part = 0; part < Lanes.COUNT; part += L) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = part; i < whole; i += Lanes.COUNT) {
                sum = load(a, aAt + 4L * i).fma(load(b, bAt + 4L * i), sum);
            }
            sum.intoArray(lanes, part);
        }
        ScalarSteps.dot(a, aAt + 4L * whole, b, bAt + 4L * whole, n - whole, lanes);
        return Lanes.sum(lanes);
    }

    @Override
    public void normInput(
            MemorySegment product,
            long productAt,
            MemorySegment x,
            long xAt,
            MemorySegment dx,
            long dxAt,
            int n,
            float factor,
            float back,
            boolean add) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector d = load(x, xAt + 4L * i)
                    .fma(all(back), load(product, productAt + 4L * i).mul(factor));
            d = add ? d.add(load(dx, dxAt + 4L * i)) : d;
            d.intoMemorySegment(dx, dxAt + 4L * i, LE);
        }
        long off = 4L * i;
        twin.normInput(product, productAt + off, x, xAt + off, dx, dxAt + off, n - i, factor, back, add);
    }

    @Override
    public void normWeight(
            MemorySegment dy,
            long dyAt,
            MemorySegment x,
            long xAt,
            MemorySegment sum,
            long sumAt,
            int n,
            float factor) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector d = load(dy, dyAt + 4L * i).mul(load(x, xAt + 4L * i));
            d.fma(all(factor), load(sum, sumAt + 4L * i)).intoMemorySegment(sum, sumAt + 4L * i, LE);
        }
        twin.normWeight(dy, dyAt + 4L * i, x, xAt + 4L * i, sum, sumAt + 4L * i, n - i, factor);
    }

    @Override
    public void scale(MemorySegment x, long xAt, float factor, MemorySegment out, long outAt, int n, boolean add) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector v = load(x, xAt + 4L * i);
            v = add ? v.fma(all(factor), load(out, outAt + 4L * i)) : v.mul(factor);
            v.intoMemorySegment(out, outAt + 4L * i, LE);
        }
        twin.scale(x, xAt + 4L * i, factor, out, outAt + 4L * i, n - i, add);
    }

    @Override
    public void adam(
            MemorySegment values,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment square,
            long at,
            int n,
            AdamStep step) {
        int i = 0;
        for (; i <= n - L; i += L) {
            long here = at + 4L * i;
            FloatVector g = load(gradient, here).mul(step.factor());
            FloatVector m = load(mean, here);
            m = g.sub(m).fma(all(step.toMean()), m);
            FloatVector v = g.mul(step.toSquare()).fma(g, load(square, here).mul(step.beta2()));
            m.intoMemorySegment(mean, here, LE);
            v.intoMemorySegment(square, here, LE);
            FloatVector denominator =
                    v.lanewise(VectorOperators.SQRT).div(step.squareRoot()).add(step.epsilon());
            FloatVector change = m.mul(step.stepSize()).div(denominator);
            load(values, here).mul(step.keep()).sub(change).intoMemorySegment(values, here, LE);
        }
        twin.adam(values, gradient, mean, square, at + 4L * i, n - i, step);
    }

    @Override
    public float scores(MemorySegment s, long at, int n, float scale, float cap) {
        FloatVector best = all(Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector score = load(s, at + 4L * i).mul(scale);
            score = cap == 0f ? score : VectorMath.tanh(score.div(cap)).mul(cap);
            score.intoMemorySegment(s, at + 4L * i, LE);
            best = best.max(score);
        }
        return Math.max(best.reduceLanes(VectorOperators.MAX), twin.scores(s, at + 4L * i, n - i, scale, cap));
    }

    @Override
    public float exponentials(MemorySegment s, long at, int n, float max) {
        float[] lanes = LANES.get();
        int whole = n / Lanes.COUNT * Lanes.COUNT;
        for (int part = 0; part < Lanes.COUNT; part += L) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = part; i < whole; i += Lanes.COUNT) {
                FloatVector e = VectorMath.exp(load(s, at + 4L * i).sub(max));
                e.intoMemorySegment(s, at + 4L * i, LE);
                sum = sum.add(e);
            }
            sum.intoArray(lanes, part);
        }
        ScalarSteps.exponentials(s, at + 4L * whole, n - whole, max, lanes);
        return Lanes.sum(lanes);
    }

    @Override
    public void attentionSlopes(
            MemorySegment s, long sAt, MemorySegment d, long dAt, int n, float scale, float cap, float lse, float dot) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector score = load(s, sAt + 4L * i).mul(scale);
            FloatVector share = cap == 0f ? score : VectorMath.tanh(score.div(cap));
            score = cap == 0f ? score : share.mul(cap);
            FloatVector weight = VectorMath.exp(score.sub(lse));
            weight.intoMemorySegment(s, sAt + 4L * i, LE);
            FloatVector slope = load(d, dAt + 4L * i).sub(dot).mul(weight).mul(scale);
            slope = cap == 0f ? slope : capped(slope, share);
            slope.intoMemorySegment(d, dAt + 4L * i, LE);
        }
        twin.attentionSlopes(s, sAt + 4L * i, d, dAt + 4L * i, n - i, scale, cap, lse, dot);
    }
}
