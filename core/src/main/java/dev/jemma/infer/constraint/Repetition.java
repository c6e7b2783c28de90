package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tokens within all repetitions of one part, from one walk, where the part is a character or the like: no text of it
 * begins another one, so a token tells how many parts it ends and whether it begins one more. How many there may be only
 * chooses among those tokens.
 */
final class Repetition {
    /** Most ways to go on behind it that are kept. */
    private static final int MAX_TAILS = 64;

    private final TokenTrie trie;
    private final BitSet matched = new BitSet(); // nodes behind a whole number of parts
    private final short[] parts; // of each node: how many parts end on the way to it
    private final int[] ids; // of tokens, those that need fewer parts first
    private final int[] ends; // by parts: behind the ids that need no more
    private final Map<Integer, TokenMask> masks = new HashMap<>(); // by most parts
    private final Map<Integer, Over> tails = new HashMap<>();

    /** Tokens that reach over the end, and behind how many parts. */
    private record Over(int[] ids, short[] parts) {}

    private Repetition(TokenTrie trie, Expressions expressions, int part, int[][] stack) {
        this.trie = trie;
        Found found = new Found();
        trie.walk(0, expressions, expressions.repeat(part, 0, Expressions.UNLIMITED), stack, found);
        parts = trie.countOnTheWay(matched);
        ends = new int[trie.deepest() + 2];
        for (int i = 0; i < found.count; i++) {
            ends[needed(found.nodes[i]) + 1]++;
        }
        for (int n = 1; n < ends.length; n++) {
            ends[n] += ends[n - 1];
        }
        ids = new int[found.count];
        for (int i = 0; i < found.count; i++) { // each count's start moves to its end
            ids[ends[needed(found.nodes[i])]++] = found.ids[i];
        }
    }

    /** The repetitions of a part; empty if a token does not tell how many of it there are. */
    static Optional<Repetition> of(TokenTrie trie, Expressions expressions, int part, int[][] stack) {
        return expressions.isPrefixCode(part)
                ? Optional.of(new Repetition(trie, expressions, part, stack))
                : Optional.empty();
    }

    private int needed(int node) {
        return parts[node] + (matched.get(node) ? 0 : 1);
    }

    /** Tokens within at most so many parts. */
    TokenMask tokens(int max) {
        int most = Math.min(max, ends.length - 1);
        while (most > 0 && ends[most - 1] == ends[most]) { // no token needs so many
            most--;
        }
        return masks.computeIfAbsent(
                most, n -> TokenMask.of(Arrays.copyOf(ids, ends[n]), ends[n], trie.vocabularySize()));
    }

    /** Those, and the tokens that reach over the end of min to max parts. */
    TokenMask tokens(int min, int max, int tail, Expressions expressions, int[][] stack) {
        Over over = tails.get(tail);
        if (over == null) {
            over = over(tail, expressions, stack);
            if (tails.size() >= MAX_TAILS) {
                tails.clear();
            }
            tails.put(tail, over);
        }
        int[] some = new int[over.ids.length];
        int n = 0;
        for (int i = 0; i < some.length; i++) {
            if (over.parts[i] >= min && over.parts[i] <= max) {
                some[n++] = over.ids[i];
            }
        }
        return tokens(max).or(TokenMask.of(some, n, trie.vocabularySize()));
    }

    private Over over(int tail, Expressions expressions, int[][] stack) {
        List<Integer> reached = new ArrayList<>();
        List<Short> behind = new ArrayList<>();
        trie.walk(matched, expressions, tail, stack, new TokenTrie.Visitor() {
            private short from;

            @Override
            public void below(int node) {
                from = parts[node];
            }

            @Override
            public void token(int id, int node) {
                reached.add(id);
                behind.add(from);
            }

            @Override
            public void matched(int node) {
                // what follows the tail is none of ours
            }
        });
        short[] counts = new short[behind.size()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = behind.get(i);
        }
        return new Over(reached.stream().mapToInt(Integer::intValue).toArray(), counts);
    }

    /** Sets of tokens that are kept. */
    Iterable<TokenMask> masks() {
        return masks.values();
    }

    /** Memory of all but {@link #masks}. */
    long bytes() {
        long over =
                tails.values().stream().mapToLong(o -> 100 + 6L * o.ids.length).sum();
        return 1000 + over + matched.size() / 8 + 2L * parts.length + 4L * (ids.length + ends.length);
    }

    private final class Found implements TokenTrie.Visitor {
        private int[] ids = new int[1024];
        private int[] nodes = new int[1024];
        private int count;

        @Override
        public void token(int id, int node) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
                nodes = Arrays.copyOf(nodes, 2 * count);
            }
            ids[count] = id;
            nodes[count++] = node;
        }

        @Override
        public void matched(int node) {
            matched.set(node);
        }
    }
}
