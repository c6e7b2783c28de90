package dev.jemma.eval.contamination;

import dev.jemma.eval.EvalException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * All runs of n words of all items, to be looked up in a corpus. Words are numbers, and the words of all items stand in one
 * array; a run is the place where it begins there. A hash table leads to the first place of a run, and a chain from there
 * to the others; what it finds is compared word by word, so a hit is a hit. A run that more than {@link #MAX_SHARED} items
 * have is a form of words that says nothing about an item ("which of the following ...") and does not count.
 *
 * <p>A field of fewer than n words gives none. An item whose fields are all shorter counts as a whole: its longest field,
 * or where that has fewer than {@link #MIN_WORDS} words all fields together; still shorter items cannot be told.
 */
final class BenchmarkIndex {
    /** Runs of fewer words are found everywhere. */
    static final int MIN_WORDS = 6;

    static final int MAX_SHARED = 20;

    /** Most words of all items: a quarter of the places that the largest table has. */
    static final int MAX_WORDS = 1 << 28;

    private static final int NONE = -1;
    private static final long FACTOR = 0x9E3779B97F4A7C15L | 1;

    private final int n;
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<String> vocabulary = new ArrayList<>();
    private final List<String> benchmarks = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final TreeSet<Integer> lengths = new TreeSet<>();
    private int[] words = new int[1 << 16];
    private int[] itemOf = new int[1 << 16];
    private byte[] runLength = new byte[1 << 16];
    private int count;
    private int[] next = {};
    private int[] shared = {};
    private int[] table = {};
    private final BitSet testable = new BitSet();

    BenchmarkIndex(int n) {
        if (n < MIN_WORDS || n > 100) {
            throw new EvalException("runs of " + MIN_WORDS + " to 100 words are compared, not " + n);
        }
        this.n = n;
    }

    /** Takes an item in; {@link #finish} must follow the last. */
    void add(Item item) {
        int index = names.size();
        names.add(item.name());
        benchmarks.add(item.benchmark());
        List<int[]> fields = new ArrayList<>();
        for (String text : item.texts()) {
            fields.add(numbers(text));
        }
        boolean any = false;
        for (int[] field : fields) {
            if (field.length >= n) {
                append(index, field, n);
                any = true;
            }
        }
        if (!any) {
            int[] whole = fields.stream()
                    .max((a, b) -> Integer.compare(a.length, b.length))
                    .orElse(new int[0]);
            if (whole.length < MIN_WORDS) {
                whole = fields.stream().flatMapToInt(Arrays::stream).limit(n).toArray();
            }
            if (whole.length >= MIN_WORDS) {
                append(index, whole, whole.length);
                any = true;
            }
        }
        testable.set(index, any);
    }

    private int[] numbers(String text) {
        List<Integer> found = new ArrayList<>();
        Words cut = new Words(word -> found.add(ids.computeIfAbsent(word, _ -> {
            vocabulary.add(word);
            return vocabulary.size() - 1;
        })));
        cut.add(text);
        cut.end();
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    private void append(int item, int[] field, int length) {
        if (count > MAX_WORDS - field.length) {
            throw new EvalException(
                    "the benchmarks hold more than " + MAX_WORDS + " words; name fewer of them with --against");
        }
        while (words.length < count + field.length) {
            words = Arrays.copyOf(words, 2 * words.length);
            itemOf = Arrays.copyOf(itemOf, 2 * itemOf.length);
            runLength = Arrays.copyOf(runLength, 2 * runLength.length);
        }
        System.arraycopy(field, 0, words, count, field.length);
        Arrays.fill(itemOf, count, count + field.length, item);
        for (int i = 0; i + length <= field.length; i++) {
            runLength[count + i] = (byte) length;
        }
        lengths.add(length);
        count += field.length;
    }

    /** Builds the table. */
    void finish() {
        next = new int[count];
        Arrays.fill(next, NONE);
        shared = new int[count];
        table = new int[places(count)];
        Arrays.fill(table, NONE);
        for (int place = 0; place < count; place++) {
            int length = runLength[place];
            if (length == 0) {
                continue;
            }
            int slot = slot(hash(words, place, length), words, place, length);
            int first = table[slot];
            if (first == NONE) {
                table[slot] = place;
                shared[place] = 1;
            } else if (shared[first] <= MAX_SHARED && itemOf[first] != itemOf[place]) {
                int before = next[first];
                if (before == NONE || itemOf[before] != itemOf[place]) {
                    next[place] = before;
                    next[first] = place;
                    shared[first]++;
                }
            }
        }
    }

    /** Places of a table for so many words, a power of two. */
    static int places(int words) {
        return Integer.highestOneBit(Math.max(16, words)) * 4;
    }

    private static long hash(int[] words, int from, int length) {
        long hash = length;
        for (int i = 0; i < length; i++) {
            hash = (hash + words[from + i] + 1) * FACTOR;
            hash ^= hash >>> 29;
        }
        return hash;
    }

    /** Where the run stands, or the free place where it would. */
    private int slot(long hash, int[] run, int from, int length) {
        int mask = table.length - 1;
        int slot = (int) (hash ^ (hash >>> 32)) & mask;
        while (table[slot] != NONE && !same(table[slot], run, from, length)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private boolean same(int place, int[] run, int from, int length) {
        return runLength[place] == length && Arrays.equals(words, place, place + length, run, from, from + length);
    }

    /** Where a run of words stands in the items, or −1; also if too many share it. */
    int find(int[] run, int from, int length) {
        int place = table[slot(hash(run, from, length), run, from, length)];
        return place != NONE && shared[place] <= MAX_SHARED ? place : NONE;
    }

    /** The next item's place of the same run, or −1. */
    int next(int place) {
        return next[place];
    }

    int item(int place) {
        return itemOf[place];
    }

    /** The number of a word; −1 if no item has it. */
    int id(String word) {
        Integer id = ids.get(word);
        return id == null ? NONE : id;
    }

    /** Lengths of runs, ascending. */
    int[] lengths() {
        return lengths.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Words from a place on, for people. */
    String words(int place, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = place; i < place + length; i++) {
            text.append(i == place ? "" : " ").append(vocabulary.get(words[i]));
        }
        return text.toString();
    }

    int items() {
        return names.size();
    }

    /** Items that are long enough to be told. */
    int testable() {
        return testable.cardinality();
    }

    boolean isTestable(int item) {
        return testable.get(item);
    }

    String name(int item) {
        return names.get(item);
    }

    String benchmark(int item) {
        return benchmarks.get(item);
    }
}
