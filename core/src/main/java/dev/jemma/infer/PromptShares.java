package dev.jemma.infer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the rows of a step are shared among prompts that still have to be computed: the oldest request gets half of them
 * at least, so that it comes to its end; the others follow shortest first, so that a short question does not wait until
 * a long document is read.
 */
final class PromptShares {
    private PromptShares() {}

    /** Rows for each sequence, 0 to its pending ones, {@code room} in all at most. */
    static int[] share(List<Sequence> prompts, int room) {
        int[] takes = new int[prompts.size()];
        int oldest = 0;
        for (int i = 1; i < takes.length; i++) {
            oldest = prompts.get(i).job.arrival() < prompts.get(oldest).job.arrival() ? i : oldest;
        }
        int left = Math.max(0, room);
        takes[oldest] = Math.min(prompts.get(oldest).pending(), Math.ceilDiv(left, 2));
        left -= takes[oldest];
        int[] order = IntStream.range(0, takes.length)
                .boxed()
                .sorted(Comparator.comparingInt(i -> prompts.get(i).pending()))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int i : order) {
            int more = Math.min(left, prompts.get(i).pending() - takes[i]);
            takes[i] += more;
            left -= more;
        }
        return takes;
    }

    /** The same where a sequence goes through the model at once or not at all; the first may be larger than a batch. */
    static int[] whole(List<Sequence> prompts, int room, boolean alone) {
        int[] takes = new int[prompts.size()];
        int left = room;
        for (int i = 0; i < takes.length; i++) {
            int pending = prompts.get(i).pending();
            if (pending <= left || (alone && Arrays.stream(takes).sum() == 0)) {
                takes[i] = pending;
                left -= pending;
            }
        }
        return takes;
    }
}
