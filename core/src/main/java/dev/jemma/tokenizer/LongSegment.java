package dev.jemma.tokenizer;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * A long stretch of text without a cut, merged window by window in near-linear time and small memory.
 *
 * <p>Why this is exact: a row of symbols is the encoding of its text if and only if each two neighbours are the
 * encoding of theirs. (The first merge to cross a border between two symbols would also be the first in the text of
 * these two alone, since merges inside either side come in the same order; and the other way round.) So the symbols of
 * a window are right among themselves, and only the joint between what is kept of one window and the beginning of the
 * next has to be checked. Where it fails, the window is merged again at twice its size.
 */
final class LongSegment {
    private static final int WINDOW = 2048;
    private static final int GUARD = 512; // symbols that end this near to the window's end are merged again

    private final MergeTable table;
    private final Merger merger;
    private final char[] text;
    private final int end;
    private int from;

    LongSegment(MergeTable table, Merger merger, char[] text, int from, int end) {
        this.table = table;
        this.merger = merger;
        this.text = text;
        this.from = from;
        this.end = end;
    }

    void encode(IntConsumer out) {
        int window = WINDOW;
        int[] symbols = mergeFrom(from, window);
        while (true) {
            int kept = kept(symbols, window);
            if (kept == symbols.length) {
                accept(symbols, kept, out);
                return;
            }
            int border = from;
            for (int i = 0; i < kept; i++) {
                border += table.charLength(symbols[i]);
            }
            int[] following = mergeFrom(border, WINDOW);
            if (isJoint(symbols[kept - 1], border, following[0])) {
                accept(symbols, kept, out);
                from = border;
                symbols = following;
                window = WINDOW;
            } else {
                window = 2 * Math.min(window, 1 << 29);
                symbols = mergeFrom(from, window);
            }
        }
    }

    private static void accept(int[] symbols, int count, IntConsumer out) {
        for (int i = 0; i < count; i++) {
            out.accept(symbols[i]);
        }
    }

    // How many symbols of a window stay: all, if it reaches the end; else those well before its end, at least one.
    private int kept(int[] symbols, int window) {
        if (windowEnd(from, window) == end) {
            return symbols.length;
        }
        int limit = windowEnd(from, window) - GUARD;
        int at = from;
        for (int i = 0; i < symbols.length; i++) {
            at += table.charLength(symbols[i]);
            if (at > limit) {
                return Math.max(1, i);
            }
        }
        return symbols.length;
    }

    private boolean isJoint(int left, int border, int right) {
        int start = border - table.charLength(left);
        int n = merger.merge(text, start, border + table.charLength(right));
        return n == 2 && merger.symbols()[0] == left;
    }

    private int[] mergeFrom(int start, int window) {
        int n = merger.merge(text, start, windowEnd(start, window));
        return Arrays.copyOf(merger.symbols(), n);
    }

    private int windowEnd(int start, int window) {
        if (end - start <= window) {
            return end;
        }
        int to = start + window;
        return Character.isLowSurrogate(text[to]) ? to - 1 : to; // text holds whole pairs only
    }
}
