package dev.jemma.infer.constraint;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** An entry of a map, its key, and the objects around arrays. */
    private static final int ENTRY_BYTES = 150;

    private final TokenTrie trie;
    private final Expressions expressions;
    private final int start;
    private final Optional<CallStart> calls;
    private final Map<Integer, Inside> insides = new HashMap<>();
    private final Map<Integer, TokenMask> masks = new HashMap<>();
    private final Map<Waiting, TokenMask> waiting = new HashMap<>();
    private final Map<Integer, Optional<Repetition>> repetitions = new HashMap<>(); // by part
    private final int[][] stack;
    private long maskNanos;

    /** Tokens within an expression, and the nodes of the trie behind which it has matched. */
    private record Inside(TokenMask tokens, BitSet matched) {}

    /** A head, whether it may end at once, and what follows it. */
    private record Waiting(int head, boolean mayEnd, int tail) {}

    /** The texts of a grammar in the tokens of a vocabulary; the grammar belongs to the constraint from now on. */
    public TokenConstraint(TokenTrie trie, Grammar grammar) {
        this.trie = trie;
        expressions = grammar.expressions();
        start = grammar.start();
        calls = grammar.calls();
        stack = new int[trie.deepest() + 1][];
    }

    /** The state before the first token. */
    public int start() {
        return start;
    }

    /** How calls of functions are told from text, if there may be some. */
    public Optional<CallStart> calls() {
        return calls;
    }

    /** Whether a token is the control token that begins a call. */
    public boolean beginsCall(int token) {
        byte[] text = trie.text(token);
        return text.length == 1 && (text[0] & 0xFF) == Writing.CALL;
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
     * Computes sets of tokens ahead of time, so that fewer have to be computed while a batch waits: first those of what
     * must come, then those near to it.
     *
     * @param most about how long to do so
     */
    public synchronized void prepare(Duration most) {
        long end = System.nanoTime() + most.toNanos();
        expressions.allow(MASK_STEPS);
        Set<Integer> seen = new HashSet<>(List.of(start));
        Deque<Integer> states = new ArrayDeque<>(seen);
        try {
            for (int i = 0; i < MAX_AHEAD && !states.isEmpty() && System.nanoTime() < end; i++) {
                int state = states.removeFirst();
                maskOf(state);
                for (int next : expressions.table(state)) {
                    if (next != DEAD && seen.add(next)) {
                        states.addLast(next);
                    }
                }
                switch (expressions.node(state)) {
                    case Expressions.Sequence(int _, int tail) when seen.add(tail) -> states.addFirst(tail);
                    case Expressions.Choice(var parts) ->
                        parts.stream().filter(seen::add).forEach(states::addFirst);
                    default -> {}
                }
            }
        } catch (ConstraintException e) {
            return; // enough: what was found is kept, and the rest is found where it is needed
        }
    }

    /** About how much memory it takes, beside the vocabulary's tree. */
    public synchronized long bytes() {
        return expressions.bytes() + setBytes();
    }

    /** The part of it that sets of tokens and of nodes take. */
    synchronized long setBytes() {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>()); // many share an array
        long bytes = 0;
        for (TokenMask mask : masks.values()) {
            bytes += newBytes(mask, seen);
        }
        for (TokenMask mask : waiting.values()) {
            bytes += newBytes(mask, seen);
        }
        for (Inside inside : insides.values()) {
            bytes += newBytes(inside.tokens, seen) + inside.matched.size() / 8;
        }
        for (Optional<Repetition> kept : repetitions.values()) {
            if (kept.isPresent()) {
                for (TokenMask mask : kept.get().masks()) {
                    bytes += newBytes(mask, seen);
                }
                bytes += kept.get().bytes();
            }
        }
        return bytes;
    }

    private static long newBytes(TokenMask mask, Set<Object> seen) {
        long shared = seen.add(mask.shared()) ? (long) Long.BYTES * mask.shared().length : 0;
        long more = seen.add(mask.more()) ? (long) Integer.BYTES * mask.more().length : 0;
        return ENTRY_BYTES + shared + more;
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
            case Expressions.Sequence(int head, int tail) -> behind(shortened(head), expressions.nullable(head), tail);
            default -> within(shortened(state));
        };
    }

    /** Tokens of a head and what waits behind it: the same for all counts of a long repetition. */
    private TokenMask behind(int head, boolean mayEnd, int tail) {
        Waiting key = new Waiting(head, mayEnd, tail);
        TokenMask known = waiting.get(key);
        if (known == null) {
            known = reaching(head, tail);
            known = mayEnd ? known.or(maskOf(tail)) : known;
            if (waiting.size() >= MAX_MASKS) {
                waiting.clear();
            }
            waiting.put(key, known);
        }
        return known;
    }

    /** Tokens within a head, or from there over its end. */
    private TokenMask reaching(int head, int tail) {
        if (expressions.node(head) instanceof Expressions.Repeat(int part, int min, int max)) {
            Optional<Repetition> repetition = repetition(part);
            if (repetition.isPresent()) {
                return repetition.get().tokens(min, max, tail, expressions, stack);
            }
        }
        Inside inside = inside(head);
        Ids over = new Ids();
        trie.walk(inside.matched, expressions, tail, stack, over);
        return inside.tokens.or(over.mask());
    }

    private TokenMask within(int e) {
        Optional<TokenMask> counted = expressions.node(e) instanceof Expressions.Repeat(int part, int _, int max)
                ? repetition(part).map(all -> all.tokens(max))
                : Optional.empty();
        return counted.orElseGet(() -> inside(e).tokens);
    }

    private Optional<Repetition> repetition(int part) {
        Optional<Repetition> known = repetitions.get(part);
        if (known == null) {
            known = Repetition.of(trie, expressions, part, stack);
            if (repetitions.size() >= MAX_INSIDES) {
                repetitions.clear();
            }
            repetitions.put(part, known);
        }
        return known;
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
        public void token(int id, int node) {
            ids = count == ids.length ? Arrays.copyOf(ids, 2 * count) : ids;
            ids[count++] = id;
        }

        @Override
        public void matched(int node) {
            matched.set(node);
        }

        TokenMask mask() {
            return TokenMask.of(ids, count, trie.vocabularySize());
        }
    }
}
