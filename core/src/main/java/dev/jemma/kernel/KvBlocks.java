package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Keys and values of one layer, in blocks of {@link #TOKENS} positions. A block holds K as [kvHeads][headDim][16] — a
 * vector is one feature of 16 positions, so scores need no horizontal sums and every provider adds in the same order —
 * and V as [kvHeads][16][headDim], as float32, bfloat16 or bytes. Behind the bytes of each head, in K and V alike, come
 * their float16 scales, [headDim / 32][16]: a vector again holds 16 positions. Blocks of all layers that share a block
 * table lie in the same slabs; a layer differs only by its offsets.
 *
 * @param type what keys and values are kept as
 * @param slabs native memory, all of one arena; block b lies in slab b / blocksPerSlab
 * @param blocksPerSlab blocks in a slab
 * @param blockBytes bytes of a block, all its layers together
 * @param keyOffset byte offset of this layer's keys in a block
 * @param valueOffset byte offset of this layer's values in a block
 */
public record KvBlocks(
        KvType type, MemorySegment[] slabs, int blocksPerSlab, long blockBytes, long keyOffset, long valueOffset) {
    /** Positions in a block. */
    public static final int TOKENS = 16;

    /** The slab that holds block {@code block}. */
    public MemorySegment slab(int block) {
        return slabs[block / blocksPerSlab];
    }

    /** Byte offset, in its slab, of this layer's keys of block {@code block}. */
    public long keys(int block) {
        return block % blocksPerSlab * blockBytes + keyOffset;
    }

    /** Byte offset, in its slab, of this layer's values of block {@code block}. */
    public long values(int block) {
        return block % blocksPerSlab * blockBytes + valueOffset;
    }
}
