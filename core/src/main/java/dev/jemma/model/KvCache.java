package dev.jemma.model;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.KvType;
import dev.jemma.memory.HugeArena;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of all layers, of one type, in blocks of {@link KvBlocks#TOKENS} positions. Layers with the same window
 * and sizes form a group with a block pool of its own, so that a sequence can give back the blocks behind a window
 * while its global layers keep all of theirs (DESIGN 5.8).
 */
public final class KvCache implements AutoCloseable {
    private record Kind(int window, long headsBytes) {}

    private final long budgetBytes;
    private final Arena arena = HugeArena.ofShared();
    private final List<BlockPool> pools = new ArrayList<>();
    private final int[] windows;
    private final int[] groupOfLayer;
    private final List<KvBlocks> blocks = new ArrayList<>();

    /**
     * @param config whose layers
     * @param type what keys and values are kept as
     * @param budgetBytes what blocks in use may take; memory is taken as it is needed
     */
    public KvCache(GemmaConfig config, KvType type, long budgetBytes) {
        this.budgetBytes = budgetBytes;
        int layers = config.layers().size();
        groupOfLayer = new int[layers];
        Map<Kind, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < layers; i++) {
            AttentionShape a = config.layers().get(i).attention();
            groups.computeIfAbsent(
                            new Kind(a.window(), a.kvHeads() * type.headBytes(a.headDim())), _ -> new ArrayList<>())
                    .add(i);
        }
        windows = new int[groups.size()];
        KvBlocks[] views = new KvBlocks[layers];
        groups.forEach((kind, members) -> {
            long blockBytes = 2L * kind.headsBytes() * members.size();
            int maxBlocks = Math.clamp(budgetBytes / blockBytes, 1, Integer.MAX_VALUE / 2);
            BlockPool pool = new BlockPool(arena, blockBytes, maxBlocks);
            for (int i = 0; i < members.size(); i++) {
                int layer = members.get(i);
                groupOfLayer[layer] = pools.size();
                views[layer] = pool.view(type, 2L * i * kind.headsBytes(), (2L * i + 1) * kind.headsBytes());
            }
            windows[pools.size()] = kind.window();
            pools.add(pool);
        });
        blocks.addAll(List.of(views));
    }

    /** What blocks in use may take. */
    public long budgetBytes() {
        return budgetBytes;
    }

    /** What blocks in use take now. */
    public long bytesUsed() {
        long bytes = 0;
        for (BlockPool pool : pools) {
            bytes += pool.used() * pool.blockBytes();
        }
        return bytes;
    }

    /** Number of groups of layers. */
    public int groups() {
        return pools.size();
    }

    /** The group of a layer. */
    public int group(int layer) {
        return groupOfLayer[layer];
    }

    /** Positions that a group's layers look back, 0 for all. */
    public int window(int group) {
        return windows[group];
    }

    /** The blocks of a group. */
    public BlockPool pool(int group) {
        return pools.get(group);
    }

    /** Where a layer's keys and values lie. */
    public KvBlocks blocks(int layer) {
        return blocks.get(layer);
    }

    /** Frees all memory; no forward pass may be running. */
    @Override
    public void close() {
        arena.close();
    }
}
