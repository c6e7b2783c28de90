package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.GradientCode;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.RowCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link Steps} by emitted code, 16 elements at a time; what is left goes to the twin. Code is written when training is
 * first wanted. Operands are native and hold what is named: {@link RowTraining} has checked it.
 */
final class X86Steps implements Steps {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int STEP = Lanes.COUNT;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final ScalarSteps twin = new ScalarSteps();
    private final Code[] lossSlopes;
    private final Code[] scores;
    private final Code[] attentionSlopes;
    private final Code geluSlope;
    private final Code gelu;
    private final Code capSlope;
    private final Code multiply;
    private final Code dot;
    private final Code[] normInput;
    private final Code normWeight;
    private final Code[] scale;
    private final Code adamMean;
    private final Code adamSquare;
    private final Code adamStep;
    private final Code exponentials;

    X86Steps(Isa isa, CodeSpace space) {
        lossSlopes = both(space, GradientCode.lossSlopes(isa, false), GradientCode.lossSlopes(isa, true));
        scores = both(space, GradientCode.scores(isa, false), GradientCode.scores(isa, true));
        attentionSlopes =
                both(space, GradientCode.attentionSlopes(isa, false), GradientCode.attentionSlopes(isa, true));
        geluSlope = space.load(GradientCode.geluSlope(isa));
        gelu = space.load(RowCode.geglu(isa));
        capSlope = space.load(GradientCode.capSlope(isa));
        multiply = space.load(GradientCode.multiply(isa));
        dot = space.load(GradientCode.dot(isa));
        normInput = both(space, GradientCode.normInput(isa, false), GradientCode.normInput(isa, true));
        normWeight = space.load(GradientCode.normWeight(isa));
        scale = both(space, GradientCode.scale(isa, false), GradientCode.scale(isa, true));
        adamMean = space.load(GradientCode.adamMean(isa));
        adamSquare = space.load(GradientCode.adamSquare(isa));
        adamStep = space.load(GradientCode.adamStep(isa));
        exponentials = space.load(GradientCode.exponentials(isa));
    }

    private static Code[] both(CodeSpace space, byte[] without, byte[] with) {
        return new Code[] {space.load(without), space.load(with)};
    }

    private static Code one(Code[] codes, boolean with) {
        return codes[with ? 1 : 0];
    }

    /** A thread's arguments and lanes. */
    private static final class Scratch {
        final MemorySegment arguments =
                Arena.ofAuto().allocate(Math.max(GradientCode.BYTES, RowCode.BYTES), PanelLayout.LINE);
        final MemorySegment lanes = Arena.ofAuto().allocate(4L * STEP, PanelLayout.LINE);
        final float[] heapLanes = new float[STEP];

        MemorySegment call(long a, long b, long c, int n) {
            arguments.set(LONG, GradientCode.A, a);
            arguments.set(LONG, GradientCode.B, b);
            arguments.set(LONG, GradientCode.C, c);
            arguments.set(LONG, GradientCode.COUNT, n / STEP);
            return arguments;
        }

        void numbers(float n0, float n1, float n2, float n3) {
            arguments.set(FLOAT, GradientCode.NUMBERS, n0);
            arguments.set(FLOAT, GradientCode.NUMBERS + 4, n1);
            arguments.set(FLOAT, GradientCode.NUMBERS + 8, n2);
            arguments.set(FLOAT, GradientCode.NUMBERS + 12, n3);
        }

        float[] takeLanes() {
            MemorySegment.copy(lanes, FLOAT, 0, heapLanes, 0, STEP);
            return heapLanes;
        }
    }

    private static Scratch with(float n0, float n1, float n2, float n3) {
        Scratch scratch = SCRATCH.get();
        scratch.numbers(n0, n1, n2, n3);
        return scratch;
    }

    private static int whole(int n) {
        return n / STEP * STEP;
    }

    @Override
    public void lossSlopes(MemorySegment z, long at, int n, float lse, float softmax, float constant, float cap) {
        int done = whole(n);
        if (done > 0) {
            MemorySegment a = with(lse, softmax, constant, cap).call(at, 0, 0, n);
            one(lossSlopes, cap != 0f).call(a, z, z, z);
        }
        twin.lossSlopes(z, at + 4L * done, n - done, lse, softmax, constant, cap);
    }

    @Override
    public void geluSlope(MemorySegment gate, long gateAt, MemorySegment d, long dAt, int n) {
        int done = whole(n);
        if (done > 0) {
            geluSlope.call(SCRATCH.get().call(gateAt, 0, dAt, n), gate, d, d);
        }
        twin.geluSlope(gate, gateAt + 4L * done, d, dAt + 4L * done, n - done);
    }

