package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Expressions over bytes, and what is left of one after a byte: its derivative (Brzozowski 1964). Equal expressions are
 * the same number, so a number is the state of an automaton that grows as it is walked. A reference stands for an
 * expression that is defined later, itself inside if need be; what follows it waits as the tail of a concatenation,
 * which makes this a pushdown automaton whose stack is part of its state. Every expression that a walk can reach has a
 * finite text in it, so no walk ends in a dead end. Not safe for use by several threads.
 */
final class Expressions {
    /** Matches nothing at all. */
    static final int NOTHING = 0;
    /** Matches the empty text. */
    static final int EMPTY = 1;
    /** No upper limit of a repetition. */
    static final int UNLIMITED = Integer.MAX_VALUE;

    /** Most parts of all expressions together: some 100 MB at the very worst. */
    private static final int MAX_PARTS = 1_000_000;
    /** Most states with a table of what follows each byte, 1 KiB each. */
    private static final int MAX_TABLES = 60_000;
    /** Most states of what counts as a character. */
    private static final int MAX_CODE_STATES = 48;
    /** Most memory of finished automata. */
    private static final long MAX_AUTOMATON_BYTES = 64L << 20;

    sealed interface Node {}

    record Nothing() implements Node {}

    record Empty() implements Node {}

    record Bytes(ByteSet set) implements Node {}

    record Sequence(int head, int tail) implements Node {}

    record Choice(List<Integer> parts) implements Node {}

    record Repeat(int part, int min, int max) implements Node {}

    record Reference(int index) implements Node {}

    record Lexical(Automaton automaton, int state) implements Node {}

    private final Map<Node, Integer> numbers = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<int[]> tables = new ArrayList<>(); // of each node; UNKNOWN until it is asked for
    private final BitSet nullable = new BitSet();
    private final BitSet productive = new BitSet();
    private final List<Integer> definitions = new ArrayList<>(); // of references
    private final BitSet open = new BitSet(); // tables in the making
    private boolean sealed;
    private long parts;
    private int tableCount;
    private long workLeft = Long.MAX_VALUE;
    private final Set<Automaton> automata = Collections.newSetFromMap(new IdentityHashMap<>());
    private long automatonBytes;

    private static final int[] UNKNOWN = {};

    Expressions() {
        number(new Nothing(), false);
        number(new Empty(), true);
    }

    Node node(int e) {
        return nodes.get(e);
    }

    /** From now on at most so many steps are made, each about as long as a look at one byte. */
    void allow(long steps) {
        workLeft = steps;
    }

    /**
     * Counts steps.
     *
     * @throws ConstraintException if they were not allowed, or the thread is interrupted: somebody's patience is at its end
     */
    void spend(long steps) {
        workLeft -= steps;
        if (workLeft < 0) {
            throw new ConstraintException("the pattern or schema takes too long to follow: make it smaller,"
                    + " or its repetitions and alternatives fewer");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new ConstraintException("the pattern or schema takes too long to read: make it smaller");
        }
    }

    /** About how much memory all this takes. */
    long bytes() {
        return 100 * parts + 1100L * tableCount + automatonBytes;
    }

    /** Whether the empty text matches. */
    boolean nullable(int e) {
        return nullable.get(e);
    }

    private int number(Node node, boolean matchesEmpty) {
        Integer known = numbers.get(node);
        if (known != null) {
            return known;
        }
        int size = node instanceof Choice(List<Integer> all) ? all.size() : 1;
        parts += size;
        spend(size);
        if (parts > MAX_PARTS) {
            throw tooLarge();
        }
        int number = nodes.size();
        numbers.put(node, number);
        nodes.add(node);
        tables.add(UNKNOWN);
        nullable.set(number, matchesEmpty);
        if (sealed && derivesText(node)) {
            productive.set(number);
        }
        return number;
    }

    private static ConstraintException tooLarge() {
        return new ConstraintException("the pattern or schema has too many states: make it smaller,"
                + " or its repetitions and alternatives fewer");
    }

    int bytes(ByteSet set) {
        return set.isEmpty() ? NOTHING : number(new Bytes(set), false);
    }

    int bytes(int first, int last) {
        return bytes(ByteSet.range(first, last));
    }

    /** These bytes, one after the other. */
    int literal(byte[] text) {
        int e = EMPTY;
        for (int i = text.length - 1; i >= 0; i--) {
            e = sequence(bytes(text[i] & 0xFF, text[i] & 0xFF), e);
        }
        return e;
    }

    int sequence(int... all) {
        int e = EMPTY;
        for (int i = all.length - 1; i >= 0; i--) {
            e = sequence(all[i], e);
        }
        return e;
    }

