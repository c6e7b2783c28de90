package dev.jemma.infer;

import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.Span;
import dev.jemma.model.BlockPool;
import dev.jemma.model.KvCache;
import java.util.Arrays;

/**
 * One sequence in the engine: its tokens, how many of them are computed, and the blocks that hold their keys and
 * values, a table for each group of layers. Blocks behind a window are given back as soon as no query can reach them.
 */
final class Sequence {
    private static final int RELEASED = -1;

    final Job job;
    final int sample;
    final TokenHistory tokens;
    private final KvCache cache;
    private final PrefixCache prefixes;
    private final int[][] tables;
    private final int[] held; // entries of each table, released ones included
    private final int[] released; // leading entries given back
    private int computed;
    private boolean ended;
    private PrefixCache.Node published;

    Sequence(Job job, int sample, TokenHistory tokens, KvCache cache, PrefixCache prefixes) {
        this.job = job;
        this.sample = sample;
        this.tokens = tokens;
        this.cache = cache;
        this.prefixes = prefixes;
        tables = new int[cache.groups()][16];
        held = new int[cache.groups()];
        released = new int[cache.groups()];
        published = prefixes.root(job);
    }

    /** A second continuation of the same tokens: full blocks are shared, the last, partly filled one is copied. */
    Sequence fork(int newSample) {
        Sequence copy = new Sequence(job, newSample, new TokenHistory(tokens), cache, prefixes);
        copy.computed = computed;
        copy.published = published;
        int full = computed / KvBlocks.TOKENS;
        for (int g = 0; g < tables.length; g++) {
            BlockPool pool = cache.pool(g);
            copy.tables[g] = tables[g].clone();
            copy.held[g] = held[g];
            copy.released[g] = released[g];
            for (int b = released[g]; b < held[g]; b++) {
                if (b < full) {
                    pool.retain(tables[g][b]);
                } else {
                    copy.tables[g][b] = prefixes.copy(g, tables[g][b]);
                }
            }
        }
        return copy;
    }

    /** Bytes of its blocks once positions up to {@code end} have some. */
    long bytesAt(int end) {
        int blocks = Math.ceilDiv(end, KvBlocks.TOKENS);
        long bytes = 0;
        for (int g = 0; g < tables.length; g++) {
            bytes += (Math.max(held[g], blocks) - released[g]) * cache.pool(g).blockBytes();
        }
        return bytes;
    }

    /** Blocks in its tables. */
    int blocksHeld() {
        int blocks = 0;
        for (int g = 0; g < tables.length; g++) {
            blocks += held[g] - released[g];
        }
        return blocks;
    }

    int computed() {
        return computed;
    }

    /** Whether it was released. */
    boolean ended() {
        return ended;
    }

    /** Tokens that wait for their forward pass. */
    int pending() {
        return tokens.size() - computed;
    }

    /** Takes over blocks of a cached beginning of {@code nodes.length · 16} tokens. */
    void adopt(PrefixCache.Node[] nodes) {
        for (int g = 0; g < tables.length; g++) {
            for (int b = 0; b < nodes.length; b++) {
                int block = nodes[b].block(g);
                append(g, block);
                if (block != RELEASED) {
                    cache.pool(g).retain(block);
                }
            }
        }
        computed = nodes.length * KvBlocks.TOKENS;
        published = nodes[nodes.length - 1];
        releaseBehindWindows();
    }

    /** Makes sure that positions up to {@code end} have blocks. */
    void reserve(int end) {
        int blocks = Math.ceilDiv(end, KvBlocks.TOKENS);
        for (int g = 0; g < tables.length; g++) {
            while (held[g] < blocks) {
                append(g, prefixes.allocate(g));
            }
        }
    }

    private void append(int group, int block) {
        if (held[group] == tables[group].length) {
            tables[group] = Arrays.copyOf(tables[group], 2 * held[group]);
        }
        tables[group][held[group]++] = block;
    }

    /** The next {@code rows} pending tokens as rows of a batch. */
    Span span(int group, int firstRow, int rows) {
        return new Span(firstRow, rows, computed, tables[group]);
    }

    /** {@code rows} more tokens are computed, and here to stay. */
    void advance(int rows) {
        extend(rows);
        settle();
    }

    /** {@code rows} more tokens are computed; some may be taken back until they are settled. */
    void extend(int rows) {
        computed += rows;
    }

    /** Takes back what is computed from {@code length} on. */
    void rewind(int length) {
        computed = Math.min(computed, length);
    }

    /** What is computed stays: others may share it, and what no query can reach any more is given back. */
    void settle() {
        published = prefixes.publish(published, this, computed / KvBlocks.TOKENS);
        releaseBehindWindows();
    }

    /** Block of a group at an index of its table, −1 if it was given back. */
    int block(int group, int index) {
        return tables[group][index];
    }

    private void releaseBehindWindows() {
        for (int g = 0; g < tables.length; g++) {
            int window = cache.window(g);
            if (window == 0) {
                continue;
            }
            int firstNeeded = Math.max(0, computed - window + 1) / KvBlocks.TOKENS;
            for (; released[g] < Math.min(firstNeeded, held[g]); released[g]++) {
                int block = tables[g][released[g]];
                if (block != RELEASED) {
                    cache.pool(g).release(block);
                    tables[g][released[g]] = RELEASED;
                }
            }
        }
    }

    /** Gives all blocks back. */
    void release() {
        ended = true;
        for (int g = 0; g < tables.length; g++) {
            for (int b = released[g]; b < held[g]; b++) {
                if (tables[g][b] != RELEASED) {
                    cache.pool(g).release(tables[g][b]);
                }
            }
            held[g] = 0;
            released[g] = 0;
        }
    }
}
