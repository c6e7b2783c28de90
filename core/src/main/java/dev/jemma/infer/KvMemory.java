package dev.jemma.infer;

import dev.jemma.kernel.KvBlocks;
import dev.jemma.model.KvCache;
import java.util.List;

/**
 * Reckons what sequences will take of the memory for keys and values. Blocks that several sequences share are counted
 * for each, so the sums are never too small; what the prefix cache alone holds is not counted, since it can be dropped.
 */
final class KvMemory {
    /** Tokens that each running sequence should be able to grow by before another is admitted. */
    private static final int HEADROOM_TOKENS = 2 * KvBlocks.TOKENS;

    private final KvCache cache;
    private final int maxBatchRows;
    private final int guesses;

    /** @param guesses most guessed tokens that ride along with a sequence */
    KvMemory(KvCache cache, int maxBatchRows, int guesses) {
        this.cache = cache;
        this.maxBatchRows = maxBatchRows;
        this.guesses = guesses;
    }

    /** Bytes of a sequence of so many tokens; each group keeps at most its window and one chunk. */
    static long bytes(int tokens, KvCache cache, int maxBatchRows) {
        long bytes = 0;
        for (int g = 0; g < cache.groups(); g++) {
            int blocks = Math.ceilDiv(tokens, KvBlocks.TOKENS);
            if (cache.window(g) > 0) {
                long kept = Math.ceilDiv((long) cache.window(g) + maxBatchRows, KvBlocks.TOKENS) + 1L;
                blocks = (int) Math.min(blocks, kept);
            }
            bytes += blocks * cache.pool(g).blockBytes();
        }
        return bytes;
    }

    /** Bytes that a job can come to hold, all its sequences together. */
    long most(Job job) {
        return job.sequences() * bytes(job.maxLength(), cache, maxBatchRows);
    }

    /** Whether a job can begin, or go on, beside those that run. */
    boolean fits(Job job, List<Sequence> running) {
        long bytes = 0;
        for (Sequence s : running) {
            bytes += count(s) * begun(s.tokens, s.job);
        }
        for (Job.Suspended s : job.toRun()) {
            int copies = s.tokens().generated() == 0 ? job.sequences() : 1;
            bytes += copies * begun(s.tokens(), job);
        }
        return bytes <= cache.budgetBytes();
    }

    private long begun(TokenHistory tokens, Job job) {
        int length = Math.min(tokens.size() + HEADROOM_TOKENS, job.maxLength());
        return bytes(length, cache, maxBatchRows);
    }

    /** Whether the next step has the blocks that it may need. */
    boolean enough(List<Sequence> running) {
        long bytes = 0;
        for (int i = 0; i < running.size(); i++) {
            Sequence s = running.get(i);
            int rows = s.pending() == 1 ? 1 + guesses : Math.min(s.pending(), maxBatchRows);
            int end = s.job.atOnce() ? s.tokens.size() : Math.min(s.computed() + rows, s.job.maxLength());
            bytes += count(s) * s.bytesAt(end);
        }
        return bytes <= cache.budgetBytes();
    }

    /** Sequences that one stands for: before the first token, all that it will fork into. */
    static int count(Sequence sequence) {
        return sequence.tokens.generated() == 0 ? sequence.job.sequences() : 1;
    }
}