    @Override
    public void gelu(MemorySegment gate, long gateAt, MemorySegment d, long dAt, MemorySegment out, long outAt, int n) {
        int done = whole(n);
        if (done > 0) {
            gelu.call(SCRATCH.get().call(gateAt, dAt, outAt, n), gate, d, out);
        }
        twin.gelu(gate, gateAt + 4L * done, d, dAt + 4L * done, out, outAt + 4L * done, n - done);
    }

    @Override
    public void capSlope(MemorySegment y, long yAt, MemorySegment d, long dAt, int n, float cap) {
        int done = whole(n);
        if (done > 0) {
            capSlope.call(with(cap, 0, 0, 0).call(yAt, dAt, 0, n), y, d, d);
        }
        twin.capSlope(y, yAt + 4L * done, d, dAt + 4L * done, n - done, cap);
    }

    @Override
    public void multiply(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment c, long cAt, int n) {
        int done = whole(n);
        if (done > 0) {
            multiply.call(SCRATCH.get().call(aAt, bAt, cAt, n), a, b, c);
        }
        twin.multiply(a, aAt + 4L * done, b, bAt + 4L * done, c, cAt + 4L * done, n - done);
    }

    @Override
    public float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        Scratch scratch = SCRATCH.get();
        int done = whole(n);
        scratch.lanes.fill((byte) 0);
        if (done > 0) {
            dot.call(scratch.call(aAt, bAt, 0, n), a, b, scratch.lanes);
        }
        float[] lanes = scratch.takeLanes();
        ScalarSteps.dot(a, aAt + 4L * done, b, bAt + 4L * done, n - done, lanes);
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
        int done = whole(n);
        if (done > 0) {
            MemorySegment a = with(factor, back, 0, 0).call(productAt, xAt, dxAt, n);
            one(normInput, add).call(a, product, x, dx);
        }
        long off = 4L * done;
        twin.normInput(product, productAt + off, x, xAt + off, dx, dxAt + off, n - done, factor, back, add);
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
        int done = whole(n);
        if (done > 0) {
            normWeight.call(with(factor, 0, 0, 0).call(dyAt, xAt, sumAt, n), dy, x, sum);
        }
        twin.normWeight(dy, dyAt + 4L * done, x, xAt + 4L * done, sum, sumAt + 4L * done, n - done, factor);
    }

    @Override
    public void scale(MemorySegment x, long xAt, float factor, MemorySegment out, long outAt, int n, boolean add) {
        int done = whole(n);
        if (done > 0) {
            one(scale, add).call(with(factor, 0, 0, 0).call(xAt, 0, outAt, n), x, x, out);
        }
        twin.scale(x, xAt + 4L * done, factor, out, outAt + 4L * done, n - done, add);
    }

    @Override
    public void adam(
            MemorySegment values,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment square,
            long at,
            int n,
            AdamStep s) {
        int done = whole(n);
        if (done > 0) {
            adamMean.call(with(s.factor(), s.toMean(), 0, 0).call(at, at, 0, n), gradient, mean, mean);
            MemorySegment a = with(s.factor(), s.toSquare(), s.beta2(), 0).call(at, at, 0, n);
            adamSquare.call(a, gradient, square, square);
            a = with(s.keep(), s.stepSize(), s.squareRoot(), s.epsilon()).call(at, at, at, n);
            adamStep.call(a, mean, square, values);
        }
        twin.adam(values, gradient, mean, square, at + 4L * done, n - done, s);
    }

    @Override
    public float scores(MemorySegment s, long at, int n, float scale, float cap) {
        int done = whole(n);
        float max = Float.NEGATIVE_INFINITY;
        if (done > 0) {
            Scratch scratch = with(scale, cap, 0, 0);
            one(scores, cap != 0f).call(scratch.call(at, 0, 0, n), s, s, scratch.lanes);
            for (float lane : scratch.takeLanes()) {
                max = Math.max(max, lane);
            }
        }
        return Math.max(max, twin.scores(s, at + 4L * done, n - done, scale, cap));
    }

    @Override
    public float exponentials(MemorySegment s, long at, int n, float max) {
        Scratch scratch = with(max, 0, 0, 0);
        int done = whole(n);
        scratch.lanes.fill((byte) 0);
        if (done > 0) {
            exponentials.call(scratch.call(at, 0, 0, n), s, s, scratch.lanes);
        }
        float[] lanes = scratch.takeLanes();
        ScalarSteps.exponentials(s, at + 4L * done, n - done, max, lanes);
        return Lanes.sum(lanes);
    }

    @Override
    public void attentionSlopes(
            MemorySegment s, long sAt, MemorySegment d, long dAt, int n, float scale, float cap, float lse, float dot) {
        int done = whole(n);
        if (done > 0) {
            MemorySegment a = with(scale, lse, dot, cap).call(sAt, dAt, 0, n);
            one(attentionSlopes, cap != 0f).call(a, s, d, d);
        }
        twin.attentionSlopes(s, sAt + 4L * done, d, dAt + 4L * done, n - done, scale, cap, lse, dot);
    }
}