    int sequence(int head, int tail) {
        if (head == NOTHING || tail == NOTHING || head == EMPTY || tail == EMPTY) {
            return head == NOTHING || tail == NOTHING ? NOTHING : head == EMPTY ? tail : head;
        }
        List<Integer> heads = new ArrayList<>();
        int last = head;
        while (nodes.get(last) instanceof Sequence(int first, int rest)) {
            heads.add(first);
            last = rest;
        }
        heads.add(last);
        int e = tail;
        for (int i = heads.size() - 1; i >= 0; i--) {
            int h = heads.get(i);
            e = number(new Sequence(h, e), nullable(h) && nullable(e));
        }
        return dead(e) ? NOTHING : e;
    }

    int choice(int... all) {
        int[] flat = new int[all.length];
        int n = 0;
        ByteSet bytes = ByteSet.NONE;
        for (int e : all) {
            if (nodes.get(e) instanceof Choice(List<Integer> inner)) {
                flat = Arrays.copyOf(flat, flat.length + inner.size());
                for (int part : inner) {
                    if (nodes.get(part) instanceof Bytes(ByteSet set)) {
                        bytes = bytes.or(set);
                    } else if (!dead(part)) {
                        flat[n++] = part;
                    }
                }
            } else if (nodes.get(e) instanceof Bytes(ByteSet set)) {
                bytes = bytes.or(set);
            } else if (e != NOTHING && !dead(e)) {
                flat[n++] = e;
            }
        }
        if (!bytes.isEmpty()) {
            flat = n == flat.length ? Arrays.copyOf(flat, n + 1) : flat;
            flat[n++] = bytes(bytes);
        }
        int[] distinct = Arrays.stream(flat, 0, n).sorted().distinct().toArray();
        if (distinct.length < 2) {
            return distinct.length == 0 ? NOTHING : distinct[0];
        }
        boolean empty = Arrays.stream(distinct).anyMatch(this::nullable);
        return number(new Choice(Arrays.stream(distinct).boxed().toList()), empty);
    }

    int optional(int e) {
        return choice(EMPTY, e);
    }

    /** What {@code e} matches, but for what begins with these bytes. All references in it are defined. */
    int notBeginning(int e, byte[] start) {
        return notBeginning(e, start, 0);
    }

    private int notBeginning(int e, byte[] start, int at) {
        if (at == start.length) {
            return NOTHING;
        }
        int[] table = table(e);
        int next = start[at] & 0xFF;
        if (table[next] == NOTHING) {
            return e;
        }
        Map<Integer, ByteSet> others = new TreeMap<>();
        for (int b = 0; b < 256; b++) {
            if (b != next && table[b] != NOTHING) {
                others.merge(table[b], ByteSet.range(b, b), ByteSet::or);
            }
        }
        int any = nullable(e) ? EMPTY : NOTHING;
        for (Map.Entry<Integer, ByteSet> other : others.entrySet()) {
            any = choice(any, sequence(bytes(other.getValue()), other.getKey()));
        }
        return choice(any, sequence(bytes(next, next), notBeginning(table[next], start, at + 1)));
    }

    /** {@code e} from min to max times; {@link #UNLIMITED} for no end. */
    int repeat(int e, int min, int max) {
        if (max == 0 || e == EMPTY || (e == NOTHING && min == 0)) {
            return EMPTY;
        }
        if (e == NOTHING || (min == 1 && max == 1)) {
            return e;
        }
        int least = nullable(e) ? 0 : min;
        return number(new Repeat(e, least, max), least == 0);
    }

    /** One state of a finished automaton, and all that follows from there. */
    int lexical(Automaton automaton, int state) {
        if (automata.add(automaton)) {
            automatonBytes += automaton.bytes();
            if (automatonBytes > MAX_AUTOMATON_BYTES) {
                throw tooLarge();
            }
        }
        return automaton.isDead(state) ? NOTHING : number(new Lexical(automaton, state), automaton.accepting(state));
    }

    /** Stands for an expression to be defined; {@code matchesEmpty} says whether that matches the empty text. */
    int reference(boolean matchesEmpty) {
        definitions.add(NOTHING);
        return number(new Reference(definitions.size() - 1), matchesEmpty);
    }

    void define(int reference, int e) {
        if (!(nodes.get(reference) instanceof Reference(int index)) || nullable(e) != nullable(reference)) {
            throw new IllegalArgumentException("not a definition of this reference");
        }
        definitions.set(index, e);
    }

    private boolean dead(int e) {
        return sealed && !productive.get(e);
    }

    private boolean derivesText(Node node) {
        return switch (node) {
            case Nothing _ -> false;
            case Empty _, Bytes _, Lexical _ -> true;
            case Sequence(int head, int tail) -> productive.get(head) && productive.get(tail);
            case Choice(List<Integer> all) -> all.stream().anyMatch(productive::get);
            case Repeat(int part, int min, int _) -> min == 0 || productive.get(part);
            case Reference(int index) -> productive.get(definitions.get(index));
        };
    }

