package dev.jemma.kernel;

import dev.jemma.quant.Halves;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Single keys and values as float32: what every provider's faster decoding must give. */
final class KvElements {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private KvElements() {}

    /** Feature {@code d} of the key at position {@code p} (0 … 15) of a head whose keys begin at {@code head}. */
    static float key(KvType type, MemorySegment slab, long head, int headDim, int p, int d) {
        return element(type, slab, head, headDim, KvBlocks.TOKENS * d + p, p, d);
    }

    /** Feature {@code d} of the value at position {@code p} (0 … 15) of a head whose values begin at {@code head}. */
    static float value(KvType type, MemorySegment slab, long head, int headDim, int p, int d) {
        return element(type, slab, head, headDim, headDim * p + d, p, d);
    }

    private static float element(KvType type, MemorySegment slab, long head, int headDim, int at, int p, int d) {
        return switch (type) {
            case F32 -> slab.get(FLOAT, head + 4L * at);
            case BF16 -> Halves.bf16ToFloat(slab.get(SHORT, head + 2L * at));
            case Q8_0 -> {
                short scale = slab.get(SHORT, head + KvType.scale(headDim, d / KvType.BLOCK, p));
                yield slab.get(BYTE, head + at) * Float.float16ToFloat(scale);
            }
        };
    }
}
