package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.RowCode;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The operations on rows and elements by emitted code, 16 elements a step, with scalar tails of the same arithmetic. */
final class X86Rows implements LogSumExp.Tiles {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int STEP = 16;
    private static final long STEP_BYTES = 4L * STEP;

    private final Code add;
    private final Code geglu;
    private final Code softcap;
    private final Code scale;
    private final Code divide;
    private final Code squares;
    private final Code max;
    private final Code exponentials;
    private final Code rope;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** A thread's arguments and lanes, and the angles of a row. */
    private static final class Scratch {
        final MemorySegment arguments = Arena.ofAuto().allocate(RowCode.BYTES, 64);
        final MemorySegment lanes = Arena.ofAuto().allocate(STEP_BYTES, 64);
        final float[] heapLanes = new float[Lanes.COUNT];
        MemorySegment angles = MemorySegment.NULL;

        MemorySegment call(long a, long b, long c, long count, float number) {
            arguments.set(LONG, RowCode.A, a);
            arguments.set(LONG, RowCode.B, b);
            arguments.set(LONG, RowCode.C, c);
            arguments.set(LONG, RowCode.COUNT, count);
            arguments.set(FLOAT, RowCode.NUMBER, number);
            return arguments;
        }

        /** The lanes that a call left. */
        float[] takeLanes() {
            MemorySegment.copy(lanes, FLOAT, 0, heapLanes, 0, heapLanes.length);
            return heapLanes;
        }
    }

    X86Rows(Isa isa, CodeSpace space) {
        add = space.load(RowCode.add(isa));
        geglu = space.load(RowCode.geglu(isa));
        softcap = space.load(RowCode.softcap(isa));
        scale = space.load(RowCode.scale(isa));
        divide = space.load(RowCode.divide(isa));
        squares = space.load(RowCode.squares(isa));
        max = space.load(RowCode.max(isa));
        exponentials = space.load(RowCode.exponentials(isa));
        rope = space.load(RowCode.rope(isa));
    }

    void add(MemorySegment a, MemorySegment b, MemorySegment out, long from, long to) {
        long steps = (to - from) / STEP_BYTES;
        if (steps > 0) {
            add.call(SCRATCH.get().call(from, from, from, steps, 0f), a, b, out);
        }
        for (long at = from + steps * STEP_BYTES; at < to; at += 4) {
            out.set(FLOAT, at, a.get(FLOAT, at) + b.get(FLOAT, at));
        }
    }

    void geglu(MemorySegment gate, MemorySegment up, MemorySegment out, long from, long to) {
        long steps = (to - from) / STEP_BYTES;
        if (steps > 0) {
            geglu.call(SCRATCH.get().call(from, from, from, steps, 0f), gate, up, out);
        }
        for (long at = from + steps * STEP_BYTES; at < to; at += 4) {
            out.set(FLOAT, at, FloatMath.gelu(gate.get(FLOAT, at)) * up.get(FLOAT, at));
        }
    }

    void softcap(MemorySegment x, float cap, long from, long to) {
        long steps = (to - from) / STEP_BYTES;
        if (steps > 0) {
            softcap.call(SCRATCH.get().call(from, 0, from, steps, cap), x, x, x);
        }
        for (long at = from + steps * STEP_BYTES; at < to; at += 4) {
            x.set(FLOAT, at, cap * FloatMath.tanh(x.get(FLOAT, at) / cap));
        }
    }

    /** {@code out = x / number} for {@code steps · 16} elements. */
    void divide(MemorySegment x, long at, float number, MemorySegment out, long to, int steps) {
        divide.call(SCRATCH.get().call(at, 0, to, steps, number), x, x, out);
    }

    void rmsNorm(Tensor x, Tensor weight, float eps, Tensor out, int from, int to) {
        Scratch scratch = SCRATCH.get();
        int whole = x.cols() / STEP * STEP;
        for (int t = from; t < to; t++) {
            long at = x.offset(t, 0);
            scratch.lanes.fill((byte) 0);
            if (whole > 0) {
                squares.call(scratch.call(at, 0, 0, whole / STEP, 0f), x.data(), x.data(), scratch.lanes);
            }
            float[] lanes = scratch.takeLanes();
            for (int i = whole; i < x.cols(); i++) {
                float v = x.get(t, i);
                lanes[i - whole] = Math.fma(v, v, lanes[i - whole]);
            }
            float factor = ScalarKernels.normFactor(Lanes.sum(lanes), x.cols(), eps);
            if (whole > 0) {
                scale.call(scratch.call(at, 0, at, whole / STEP, factor), x.data(), weight.data(), out.data());
            }
            for (int i = whole; i < x.cols(); i++) {
                out.set(t, i, x.get(t, i) * factor * weight.get(0, i));
            }
        }
    }

    /** Turns all heads of row {@code t}; its angles begin at {@code table[angle]}. */
    void rope(Tensor x, int t, int headDim, float[] table, int angle) {
        int half = headDim / 2;
        int whole = half / STEP * STEP;
        if (whole > 0) {
            Scratch scratch = SCRATCH.get();
            if (scratch.angles.byteSize() < 4L * headDim) {
                scratch.angles = Arena.ofAuto().allocate(4L * headDim, 64);
            }
            MemorySegment.copy(table, angle, scratch.angles, FLOAT, 0, headDim);
            MemorySegment arguments = scratch.call(x.offset(t, 0), 0, 0, whole / STEP, 0f);
            arguments.set(LONG, RowCode.HEADS, x.cols() / headDim);
            arguments.set(LONG, RowCode.HEAD_BYTES, 4L * headDim);
            arguments.set(LONG, RowCode.HALF_BYTES, 4L * half);
            rope.call(arguments, x.data(), scratch.angles, x.data());
        }
        for (int head = 0; head < x.cols() && whole < half; head += headDim) {
            for (int i = whole; i < half; i++) {
                float cos = table[angle + i];
                float sin = table[angle + half + i];
                float a = x.get(t, head + i);
                float b = x.get(t, head + half + i);
                x.set(t, head + i, a * cos - b * sin);
                x.set(t, head + half + i, b * cos + a * sin);
            }
        }
    }

    @Override
    public float max(Tensor x, int row, int from, int to) {
        int whole = (to - from) / STEP * STEP;
        float best = Float.NEGATIVE_INFINITY;
        if (whole > 0) {
            Scratch scratch = SCRATCH.get();
            max.call(scratch.call(x.offset(row, from), 0, 0, whole / STEP, 0f), x.data(), x.data(), scratch.lanes);
            for (float lane : scratch.takeLanes()) {
                best = Math.max(best, lane);
            }
        }
        for (int i = from + whole; i < to; i++) {
            best = Math.max(best, x.get(row, i));
        }
        return best;
    }

    @Override
    public float sum(Tensor x, int row, int from, int to, float max) {
        int whole = (to - from) / STEP * STEP;
        Scratch scratch = SCRATCH.get();
        scratch.lanes.fill((byte) 0);
        if (whole > 0) {
            MemorySegment arguments = scratch.call(x.offset(row, from), 0, 0, whole / STEP, max);
            exponentials.call(arguments, x.data(), x.data(), scratch.lanes);
        }
        float[] lanes = scratch.takeLanes();
        for (int i = from + whole; i < to; i++) {
            lanes[i % Lanes.COUNT] += FloatMath.exp(x.get(row, i) - max);
        }
        return Lanes.sum(lanes);
    }
}
