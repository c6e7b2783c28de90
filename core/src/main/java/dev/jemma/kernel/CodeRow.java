package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * One row of a weight matrix seen as small integers with a scale per group: what the integer arithmetic of
 * {@link Kernels#linear} and every packed layout start from. Element k of group g is worth
 * {@code scale(g)·codes[k] − min(g)}, exactly what the block decodes to. Filled by {@link #read}; reusable.
 */
final class CodeRow {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DType type;
    private final int cols;
    private final int groupSize;
    private final int groupsPerBlock;
    /** Signed codes; Q4_K and Q5_K have theirs without offset, 0 … 15 and 0 … 31. */
    final byte[] codes;
    /** float16 scale of each block of the file. */
    final short[] blockScale;
    /** float16 scale of each block's minima; Q4_K and Q5_K only. */
    final short[] blockMin;
    /** Factor of each group's scale; K-quants only. */
    final byte[] groupScale;
    /** Factor of each group's minimum; Q4_K and Q5_K only. */
    final byte[] groupMin;

    CodeRow(DType type, int cols) {
        this.type = type;
        this.cols = cols;
        groupSize = groupSize(type);
        groupsPerBlock = type.blockElements() / groupSize;
        int blocks = cols / type.blockElements();
        codes = new byte[cols];
        blockScale = new short[blocks];
        blockMin = new short[hasMin(type) ? blocks : 0];
        groupScale = new byte[groupsPerBlock > 1 ? cols / groupSize : 0];
        groupMin = new byte[hasMin(type) ? cols / groupSize : 0];
    }

    /** Whether weights of the type meet int8 activations under {@link Precision#FAST}. */
    static boolean has(DType type) {
        return switch (type) {
            case Q4_0, Q5_0, Q8_0, Q4_K, Q5_K, Q6_K -> true;
            default -> false;
        };
    }

    /** Elements that share one scale. */
    static int groupSize(DType type) {
        return type == DType.Q6_K ? 16 : 32;
    }

    /** Whether groups have a minimum that is subtracted. */
    static boolean hasMin(DType type) {
        return type == DType.Q4_K || type == DType.Q5_K;
    }

    int groups() {
        return cols / groupSize;
    }

    /** Value of one step of the codes of group {@code g}. */
    float scale(int g) {
        float d = Float.float16ToFloat(blockScale[g / groupsPerBlock]);
        return groupsPerBlock == 1 ? d : d * groupScale[g];
    }

    /** What is subtracted from every element of group {@code g}. */
    float min(int g) {
        return groupMin.length == 0 ? 0f : Float.float16ToFloat(blockMin[g / groupsPerBlock]) * groupMin[g];
    }

    /** Reads the row whose blocks begin at byte {@code offset} of {@code raw}. */
    void read(MemorySegment raw, long offset) {
        int step = type.blockElements();
        for (int b = 0; b < blockScale.length; b++) {
            long at = offset + (long) b * type.blockBytes();
            switch (type) {
                case Q4_0 -> readQ40(raw, at, b, b * step);
                case Q5_0 -> readQ50(raw, at, b, b * step);
                case Q8_0 -> readQ80(raw, at, b, b * step);
                case Q4_K -> readQ4K(raw, at, b, b * step);
                case Q5_K -> readQ5K(raw, at, b, b * step);
                case Q6_K -> readQ6K(raw, at, b, b * step);
                default -> throw new IllegalArgumentException(type + " has no integer codes");
            }
        }
    }

    /** f16 d; 16 bytes: low nibbles are elements 0–15, high ones 16–31. */
    private void readQ40(MemorySegment raw, long at, int block, int k) {
        blockScale[block] = raw.get(SHORT, at);
        for (int i = 0; i < 16; i++) {
            int b = u8(raw, at + 2 + i);
            codes[k + i] = (byte) ((b & 15) - 8);
            codes[k + 16 + i] = (byte) ((b >> 4) - 8);
        }
    }

    /** f16 d; 32 fifth bits; nibbles as in Q4_0. */
    private void readQ50(MemorySegment raw, long at, int block, int k) {
        blockScale[block] = raw.get(SHORT, at);
        int high = raw.get(INT, at + 2);
        for (int i = 0; i < 16; i++) {
            int b = u8(raw, at + 6 + i);
            codes[k + i] = (byte) (((b & 15) | ((high >>> i) & 1) << 4) - 16);
            codes[k + 16 + i] = (byte) (((b >> 4) | ((high >>> (i + 16)) & 1) << 4) - 16);
        }
    }

    /** f16 d; 32 signed bytes. */
    private void readQ80(MemorySegment raw, long at, int block, int k) {
        blockScale[block] = raw.get(SHORT, at);
        MemorySegment.copy(raw, ValueLayout.JAVA_BYTE, at + 2, codes, k, 32);
    }

    /** f16 d, f16 dmin; 12 bytes of 6-bit scales and minima; 128 bytes of nibbles, 32 elements low, then 32 high. */
    private void readQ4K(MemorySegment raw, long at, int block, int k) {
        readScalesAndMins(raw, at, block);
        for (int pair = 0; pair < 4; pair++) {
            for (int i = 0; i < 32; i++) {
                int b = u8(raw, at + 16 + 32L * pair + i);
                codes[k + 64 * pair + i] = (byte) (b & 15);
                codes[k + 64 * pair + 32 + i] = (byte) (b >> 4);
            }
        }
    }

    /** As Q4_K with 32 bytes of fifth bits before the nibbles: bit g of byte i belongs to element i of group g. */
    private void readQ5K(MemorySegment raw, long at, int block, int k) {
        readScalesAndMins(raw, at, block);
        for (int pair = 0; pair < 4; pair++) {
            for (int i = 0; i < 32; i++) {
                int b = u8(raw, at + 48 + 32L * pair + i);
                int high = u8(raw, at + 16 + i) >> (2 * pair);
                codes[k + 64 * pair + i] = (byte) ((b & 15) | (high & 1) << 4);
                codes[k + 64 * pair + 32 + i] = (byte) ((b >> 4) | ((high >> 1) & 1) << 4);
            }
        }
    }

    private void readScalesAndMins(MemorySegment raw, long at, int block) {
        blockScale[block] = raw.get(SHORT, at);
        blockMin[block] = raw.get(SHORT, at + 2);
        for (int j = 0; j < 4; j++) {
            int low = u8(raw, at + 4 + j);
            int mid = u8(raw, at + 8 + j);
            int top = u8(raw, at + 12 + j);
            groupScale[8 * block + j] = (byte) (low & 63);
            groupMin[8 * block + j] = (byte) (mid & 63);
            groupScale[8 * block + 4 + j] = (byte) ((top & 15) | (low >> 6) << 4);
            groupMin[8 * block + 4 + j] = (byte) ((top >> 4) | (mid >> 6) << 4);
        }
    }

    /** 128 bytes of nibbles, 64 of bit pairs, 16 signed scales, f16 d; each half holds 4 runs of 32 elements. */
    private void readQ6K(MemorySegment raw, long at, int block, int k) {
        blockScale[block] = raw.get(SHORT, at + 208);
        MemorySegment.copy(raw, ValueLayout.JAVA_BYTE, at + 192, groupScale, 16 * block, 16);
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 32; i++) {
                int a = u8(raw, at + 64L * half + i);
                int b = u8(raw, at + 64L * half + 32 + i);
                int high = u8(raw, at + 128 + 32L * half + i);
                int to = k + 128 * half + i;
                codes[to] = (byte) (((a & 15) | (high & 3) << 4) - 32);
                codes[to + 32] = (byte) (((b & 15) | ((high >> 2) & 3) << 4) - 32);
                codes[to + 64] = (byte) (((a >> 4) | ((high >> 4) & 3) << 4) - 32);
                codes[to + 96] = (byte) (((b >> 4) | (high >> 6) << 4) - 32);
            }
        }
    }

    private static int u8(MemorySegment raw, long at) {
        return raw.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }
}
