package dev.jemma.infer;

import dev.jemma.kernel.KvBlocks;
import dev.jemma.model.Adapter;
import dev.jemma.model.BlockPool;
import dev.jemma.model.KvCache;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Remembers computed blocks by the adapter that computed them, the scope of the request and the tokens before them, so
 * that a prompt that begins like an earlier one starts where they part. A tree of nodes of 16 tokens each; tokens are compared, not only hashed. A beginning of n tokens can be
 * used only if every full-attention block of [0, n) and the windowed blocks that cover [n − W, n) are still held
 * (DESIGN 5.8). The least recently used ends are dropped when memory is needed.
 */
final class PrefixCache {
    private static final int GONE = -1;

    /** A block of tokens after its parent's. */
    static final class Node {
        private final Node parent;
        private final Key key;
        private final int[] blocks; // one a group, GONE where it is not held
        private final Map<Key, Node> children = new HashMap<>();
        private final int depth; // blocks of tokens up to and including this one
        private long lastUse;

        private Node(Optional<Node> parent, Key key, int[] blocks) {
            this.parent = parent.orElse(this);
            depth = parent.map(p -> p.depth + 1).orElse(0);
            this.key = key;
            this.blocks = blocks;
        }

        int block(int group) {
            return blocks[group];
        }
    }

    private record Key(List<Integer> tokens) {}

    /** What keys and values depend on beside the tokens, and who may see that they are there. */
    private record Owner(Optional<Adapter> adapter, CacheScope scope) {}

    private final KvCache cache;
    private final boolean enabled;
    private final Map<Owner, Node> roots = new HashMap<>();

    private final TreeMap<Long, Node> byUse = new TreeMap<>();
    private long clock;

    PrefixCache(KvCache cache, boolean enabled) {
        this.cache = cache;
        this.enabled = enabled;
    }

    private static Node newRoot() {
        return new Node(Optional.empty(), new Key(List.of()), new int[0]);
    }

    /** Where the sequences of a job begin. */
    Node root(Job job) {
        return roots.computeIfAbsent(new Owner(job.adapter(), job.scope()), _ -> newRoot());
    }

    /** No new sequence of this adapter will come; what is cached goes as memory is needed. */
    void forget(Adapter adapter) {
        roots.keySet().removeIf(owner -> owner.adapter().equals(Optional.of(adapter)));
    }

    /** Number of cached blocks of tokens. */
    int size() {
        return byUse.size();
    }

    /** The longest usable cached beginning of {@code tokens}, at most {@code limit} tokens; possibly empty. */
    Node[] match(Job job, int[] tokens, int limit) {
        List<Node> path = new ArrayList<>();
        Node node = root(job);
        while ((path.size() + 1) * KvBlocks.TOKENS <= limit) {
            Node next = node.children.get(key(tokens, path.size()));
            if (next == null) {
                break;
            }
            path.add(next);
            node = next;
        }
        while (!path.isEmpty() && !usable(path)) {
            path.removeLast();
        }
        path.forEach(this::touch);
        return path.toArray(Node[]::new);
    }

    private boolean usable(List<Node> path) {
        int n = path.size() * KvBlocks.TOKENS;
        for (int g = 0; g < cache.groups(); g++) {
            int window = cache.window(g);
            int first = window == 0 ? 0 : Math.max(0, n - window + 1) / KvBlocks.TOKENS;
            for (int b = first; b < path.size(); b++) {
                if (path.get(b).blocks[g] == GONE) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Adds a sequence's full blocks after {@code from} up to block {@code end}; returns the last node. */
    Node publish(Node from, Sequence sequence, int end) {
        if (!enabled) {
            return from;
        }
        Node node = from;
        for (int b = from.depth; b < end; b++) {
            Key key = key(sequence, b);
            Node child = node.children.get(key);
            if (child == null) {
                int[] blocks = new int[cache.groups()];
                for (int g = 0; g < blocks.length; g++) {
                    blocks[g] = sequence.block(g, b);
                    if (blocks[g] != GONE) {
                        cache.pool(g).retain(blocks[g]);
                    }
                }
                child = new Node(Optional.of(node), key, blocks);
                node.children.put(key, child);
            }
            touch(child);
            node = child;
        }
        return node;
    }

    private void touch(Node node) {
        byUse.remove(node.lastUse, node);
        node.lastUse = ++clock;
        byUse.put(node.lastUse, node);
    }

    /** A block of a group; cached ends are dropped if the memory budget asks for it. */
    int allocate(int group) {
        BlockPool pool = cache.pool(group);
        while (cache.bytesUsed() + pool.blockBytes() > cache.budgetBytes() && evictOne()) {
            // each round gives back at least a reference
        }
        return pool.allocate();
    }

    /** A new block of a group with the contents of {@code block}. */
    int copy(int group, int block) {
        int copy = allocate(group);
        cache.pool(group).copy(block, copy);
        return copy;
    }

    /** Drops the least recently used end of a branch that gives at least one block back; false if there is none. */
    boolean evictOne() {
        for (Node node : byUse.values()) {
            if (node.children.isEmpty()) {
                drop(node);
                return true;
            }
        }
        return false;
    }

    private void drop(Node node) {
        byUse.remove(node.lastUse);
        node.parent.children.remove(node.key);
        for (int g = 0; g < node.blocks.length; g++) {
            if (node.blocks[g] != GONE) {
                BlockPool pool = cache.pool(g);
                pool.release(node.blocks[g]);
                node.blocks[g] = GONE;
            }
        }
    }

    private static Key key(int[] tokens, int block) {
        int at = block * KvBlocks.TOKENS;
        return new Key(Arrays.stream(tokens, at, at + KvBlocks.TOKENS).boxed().toList());
    }

    private static Key key(Sequence sequence, int block) {
        List<Integer> tokens = new ArrayList<>(KvBlocks.TOKENS);
        for (int i = 0; i < KvBlocks.TOKENS; i++) {
            tokens.add(sequence.tokens.id(block * KvBlocks.TOKENS + i));
        }
        return new Key(List.copyOf(tokens));
    }
}
