package dev.jemma.model;

import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.KvType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Reference-counted blocks of keys and values for a group of layers that share a window. Memory is taken slab by slab
 * as it is needed and kept for reuse. Not thread-safe: the engine's scheduler is the only caller.
 */
public final class BlockPool {
    private static final long SLAB_BYTES = 8L << 20;

    private final long blockBytes;
    private final int blocksPerSlab;
    private final int maxBlocks;
    private final MemorySegment[] slabs;
    private final Arena arena;
    private int[] references = new int[0];
    private int[] free = new int[0];
    private int freeCount;
    private int blocks;

    BlockPool(Arena arena, long blockBytes, int maxBlocks) {
        this.arena = arena;
        this.blockBytes = blockBytes;
        this.maxBlocks = maxBlocks;
        blocksPerSlab = Math.clamp(SLAB_BYTES / blockBytes, 1, maxBlocks);
        slabs = new MemorySegment[Math.ceilDiv(maxBlocks, blocksPerSlab)];
    }

    /** This group's memory as layer memory at the given offsets in a block. */
    KvBlocks view(KvType type, long keyOffset, long valueOffset) {
        return new KvBlocks(type, slabs, blocksPerSlab, blockBytes, keyOffset, valueOffset);
    }

    /** Bytes of a block, all layers of the group together. */
    public long blockBytes() {
        return blockBytes;
    }

    /** Blocks in use. */
    public int used() {
        return blocks - freeCount;
    }

    /** A block with one reference; its contents are arbitrary. */
    public int allocate() {
        if (freeCount == 0) {
            grow();
        }
        int block = free[--freeCount];
        references[block] = 1;
        return block;
    }

    /** One more holder of {@code block}. */
    public void retain(int block) {
        if (references[block] <= 0) {
            throw new IllegalStateException("block " + block + " is not in use");
        }
        references[block]++;
    }

    /** One holder less; the last one gives the block back. */
    public void release(int block) {
        if (references[block] <= 0) {
            throw new IllegalStateException("block " + block + " is not in use");
        }
        if (--references[block] == 0) {
            free[freeCount++] = block;
        }
    }

    /** Copies the contents of a block over another's. */
    public void copy(int from, int to) {
        MemorySegment.copy(
                slabs[from / blocksPerSlab],
                from % blocksPerSlab * blockBytes,
                slabs[to / blocksPerSlab],
                to % blocksPerSlab * blockBytes,
                blockBytes);
    }

    private void grow() {
        if (blocks == maxBlocks) {
            throw new IllegalStateException("all " + maxBlocks + " KV blocks are in use");
        }
        int added = Math.min(blocksPerSlab, maxBlocks - blocks);
        slabs[blocks / blocksPerSlab] = arena.allocate(added * blockBytes, 64);
        references = Arrays.copyOf(references, blocks + added);
        free = Arrays.copyOf(free, blocks + added);
        for (int i = added - 1; i >= 0; i--) {
            free[freeCount++] = blocks + i;
        }
        blocks += added;
    }
}
