package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The twin of every {@link Steps}: element by element, in the order that the others keep. */
final class ScalarSteps implements Steps {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final float CUBIC_SLOPE = 3f * FloatMath.GELU_CUBIC;

    private static float capFactor(float share) {
        return 1f - share * share;
    }

    /** The derivative of GELU: σ + g·σ·(1 − σ)·u′ with gelu(g) = g·σ(u(g)). */
    static float geluSlope(float g) {
        float inner = Math.fma(FloatMath.GELU_CUBIC * g * g, g, g);
        float sigmoid = 1f / (FloatMath.exp(FloatMath.GELU_EXPONENT * inner) + 1f);
        float inside = Math.fma(g * g, CUBIC_SLOPE, 1f) * -FloatMath.GELU_EXPONENT;
        return Math.fma((1f - sigmoid) * sigmoid * g, inside, sigmoid);
    }

    @Override
    public void lossSlopes(MemorySegment z, long at, int n, float lse, float softmax, float constant, float cap) {
        for (long i = at; i < at + 4L * n; i += 4) {
            float logit = z.get(FLOAT, i);
            float d = Math.fma(FloatMath.exp(logit - lse), softmax, constant);
            z.set(FLOAT, i, cap == 0f ? d : d * capFactor(logit / cap));
        }
    }

    @Override
    public void geluSlope(MemorySegment gate, long gateAt, MemorySegment d, long dAt, int n) {
        for (long i = 0; i < 4L * n; i += 4) {
            d.set(FLOAT, dAt + i, geluSlope(gate.get(FLOAT, gateAt + i)) * d.get(FLOAT, dAt + i));
        }
    }

    @Override
    public void gelu(MemorySegment gate, long gateAt, MemorySegment d, long dAt, MemorySegment out, long outAt, int n) {
        for (long i = 0; i < 4L * n; i += 4) {
            out.set(FLOAT, outAt + i, FloatMath.gelu(gate.get(FLOAT, gateAt + i)) * d.get(FLOAT, dAt + i));
        }
    }

    @Override
    public void capSlope(MemorySegment y, long yAt, MemorySegment d, long dAt, int n, float cap) {
        for (long i = 0; i < 4L * n; i += 4) {
            d.set(FLOAT, dAt + i, d.get(FLOAT, dAt + i) * capFactor(y.get(FLOAT, yAt + i) / cap));
        }
    }

    @Override
    public void multiply(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment c, long cAt, int n) {
        for (long i = 0; i < 4L * n; i += 4) {
            c.set(FLOAT, cAt + i, a.get(FLOAT, aAt + i) * b.get(FLOAT, bAt + i));
        }
    }

    @Override
    public float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        float[] lanes = new float[Lanes.COUNT];
        dot(a, aAt, b, bAt, n, lanes);
        return Lanes.sum(lanes);
    }

    static void dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n, float[] lanes) {
        for (int i = 0; i < n; i++) {
            int lane = i % Lanes.COUNT;
            lanes[lane] = Math.fma(a.get(FLOAT, aAt + 4L * i), b.get(FLOAT, bAt + 4L * i), lanes[lane]);
        }
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
        for (long i = 0; i < 4L * n; i += 4) {
            float d = Math.fma(back, x.get(FLOAT, xAt + i), product.get(FLOAT, productAt + i) * factor);
            dx.set(FLOAT, dxAt + i, add ? d + dx.get(FLOAT, dxAt + i) : d);
        }
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
        for (long i = 0; i < 4L * n; i += 4) {
            float d = dy.get(FLOAT, dyAt + i) * x.get(FLOAT, xAt + i);
            sum.set(FLOAT, sumAt + i, Math.fma(d, factor, sum.get(FLOAT, sumAt + i)));
        }
    }

    @Override
    public void scale(MemorySegment x, long xAt, float factor, MemorySegment out, long outAt, int n, boolean add) {
        for (long i = 0; i < 4L * n; i += 4) {
            float v = x.get(FLOAT, xAt + i);
            out.set(FLOAT, outAt + i, add ? Math.fma(factor, v, out.get(FLOAT, outAt + i)) : factor * v);
        }
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
        for (long i = at; i < at + 4L * n; i += 4) {
            float g = gradient.get(FLOAT, i) * step.factor();
            float m = mean.get(FLOAT, i);
            m = Math.fma(g - m, step.toMean(), m);
            float v = Math.fma(step.toSquare() * g, g, step.beta2() * square.get(FLOAT, i));
            mean.set(FLOAT, i, m);
            square.set(FLOAT, i, v);
            float denominator = (float) Math.sqrt(v) / step.squareRoot() + step.epsilon();
            values.set(FLOAT, i, values.get(FLOAT, i) * step.keep() - step.stepSize() * m / denominator);
        }
    }

    @Override
    public float scores(MemorySegment s, long at, int n, float scale, float cap) {
        float max = Float.NEGATIVE_INFINITY;
        for (long i = at; i < at + 4L * n; i += 4) {
            float score = s.get(FLOAT, i) * scale;
            score = cap == 0f ? score : cap * FloatMath.tanh(score / cap);
            s.set(FLOAT, i, score);
            max = Math.max(max, score);
        }
        return max;
    }

    @Override
    public float exponentials(MemorySegment s, long at, int n, float max) {
        float[] lanes = new float[Lanes.COUNT];
        exponentials(s, at, n, max, lanes);
        return Lanes.sum(lanes);
    }

    static void exponentials(MemorySegment s, long at, int n, float max, float[] lanes) {
        for (int i = 0; i < n; i++) {
            float e = FloatMath.exp(s.get(FLOAT, at + 4L * i) - max);
            s.set(FLOAT, at + 4L * i, e);
            lanes[i % Lanes.COUNT] += e;
        }
    }

    @Override
    public void attentionSlopes(
            MemorySegment s, long sAt, MemorySegment d, long dAt, int n, float scale, float cap, float lse, float dot) {
        for (long i = 0; i < 4L * n; i += 4) {
            float score = s.get(FLOAT, sAt + i) * scale;
            float share = cap == 0f ? 0f : FloatMath.tanh(score / cap);
            score = cap == 0f ? score : share * cap;
            float weight = FloatMath.exp(score - lse);
            s.set(FLOAT, sAt + i, weight);
            float slope = (d.get(FLOAT, dAt + i) - dot) * weight * scale;
            d.set(FLOAT, dAt + i, cap == 0f ? slope : slope * capFactor(share));
        }
    }
}
