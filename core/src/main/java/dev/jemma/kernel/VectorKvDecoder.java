package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.I;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.LE;
import static dev.jemma.kernel.VectorMath.S;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Decodes the keys or values of one head and 16 positions to float32 by vectors; odd sizes of heads one by one. */
final class VectorKvDecoder {
    private static final int TOKENS = KvBlocks.TOKENS;

    private VectorKvDecoder() {}

    /** Keys, [feature][16]. */
    static void keys(KvType type, int headDim, MemorySegment slab, long head, MemorySegment out, long to) {
        switch (type) {
            case F32 -> throw new IllegalArgumentException("float32 is not decoded");
            case BF16 -> brainHalves(slab, head, out, to, TOKENS * headDim);
            case Q8_0 -> {
                float[] scales = new float[TOKENS];
                for (int from = 0; from < headDim; from += KvType.BLOCK) {
                    scales(slab, head, headDim, from, scales);
                    for (int d = from; d < Math.min(headDim, from + KvType.BLOCK); d++) {
                        for (int part = 0; part < TOKENS / L; part++) {
                            FloatVector scale = FloatVector.fromArray(F, scales, part * L);
                            codes(slab, head + (long) TOKENS * d, part)
                                    .mul(scale)
                                    .intoMemorySegment(out, to + 4L * (TOKENS * d + part * L), LE);
                        }
                    }
                }
            }
        }
    }

    /** Values, [16][feature]. */
    static void values(KvType type, int headDim, MemorySegment slab, long head, MemorySegment out, long to) {
        switch (type) {
            case F32 -> throw new IllegalArgumentException("float32 is not decoded");
            case BF16 -> brainHalves(slab, head, out, to, TOKENS * headDim);
            case Q8_0 -> {
                float[] scales = new float[TOKENS];
                for (int from = 0; from < headDim; from += KvType.BLOCK) {
                    scales(slab, head, headDim, from, scales);
                    int end = Math.min(headDim, from + KvType.BLOCK);
                    for (int p = 0; p < TOKENS; p++) {
                        row(slab, head + (long) headDim * p, from, end, scales[p], out, to + 4L * headDim * p);
                    }
                }
            }
        }
    }

    private static void row(
            MemorySegment slab, long codes, int from, int end, float scale, MemorySegment out, long to) {
        int d = from;
        for (; d <= end - TOKENS; d += TOKENS) {
            for (int part = 0; part < TOKENS / L; part++) {
                codes(slab, codes + d, part).mul(scale).intoMemorySegment(out, to + 4L * (d + part * L), LE);
            }
        }
        for (; d < end; d++) {
            out.set(ValueLayout.JAVA_FLOAT, to + 4L * d, slab.get(ValueLayout.JAVA_BYTE, codes + d) * scale);
        }
    }

    /** Vector {@code part} of 16 codes. */
    private static FloatVector codes(MemorySegment slab, long at, int part) {
        ByteVector bytes = ByteVector.fromMemorySegment(ByteVector.SPECIES_128, slab, at, LE);
        return VectorMath.toFloat((IntVector) bytes.convertShape(VectorOperators.B2I, I, part));
    }

    private static void scales(MemorySegment slab, long head, int headDim, int feature, float[] scales) {
        long at = head + KvType.scale(headDim, feature / KvType.BLOCK, 0);
        for (int p = 0; p < TOKENS; p++) {
            scales[p] = Float.float16ToFloat(slab.get(ValueLayout.JAVA_SHORT, at + 2L * p));
        }
    }

    private static void brainHalves(MemorySegment slab, long from, MemorySegment out, long to, int count) {
        for (int i = 0; i < count; i += L) {
            ShortVector halves = ShortVector.fromMemorySegment(S, slab, from + 2L * i, LE);
            IntVector bits = (IntVector) halves.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
            bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoMemorySegment(out, to + 4L * i, LE);
        }
    }
}
