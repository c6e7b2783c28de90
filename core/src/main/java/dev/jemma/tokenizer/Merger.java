package dev.jemma.tokenizer;

import java.util.Arrays;

/**
 * The merges of one stretch of text: starts from its characters and joins, as long as there is one, the neighbouring
 * pair whose piece scores highest, the leftmost of equals. A short stretch is searched from end to end for each merge,
 * a long one keeps its pairs in a heap. Working memory of one call of the tokenizer; not thread-safe.
 */
final class Merger {
    private static final int SCAN_LIMIT = 48;

    private final MergeTable table;
    private int[] symbols = {};
    private long[] merges = {}; // of symbol i with its right neighbour
    private int[] next = {};
    private int[] previous = {};
    private long[] heap = {}; // order of a merge, then index of its left symbol
    private int heapSize;

    Merger(MergeTable table) {
        this.table = table;
    }

    /** The symbols of the last call of {@link #merge}, from index 0 on. */
    int[] symbols() {
        return symbols;
    }

    /** Merges {@code text[from, to)}; returns the number of {@link #symbols} that are left. */
    int merge(char[] text, int from, int to) {
        if (to - from > symbols.length) {
            symbols = new int[Math.max(SCAN_LIMIT, to - from)];
            merges = new long[symbols.length];
        }
        int n = 0;
        for (int i = from; i < to; n++) {
            int codePoint = text[i++];
            if (Character.isHighSurrogate((char) codePoint) && i < to) {
                codePoint = Character.toCodePoint((char) codePoint, text[i++]);
            }
            symbols[n] = table.symbol(codePoint);
        }
        for (int i = 0; i + 1 < n; i++) {
            merges[i] = table.find(symbols[i], symbols[i + 1]);
        }
        return n <= SCAN_LIMIT ? scan(n) : byHeap(n);
    }

    private int scan(int n) {
        while (true) {
            long best = MergeTable.NONE;
            int at = -1;
            for (int i = 0; i + 1 < n; i++) {
                if (MergeTable.order(merges[i]) < MergeTable.order(best)) {
                    best = merges[i];
                    at = i;
                }
            }
            if (at < 0) {
                return n;
            }
            symbols[at] = MergeTable.merged(best);
            n--;
            for (int i = at + 1; i < n; i++) {
                symbols[i] = symbols[i + 1];
                merges[i - 1] = merges[i];
            }
            if (at > 0) {
                merges[at - 1] = table.find(symbols[at - 1], symbols[at]);
            }
            if (at + 1 < n) {
                merges[at] = table.find(symbols[at], symbols[at + 1]);
            }
        }
    }

    private int byHeap(int n) {
        if (next.length < n) {
            next = new int[n];
            previous = new int[n];
        }
        heapSize = 0;
        merges[n - 1] = MergeTable.NONE;
        for (int i = 0; i < n; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            push(i);
        }
        while (heapSize > 0) {
            long top = pop();
            int left = (int) top;
            // An entry is stale if its left symbol is gone or has another neighbour now, hence another merge.
            if (MergeTable.order(merges[left]) == (int) (top >>> 32)) {
                join(left, n);
            }
        }
        int kept = 0;
        for (int i = 0; i < n; i = next[i]) {
            symbols[kept++] = symbols[i];
        }
        return kept;
    }

    private void join(int left, int n) {
        int right = next[left];
        symbols[left] = MergeTable.merged(merges[left]);
        merges[right] = MergeTable.NONE;
        next[left] = next[right];
        if (next[right] < n) {
            previous[next[right]] = left;
            merges[left] = table.find(symbols[left], symbols[next[left]]);
        } else {
            merges[left] = MergeTable.NONE;
        }
        push(left);
        if (previous[left] >= 0) {
            int before = previous[left];
            merges[before] = table.find(symbols[before], symbols[left]);
            push(before);
        }
    }

    private void push(int left) {
        if (merges[left] == MergeTable.NONE) {
            return;
        }
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, Math.max(2 * SCAN_LIMIT, heapSize + (heapSize >> 1)));
        }
        long entry = (long) MergeTable.order(merges[left]) << 32 | left;
        int i = heapSize++;
        while (i > 0 && heap[(i - 1) >> 1] > entry) {
            heap[i] = heap[(i - 1) >> 1];
            i = (i - 1) >> 1;
        }
        heap[i] = entry;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int i = 0;
        for (int child; (child = 2 * i + 1) < heapSize; i = child) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[i] = heap[child];
        }
        heap[i] = last;
        return top;
    }
}
