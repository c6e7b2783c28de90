package dev.jemma.eval;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * An order of texts in which each begins like one before it as far as any does, and for each the text that it should
 * wait for: the first with that beginning. Once that one is computed, the engine has the beginning at hand and computes
 * only the rest: the four choices of a question follow the first of them, the first choices of a subject's questions the
 * first question's.
 */
final class PrefixOrder {
    /** Shared tokens below which nobody waits: the engine shares blocks of 16. */
    private static final int WORTH_WAITING = 32;

    private static final int NOBODY = -1;

    private final int[] order;
    private final int[] leader;

    private PrefixOrder(int[] order, int[] leader) {
        this.order = order;
        this.leader = leader;
    }

    static PrefixOrder of(int[][] texts) {
        int[] order = IntStream.range(0, texts.length)
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> texts[i], Arrays::compare))
                .mapToInt(Integer::intValue)
                .toArray();
        int[] leader = new int[texts.length];
        Arrays.fill(leader, NOBODY);
        int[] shared = new int[texts.length]; // with the text before, in the order
        for (int i = 1; i < order.length; i++) {
            shared[i] = shared(texts[order[i - 1]], texts[order[i]]);
            if (shared[i] >= WORTH_WAITING) {
                int blocks = shared[i] / 16;
                int first = i - 1;
                while (first > 0 && shared[first] / 16 >= blocks) {
                    first--;
                }
                leader[order[i]] = order[first];
            }
        }
        return new PrefixOrder(order, leader);
    }

    private static int shared(int[] a, int[] b) {
        int mismatch = Arrays.mismatch(a, b);
        return mismatch < 0 ? a.length : mismatch;
    }

    /** Index of the text at a place of the order. */
    int at(int place) {
        return order[place];
    }

    /** Index of the text that text {@code i} waits for, if it waits. */
    boolean waits(int i) {
        return leader[i] != NOBODY;
    }

    int leader(int i) {
        return leader[i];
    }
}