    /**
     * All references are defined. Finds out what has a finite text at all; what has none is never walked into.
     *
     * @return the start, NOTHING if no text matches
     */
    int seal(int start) {
        int n = nodes.size();
        List<List<Integer>> users = new ArrayList<>(n);
        for (int e = 0; e < n; e++) {
            users.add(new ArrayList<>(2));
        }
        for (int e = 0; e < n; e++) {
            for (int part : partsOf(nodes.get(e))) {
                users.get(part).add(e);
            }
        }
        List<Integer> work = new ArrayList<>();
        for (int e = 0; e < n; e++) {
            work.add(e);
        }
        while (!work.isEmpty()) {
            int e = work.removeLast();
            if (!productive.get(e) && derivesText(nodes.get(e))) {
                productive.set(e);
                work.addAll(users.get(e));
            }
        }
        sealed = true;
        for (int e = 0; e < n; e++) { // those made so far may lead where nothing ends
            tables.set(e, UNKNOWN);
        }
        return dead(start) ? NOTHING : start;
    }

    private int[] partsOf(Node node) {
        return switch (node) {
            case Nothing _, Empty _, Bytes _, Lexical _ -> new int[0];
            case Sequence(int head, int tail) -> new int[] {head, tail};
            case Choice(List<Integer> all) ->
                all.stream().mapToInt(Integer::intValue).toArray();
            case Repeat(int part, int _, int _) -> new int[] {part};
            case Reference(int index) -> new int[] {definitions.get(index)};
        };
    }

    /** Whether no text of it begins another one; false for what has many states. */
    boolean isPrefixCode(int e) {
        BitSet seen = new BitSet();
        List<Integer> work = new ArrayList<>(List.of(e));
        while (!work.isEmpty()) {
            int state = work.removeLast();
            boolean whole = nullable(state);
            for (int next : table(state)) {
                if (next == NOTHING || seen.get(next)) {
                    continue;
                }
                if (whole || seen.cardinality() == MAX_CODE_STATES) {
                    return false;
                }
                seen.set(next);
                work.add(next);
            }
            if (whole && (state == e || Arrays.stream(table(state)).anyMatch(next -> next != NOTHING))) {
                return false;
            }
        }
        return true;
    }

    /** What is left after each byte, [256]. */
    int[] table(int e) {
        int[] table = tables.get(e);
        if (table.length > 0) {
            return table;
        }
        if (open.get(e)) {
            throw new ConstraintException("a part of the schema refers to itself before any text comes");
        }
        if (++tableCount > MAX_TABLES) {
            throw tooLarge();
        }
        spend(256L * (nodes.get(e) instanceof Choice(List<Integer> all) ? all.size() : 1));
        open.set(e);
        try {
            table = derive(nodes.get(e));
        } finally {
            open.clear(e);
        }
        tables.set(e, table);
        return table;
    }

    private int[] derive(Node node) {
        return switch (node) {
            case Nothing _, Empty _ -> new int[256];
            case Bytes(ByteSet set) -> {
                int[] table = new int[256];
                for (int b = 0; b < 256; b++) {
                    table[b] = set.has(b) ? EMPTY : NOTHING;
                }
                yield table;
            }
            case Sequence(int head, int tail) -> afterSequence(head, tail);
            case Choice(List<Integer> all) -> afterChoice(all);
            case Repeat(int part, int min, int max) -> {
                int rest = repeat(part, Math.max(0, min - 1), max == UNLIMITED ? max : max - 1);
                yield then(table(part), rest);
            }
            case Reference(int index) -> table(definitions.get(index));
            case Lexical(Automaton automaton, int state) -> {
                int[] table = new int[256];
                for (int b = 0; b < 256; b++) {
                    int next = automaton.next(state, b);
                    table[b] = b > 0 && next == automaton.next(state, b - 1) ? table[b - 1] : lexical(automaton, next);
                }
                yield table;
            }
        };
    }

    private int[] then(int[] first, int rest) {
        int[] table = new int[256];
        Map<Integer, Integer> made = new HashMap<>();
        for (int b = 0; b < 256; b++) {
            if (first[b] != NOTHING) {
                table[b] = made.computeIfAbsent(first[b], e -> sequence(e, rest));
            }
        }
        return table;
    }

    private int[] afterSequence(int head, int tail) {
        int[] table = then(table(head), tail);
        return nullable(head) ? either(List.of(table, table(tail))) : table;
    }

    private int[] afterChoice(List<Integer> all) {
        List<int[]> each = new ArrayList<>(all.size());
        for (int part : all) {
            each.add(table(part));
        }
        return either(each);
    }

    private int[] either(List<int[]> each) {
        int[] table = new int[256];
        int[] ways = new int[each.size()];
        Map<List<Integer>, Integer> made = new HashMap<>();
        for (int b = 0; b < 256; b++) {
            int n = 0;
            for (int[] one : each) {
                if (one[b] != NOTHING) {
                    ways[n++] = one[b];
                }
            }
            if (n > 0) {
                int[] some = Arrays.copyOf(ways, n);
                table[b] = n == 1
                        ? some[0]
                        : made.computeIfAbsent(Arrays.stream(some).boxed().toList(), _ -> choice(some));
            }
        }
        return table;
    }
}
