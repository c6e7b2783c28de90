package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A finite automaton over bytes with all its states at hand, which is what intersections are made of. States from which
 * no text ends are taken out. Immutable.
 */
final class Automaton {
    private static final int DEAD = -1;
    /** Most states; a table of each is some hundred bytes. */
    private static final int MAX_STATES = 20_000;

    private final int[] kind; // of each byte: bytes of a kind lead to the same states everywhere
    private final int kinds;
    private final int[] next; // [states, kinds]
    private final BitSet accepting;
    private final boolean empty;

    private Automaton(int[] kind, int kinds, int[] next, BitSet accepting) {
        this.kind = kind;
        this.kinds = kinds;
        this.next = next;
        this.accepting = accepting;
        BitSet live = live();
        for (int i = 0; i < next.length; i++) {
            if (next[i] != DEAD && !live.get(next[i])) {
                next[i] = DEAD;
            }
        }
        empty = !live.get(0);
    }

    /** State from which each walk begins; {@link #isDead} if no text matches. */
    int start() {
        return empty ? DEAD : 0;
    }

    boolean isDead(int state) {
        return state == DEAD;
    }

    boolean accepting(int state) {
        return accepting.get(state);
    }

    int next(int state, int b) {
        return next[state * kinds + kind[b]];
    }

    /** Memory of the table. */
    long bytes() {
        return (long) Integer.BYTES * next.length;
    }

    private BitSet live() {
        int states = next.length / kinds;
        int[] count = new int[states + 1];
        for (int to : next) {
            if (to != DEAD) {
                count[to + 1]++;
            }
        }
        for (int i = 0; i < states; i++) {
            count[i + 1] += count[i];
        }
        int[] sources = new int[count[states]];
        int[] at = count.clone();
        for (int i = 0; i < next.length; i++) {
            if (next[i] != DEAD) {
                sources[at[next[i]]++] = i / kinds;
            }
        }
        BitSet live = (BitSet) accepting.clone();
        int[] work = Arrays.copyOf(live.stream().toArray(), states);
        int n = live.cardinality();
        while (n > 0) {
            int state = work[--n];
            for (int i = count[state]; i < count[state + 1]; i++) {
                if (!live.get(sources[i])) {
                    live.set(sources[i]);
                    work[n++] = sources[i];
                }
            }
        }
        return live;
    }

    private static ConstraintException tooLarge(String what) {
        return new ConstraintException(
                what + " has more than " + MAX_STATES + " states: make its lengths or repetitions smaller");
    }

    /** The automaton of an expression; {@code what} names it in the error that it has too many states. */
    static Automaton of(Expressions expressions, int e, String what) {
        Map<Integer, Integer> states = new HashMap<>(Map.of(e, 0));
        List<Integer> order = new ArrayList<>(List.of(e));
        int[] kind = new int[256];
        int kinds = 1;
        for (int i = 0; i < order.size(); i++) {
            int[] table = expressions.table(order.get(i));
            Map<Long, Integer> refined = new HashMap<>();
            for (int b = 0; b < 256; b++) {
                int group = kind[b];
                kind[b] = refined.computeIfAbsent((long) group << 32 | table[b], _ -> refined.size());
                if (table[b] != Expressions.NOTHING && states.putIfAbsent(table[b], order.size()) == null) {
                    order.add(table[b]);
                }
            }
            kinds = refined.size();
            if (order.size() > MAX_STATES) {
                throw tooLarge(what);
            }
        }
        int[] next = new int[order.size() * kinds];
        BitSet accepting = new BitSet();
        for (int i = 0; i < order.size(); i++) {
            int[] table = expressions.table(order.get(i));
            for (int b = 0; b < 256; b++) {
                next[i * kinds + kind[b]] =
                        table[b] == Expressions.NOTHING ? DEAD : states.getOrDefault(table[b], DEAD);
            }
            accepting.set(i, expressions.nullable(order.get(i)));
        }
        return new Automaton(kind, kinds, next, accepting);
    }

    /** The texts that match both. */
    static Automaton both(Automaton a, Automaton b, String what) {
        int[] kind = new int[256];
        Map<Long, Integer> pairs = new HashMap<>();
        List<int[]> kindPairs = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            int x = a.kind[i];
            int y = b.kind[i];
            kind[i] = pairs.computeIfAbsent((long) x << 32 | y, _ -> {
                kindPairs.add(new int[] {x, y});
                return kindPairs.size() - 1;
            });
        }
        int kinds = kindPairs.size();
        Map<Long, Integer> states = new HashMap<>(Map.of(0L, 0));
        List<Long> order = new ArrayList<>(List.of(0L));
        int[] next = new int[kinds * 16];
        BitSet accepting = new BitSet();
        for (int i = 0; i < order.size(); i++) {
            int x = (int) (order.get(i) >> 32);
            int y = order.get(i).intValue();
            accepting.set(i, a.accepting(x) && b.accepting(y));
            next = next.length < (i + 1) * kinds ? Arrays.copyOf(next, 2 * next.length) : next;
            for (int k = 0; k < kinds; k++) {
                int toX = a.next[x * a.kinds + kindPairs.get(k)[0]];
                int toY = b.next[y * b.kinds + kindPairs.get(k)[1]];
                if (toX == DEAD || toY == DEAD) {
                    next[i * kinds + k] = DEAD;
                    continue;
                }
                long pair = (long) toX << 32 | toY;
                Integer known = states.putIfAbsent(pair, order.size());
                if (known == null) {
                    order.add(pair);
                }
                next[i * kinds + k] = known == null ? order.size() - 1 : known;
            }
            if (order.size() > MAX_STATES) {
                throw tooLarge(what);
            }
        }
        return new Automaton(kind, kinds, Arrays.copyOf(next, order.size() * kinds), accepting);
    }
}
