package dev.jemma.infer.constraint;

import dev.jemma.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * The bytes of a vocabulary's tokens as a tree, so that tokens with the same beginning are looked at together. Nodes are
 * numbered in the order of a walk: a node's first child follows it, and a subtree is a stretch of numbers. Control tokens
 * and others without text are not in it. Immutable; a tenth of a second and some 10 MB for Gemma's 262,144 tokens.
 */
public final class TokenTrie {
    /** The first of the bytes that UTF-8 never has. */
    static final int FIRST_MARK = 0xF8;
    /** Nodes of a walk that are counted at a time. */
    private static final int STRIDE = 1024;

    private final byte[][] texts; // by id; empty where a token has none
    private int nodes = 1; // the root
    private byte[] labels = new byte[1024];
    private short[] depths = new short[1024];
    private int[] ends = new int[1024]; // the node behind each subtree
    private int[] firstToken = new int[1024]; // index into tokens
    private final int[] tokens; // by node, in order
    private final int[] parents;
    private final int[] byLabel; // nodes, those of one label together
    private final int[] labelStarts = new int[257];
    private int deepest;

    private TokenTrie(byte[][] texts) {
        this.texts = texts;
        Integer[] order = new Integer[texts.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparing((Integer id) -> texts[id], Arrays::compareUnsigned));
        int used = 0;
        while (used < order.length && texts[order[used]].length == 0) {
            used++;
        }
        tokens = new int[order.length - used];
        int[] path = new int[256 * 4];
        byte[] last = new byte[0];
        for (int i = used; i < order.length; i++) {
            byte[] text = texts[order[i]];
            int same = Arrays.mismatch(last, text);
            same = same < 0 ? text.length : same;
            for (int d = last.length; d > same; d--) {
                ends[path[d]] = nodes;
            }
            for (int d = same + 1; d <= text.length; d++) {
                path[d] = add(text[d - 1], d, i - used);
            }
            tokens[i - used] = order[i];
            deepest = Math.max(deepest, text.length);
            last = text;
        }
        for (int d = last.length; d >= 0; d--) {
            ends[path[d]] = nodes;
        }
        room(nodes);
        firstToken[nodes] = tokens.length;
        parents = new int[nodes];
        byLabel = new int[nodes - 1];
        sortByLabel();
    }

    private void sortByLabel() {
        int[] path = new int[deepest + 1];
        for (int node = 1; node < nodes; node++) {
            path[depths[node]] = node;
            parents[node] = path[depths[node] - 1];
            labelStarts[(labels[node] & 0xFF) + 1]++;
        }
        for (int label = 0; label < 256; label++) {
            labelStarts[label + 1] += labelStarts[label];
        }
        int[] at = labelStarts.clone();
        for (int node = 1; node < nodes; node++) {
            byLabel[at[labels[node] & 0xFF]++] = node;
        }
    }

    private int add(byte label, int depth, int tokensBefore) {
        room(nodes);
        labels[nodes] = label;
        depths[nodes] = (short) depth;
        firstToken[nodes] = tokensBefore;
        return nodes++;
    }

    private void room(int node) {
        if (node == labels.length) {
            labels = Arrays.copyOf(labels, 2 * node);
            depths = Arrays.copyOf(depths, 2 * node);
            ends = Arrays.copyOf(ends, 2 * node);
            firstToken = Arrays.copyOf(firstToken, 2 * node);
        }
    }

    /** The tree of a tokenizer's vocabulary. */
    public static TokenTrie of(Tokenizer tokenizer) {
        return of(tokenizer, List.of());
    }

    /**
     * The same with some control tokens in it. Each stands as a byte that no text has, from {@link #FIRST_MARK} on, so
     * that a grammar can ask for it and no text can be taken for it.
     *
     * @param marks ids of control tokens, those of the first mark first; at most 8
     */
    public static TokenTrie of(Tokenizer tokenizer, List<Integer> marks) {
        if (marks.size() > 0x100 - FIRST_MARK) {
            throw new IllegalArgumentException("at most " + (0x100 - FIRST_MARK) + " control tokens can be marks");
        }
        byte[][] texts = new byte[tokenizer.vocabularySize()][];
        for (int id = 0; id < texts.length; id++) {
            byte[] text = tokenizer.textBytes(id);
            boolean mark =
                    text.length == 1 && (text[0] & 0xFF) >= FIRST_MARK; // a piece for a byte that UTF-8 never has
            texts[id] = mark ? new byte[0] : text;
        }
        for (int i = 0; i < marks.size(); i++) {
            texts[marks.get(i)] = new byte[] {(byte) (FIRST_MARK + i)};
        }
        return new TokenTrie(texts);
    }

    /** Number of ids. */
    int vocabularySize() {
        return texts.length;
    }

    /** Bytes of the longest token. */
    int deepest() {
        return deepest;
    }

    /** What a token adds to the text; empty for control tokens. */
    byte[] text(int id) {
        return id >= 0 && id < texts.length ? texts[id] : new byte[0];
    }

    /** For each node, how many nodes of a set are on the way to it, itself among them. */
    short[] countOnTheWay(BitSet set) {
        short[] counts = new short[nodes];
        for (int node = 1; node < nodes; node++) { // parents come first
            counts[node] = (short) (counts[parents[node]] + (set.get(node) ? 1 : 0));
        }
        return counts;
    }

    /** What a walk comes across. */
    interface Visitor {
        /** What follows is below this node of those that a walk begins at. */
        default void below(int node) {}

        /** A token that ends at a node where the walk still goes on. */
        void token(int id, int node);

        /** A node behind whose bytes the expression has matched. */
        void matched(int node);
    }

    /** Walks below all nodes of a set at once. */
    void walk(BitSet from, Expressions expressions, int state, int[][] stack, Visitor visitor) {
        if (from.isEmpty()) {
            return;
        }
        int[] table = expressions.table(state);
        for (int label = 0; label < 256; label++) {
            if (table[label] == Expressions.NOTHING) {
                continue;
            }
            for (int i = labelStarts[label]; i < labelStarts[label + 1]; i++) {
                int node = byLabel[i];
                if (from.get(parents[node])) {
                    expressions.spend(1);
                    visitor.below(parents[node]);
                    for (int t = firstToken[node]; t < firstToken[node + 1]; t++) {
                        visitor.token(tokens[t], node);
                    }
                    walk(node, expressions, table[label], stack, visitor);
                }
            }
        }
    }

    /** Walks below a node as far as an expression goes; the stack is scratch, [deepest + 1]. */
    void walk(int from, Expressions expressions, int state, int[][] stack, Visitor visitor) {
        if (ends[from] == from + 1) {
            return;
        }
        int above = depths[from];
        stack[0] = expressions.table(state);
        int end = ends[from];
        int visited = 0;
        for (int node = from + 1; node < end; ) {
            if ((++visited & (STRIDE - 1)) == 0) {
                expressions.spend(STRIDE);
            }
            int depth = depths[node] - above;
            int next = stack[depth - 1][labels[node] & 0xFF];
            if (next == Expressions.NOTHING) {
                node = ends[node];
                continue;
            }
            for (int t = firstToken[node]; t < firstToken[node + 1]; t++) {
                visitor.token(tokens[t], node);
            }
            if (expressions.nullable(next)) {
                visitor.matched(node);
            }
            if (ends[node] > node + 1) {
                stack[depth] = expressions.table(next);
            }
            node++;
        }
    }
}
