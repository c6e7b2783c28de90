package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tokens may come next, for texts of a grammar in the tokens of one vocabulary. The set of each state is computed
 * when it is first asked for and kept. Most states are a head that is being matched and a tail that waits for it: what
 * happens within the head is the same whatever waits, so it is computed once, and only tokens that reach over its end are
 * looked at for each tail. The insides of all strings of a schema are one such head. Safe for use by several threads.
 */
public final class TokenConstraint {
    /** The state of a text that is not allowed. */
    public static final int DEAD = Expressions.NOTHING;
    /** Most steps of looking for the tokens that may come next, some tenths of a second; a batch waits meanwhile. */
    private static final long MASK_STEPS = 40_000_000;
    /** Most sets of tokens that are kept, and most heads: as many bits as the vocabulary has, or fewer. */
    private static final int MAX_MASKS = 1024;

    private static final int MAX_INSIDES = 128;
    /** Most states that are looked at ahead of time. */
    private static final int MAX_AHEAD = 1024;

    /** From so many tokens on a set is kept as bits, which other sets share. */
    private static final int SHARED = 512;

    private final TokenTrie trie;
    private final Expressions expressions;
    private final int start;
    private final Map<Integer, Inside> insides = new HashMap<>();
    private final Map<Integer, TokenMask> masks = new HashMap<>();
    private final int[][] stack;
    private long maskNanos;

    /** Tokens within an expression, and the nodes of the trie behind which it has matched. */
    private record Inside(TokenMask tokens, BitSet matched) {}

    /** The texts of a grammar in the tokens of a vocabulary; the grammar belongs to the constraint from now on. */
    public TokenConstraint(TokenTrie trie, Grammar grammar) {
        this.trie = trie;
        expressions = grammar.expressions();
        start = grammar.start();
        stack = new int[trie.deepest() + 1][];
    }

    /** The state before the first token. */
    public int start() {
        return start;
    }

    /** The state after a token; {@link #DEAD} if it is not allowed. */
    public synchronized int next(int state, int token) {
        byte[] text = trie.text(token);
        int next = text.length == 0 ? DEAD : state;
        expressions.allow(MASK_STEPS);
        for (byte b : text) {
            next = expressions.table(next)[b & 0xFF];
        }
        return next;
    }

    /** Whether the text may end here. */
    public synchronized boolean complete(int state) {
        return expressions.nullable(state);
    }

    /** Whether the text is complete and nothing can follow. */
    public synchronized boolean finished(int state) {
        return expressions.nullable(state)
                && Arrays.stream(expressions.table(state)).allMatch(next -> next == Expressions.NOTHING);
    }

    /** The tokens that may come next, end tokens not among them. */
    public synchronized TokenMask mask(int state) {
        long from = System.nanoTime();
        expressions.allow(MASK_STEPS);
        TokenMask mask = maskOf(state);
        maskNanos += System.nanoTime() - from;
        return mask;
    }

    /** The same, with these ids if the text may end here, and else without them. */
    public synchronized TokenMask mask(int state, int[] endIds) {
        TokenMask mask = mask(state);
        return complete(state) ? mask.with(endIds) : mask.without(endIds);
    }

    /**
     * Computes sets of tokens ahead of time, those of states near the start first, so that fewer have to be computed while
     * a batch waits.
     *
     * @param steps about how much to do, in looks at a byte or a node of the vocabulary's tree
     * @throws ConstraintException if the thread is interrupted
     */
    public synchronized void prepare(long steps) {
        expressions.allow(steps);
        Set<Integer> seen = new LinkedHashSet<>(List.of(start));
        List<Integer> states = new ArrayList<>(seen);
        try {
            for (int i = 0; i < states.size() && i < MAX_AHEAD; i++) {
                maskOf(states.get(i));
                for (int next : expressions.table(states.get(i))) {
                    if (next != DEAD && seen.add(next)) {
                        states.add(next);
                    }
                }
            }
        } catch (ConstraintException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            } // else: enough
        }
    }

    /** About how much memory it takes, beside the vocabulary's tree. */
    public synchronized long bytes() {
        long set = trie.vocabularySize() / 8;
        long matched = 4 * set;
        long sets = masks.values().stream()
                .map(TokenMask::shared)
                .filter(bits -> bits.length > 0)
                .distinct() // arrays are equal where they are the same
                .count();
        return expressions.bytes() + sets * set + insides.size() * matched;
    }

    /** Time that computing sets of tokens took so far. */
    public synchronized long maskNanos() {
        return maskNanos;
    }

    /** Sets of tokens that are kept. */
    public synchronized int masks() {
        return masks.size();
    }

    private TokenMask maskOf(int state) {
        TokenMask known = masks.get(state);
        if (known == null) {
            known = compute(state);
            if (masks.size() >= MAX_MASKS) {
                masks.clear();
            }
            masks.put(state, known);
        }
        return known;
    }

    private TokenMask compute(int state) {
        return switch (expressions.node(state)) {
            case Expressions.Nothing _, Expressions.Empty _ -> TokenMask.NONE;
            case Expressions.Choice(var parts) -> {
                TokenMask all = TokenMask.NONE;
                for (int part : parts) {
                    all = all.or(maskOf(part));
                }
                yield all;
            }
            case Expressions.Sequence(int head, int tail) -> {
                Inside inside = inside(shortened(head));
                TokenMask all = inside.tokens;
                Ids over = new Ids();
                trie.walk(inside.matched, expressions, tail, stack, over);
                all = all.or(over.mask());
                yield expressions.nullable(head) ? all.or(maskOf(tail)) : all;
            }
            default -> inside(shortened(state)).tokens;
        };
    }

    /** Repetitions that no single token can get to the end of are the same as endless ones. */
    private int shortened(int e) {
        if (expressions.node(e) instanceof Expressions.Repeat(int part, int min, int max)) {
            int longest = trie.deepest();
            return expressions.repeat(part, Math.min(min, longest + 1), max > longest ? Expressions.UNLIMITED : max);
        }
        return e;
    }

    private Inside inside(int e) {
        Inside known = insides.get(e);
        if (known == null) {
            Ids ids = new Ids();
            trie.walk(0, expressions, e, stack, ids);
            known = new Inside(ids.mask(), ids.matched);
            if (insides.size() >= MAX_INSIDES) {
                insides.clear();
            }
            insides.put(e, known);
        }
        return known;
    }

    private final class Ids implements TokenTrie.Visitor {
        private int[] ids = new int[16];
        private int count;
        private final BitSet matched = new BitSet();

        @Override
        public void token(int id) {
            ids = count == ids.length ? Arrays.copyOf(ids, 2 * count) : ids;
            ids[count++] = id;
        }

        @Override
        public void matched(int node) {
            matched.set(node);
        }

        TokenMask mask() {
            if (count < SHARED) {
                return TokenMask.NONE.with(Arrays.copyOf(ids, count));
            }
            long[] bits = new long[(trie.vocabularySize() + 63) / 64];
            for (int i = 0; i < count; i++) {
                bits[ids[i] >> 6] |= 1L << ids[i];
            }
            return new TokenMask(bits, TokenMask.NONE.more());
        }
    }
}
