package dev.jemma.infer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.Span;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Batch;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.model.Gemma;
import dev.jemma.model.InferenceOps;
import dev.jemma.model.KvCache;
import dev.jemma.model.Probe;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Continuous batching: each {@link #step} takes one row of every decoding sequence and as many rows of waiting prompts
 * as fit, runs them through the model as one ragged batch, and hands each job the rows it wants. A request is admitted
 * only when the blocks that it can ever need fit the budget, so nothing has to be thrown out half-way. Runs on the
 * engine's thread alone.
 */
final class Scheduler implements AutoCloseable {
    /** Rows of logits at a time: enough to read the vocabulary once for many rows, few enough to stay small. */
    private static final int LOGIT_ROWS = 32;

    private record Slice(Sequence sequence, int firstRow, int rows) {}

    private final Gemma gemma;
    private final EmbeddingHead head;
    private final Kernels kernels;
    private final Workers workers;
    private final EngineOptions options;
    private final KvCache cache;
    private final InferenceOps ops;
    private final PrefixCache prefixes;
    private final Sampler sampler;
    private final Deque<Job> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private Arena wantedArena = Arena.ofShared();
    private Tensor wanted; // hidden states kept while logits are computed piece by piece: [n, d]
    private long reservedBytes;
    private Probe probe = Probe.NONE;

    Scheduler(
            Gemma gemma,
            EmbeddingHead head,
            int vocabularySize,
            Kernels kernels,
            Workers workers,
            KvCache cache,
            InferenceOps ops,
            EngineOptions options) {
        this.gemma = gemma;
        this.head = head;
        this.kernels = kernels;
        this.workers = workers;
        this.options = options;
        this.cache = cache;
        this.ops = ops;
        prefixes =
                new PrefixCache(cache, options.prefixCache() && !gemma.config().embedsText());
        sampler = new Sampler(vocabularySize);
        wanted = Tensor.allocate(wantedArena, LOGIT_ROWS, gemma.config().hiddenSize());
    }

    void submit(Job job) {
        waiting.add(job);
    }

    void probe(Probe watcher) {
        probe = watcher;
    }

    boolean idle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    /** Bytes of blocks that a job can come to hold; each group keeps at most its window and one chunk. */
    long bytesNeeded(Job job) {
        long bytes = 0;
        for (int g = 0; g < cache.groups(); g++) {
            int blocks = Math.ceilDiv(job.maxLength(), KvBlocks.TOKENS);
            if (cache.window(g) > 0) {
                long kept = Math.ceilDiv((long) cache.window(g) + options.maxBatchRows(), KvBlocks.TOKENS) + 1L;
                blocks = (int) Math.min(blocks, kept);
            }
            bytes += blocks * cache.pool(g).blockBytes() * job.sequences();
        }
        return bytes;
    }

    /** One forward pass; does nothing when idle. */
    void step() {
        dropCancelled();
        admit();
        List<Slice> slices = plan();
        if (slices.isEmpty()) {
            return;
        }
        Batch batch = batch(slices);
        Tensor hidden = gemma.hidden(ops.begin(batch, probe)); // [T, d]
        for (Slice slice : slices) {
            if (slice.sequence.job instanceof EmbeddingJob job) {
                job.complete(head.embed(ops, hidden.slice(slice.firstRow, slice.firstRow + slice.rows)));
            }
        }
        handOutLogits(slices, hidden);
    }

    private void dropCancelled() {
        waiting.removeIf(job -> {
            if (job.isCancelled()) {
                job.cancelled(new EngineException("the request was cancelled"));
            }
            return job.isCancelled();
        });
        for (Sequence sequence : List.copyOf(running)) {
            if (sequence.job.isCancelled()) {
                stop(sequence.job, new EngineException("the request was cancelled"));
            }
        }
    }

    private void admit() {
        int sequences = running.stream()
                .mapToInt(s -> s.sample == 0 ? s.job.sequences() : 0)
                .sum();
        while (!waiting.isEmpty()) {
            Job job = waiting.peek();
            long bytes = bytesNeeded(job);
            boolean fits = reservedBytes + bytes <= cache.budgetBytes()
                    && sequences + job.sequences() <= options.maxSequences();
            if (!fits && !running.isEmpty()) {
                return; // in order of arrival: a long request is not overtaken for ever by short ones
            }
            waiting.remove();
            reservedBytes += bytes;
            sequences += job.sequences();
            Sequence sequence = new Sequence(job, 0, new TokenHistory(job.prompt()), cache, prefixes);
            PrefixCache.Node[] cached = prefixes.match(job.prompt(), job.firstWanted());
            if (cached.length > 0) {
                sequence.adopt(cached);
            }
            running.add(sequence);
        }
    }

    private List<Slice> plan() {
        List<Slice> slices = new ArrayList<>();
        int rows = 0;
        for (Sequence s : running) {
            if (s.pending() == 1) { // decoding, or the last token of a prompt
                slices.add(new Slice(s, rows, 1));
                rows++;
            }
        }
        for (Sequence s : running) {
            int pending = s.pending();
            int room = s.job.atOnce() && rows == 0 ? pending : options.maxBatchRows() - rows;
            int take = s.job.atOnce() && pending > room ? 0 : Math.min(pending, room);
            if (pending > 1 && take > 0) {
                slices.add(new Slice(s, rows, take));
                rows += take;
            }
        }
        return slices;
    }

    private Batch batch(List<Slice> slices) {
        Slice last = slices.getLast();
        int total = last.firstRow + last.rows;
        int[] tokens = new int[total];
        int[] positions = new int[total];
        for (Slice s : slices) {
            s.sequence.reserve(s.sequence.computed() + s.rows);
            for (int i = 0; i < s.rows; i++) {
                positions[s.firstRow + i] = s.sequence.computed() + i;
                tokens[s.firstRow + i] = s.sequence.tokens.id(s.sequence.computed() + i);
            }
        }
        List<List<Span>> spans = new ArrayList<>();
        for (int g = 0; g < cache.groups(); g++) {
            List<Span> ofGroup = new ArrayList<>(slices.size());
            for (Slice s : slices) {
                ofGroup.add(s.sequence.span(g, s.firstRow, s.rows));
            }
            spans.add(ofGroup);
        }
        return new Batch(tokens, positions, spans);
    }

    /** The rows whose logits are wanted, and whose they are. */
    private record Wanted(int[] rows, int[] positions, Sequence[] sequences, boolean logSumExp) {}

    private void handOutLogits(List<Slice> slices, Tensor hidden) {
        Wanted want = wanted(slices);
        int n = want.rows.length;
        keep(hidden, want.rows);
        for (Slice s : slices) {
            s.sequence.advance(s.rows);
        }
        for (int from = 0; from < n; from += LOGIT_ROWS) {
            int to = Math.min(n, from + LOGIT_ROWS);
            ops.beginLayer(0); // the pieces take turns in the scratch memory
            Tensor logits = gemma.logits(ops, wanted.slice(from, to)); // [to − from, V]
            ops.mark("logits", logits);
            double[] logSumExp = new double[to - from];
            if (want.logSumExp) {
                kernels.logSumExp(workers, logits, logSumExp);
            }
            Job.Logits piece = new Job.Logits(logits, logSumExp);
            int first = from;
            workers.run(to - from, (i, _) -> { // looking for the best of a vocabulary takes its time
                if (want.sequences[first + i].job instanceof ScoreJob job) {
                    job.accept(want.positions[first + i], piece, i);
                }
            });
            for (int i = from; i < to; i++) {
                if (want.sequences[i].job instanceof GenerationJob job) {
                    generate(job, want.sequences[i], piece, i - from);
                }
            }
        }
        for (Slice s : slices) {
            switch (s.sequence.job) {
                case ScoreJob job
                when s.sequence.pending() == 0 -> {
                    job.complete();
                    end(s.sequence);
                }
                case EmbeddingJob _ -> end(s.sequence);
                default -> {}
            }
        }
    }

    private Wanted wanted(List<Slice> slices) {
        int total = slices.getLast().firstRow + slices.getLast().rows;
        int[] rows = new int[total];
        int[] positions = new int[total];
        Sequence[] sequences = new Sequence[total];
        int n = 0;
        boolean logSumExp = false;
        for (Slice s : slices) {
            Job job = s.sequence.job;
            if (job instanceof EmbeddingJob) {
                continue;
            }
            logSumExp |= job instanceof ScoreJob || (job instanceof GenerationJob g && g.needsLogSumExp());
            int end = s.sequence.computed() + s.rows;
            // the last position of a scored text predicts nothing that was asked for
            int last = job instanceof ScoreJob ? Math.min(end, job.maxLength() - 1) : end;
            for (int p = Math.max(s.sequence.computed(), job.firstWanted()); p < last; p++) {
                rows[n] = s.firstRow + p - s.sequence.computed();
                positions[n] = p;
                sequences[n++] = s.sequence;
            }
        }
        return new Wanted(Arrays.copyOf(rows, n), Arrays.copyOf(positions, n), Arrays.copyOf(sequences, n), logSumExp);
    }

    /** Copies hidden rows out of the scratch memory. */
    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    private void keep(Tensor hidden, int[] rows) {
        if (rows.length > wanted.rows()) {
            wantedArena.close();
            wantedArena = Arena.ofShared();
            wanted = Tensor.allocate(wantedArena, rows.length, hidden.cols());
        }
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(
                    hidden.data(), hidden.offset(rows[i], 0), wanted.data(), wanted.offset(i, 0), 4L * hidden.cols());
        }
    }

    private void generate(GenerationJob job, Sequence sequence, Job.Logits logits, int row) {
        boolean first = sequence.tokens.generated() == 0;
        List<Sequence> all = new ArrayList<>(List.of(sequence));
        for (int sample = 1; first && sample < job.sequences(); sample++) {
            Sequence fork = sequence.fork(sample);
            running.add(fork);
            all.add(fork);
        }
        try {
            for (Sequence s : all) {
                if (!job.accept(s, sampler, logits, row)) {
                    end(s);
                }
            }
        } catch (RuntimeException e) { // a listener or an impossible option: this request's trouble only
            job.future().completeExceptionally(e);
            stop(job, new EngineException("the request failed", e));
        }
    }

    /** A sequence is done: its blocks go back, its job's reservation with the last one. */
    private void end(Sequence sequence) {
        if (!running.remove(sequence)) {
            return;
        }
        sequence.release();
        if (running.stream().noneMatch(s -> s.job == sequence.job)) {
            reservedBytes -= bytesNeeded(sequence.job);
        }
    }

    private void stop(Job job, EngineException reason) {
        for (Sequence s : List.copyOf(running)) {
            if (s.job == job) {
                if (job instanceof GenerationJob g) {
                    g.cut(s);
                }
                end(s);
            }
        }
        job.cancelled(reason);
    }

    /** Ends everything: what runs and what waits. */
    void stopAll(EngineException reason) {
        for (Sequence s : List.copyOf(running)) {
            stop(s.job, reason);
        }
        for (Iterator<Job> it = waiting.iterator(); it.hasNext(); it.remove()) {
            it.next().cancelled(reason);
        }
    }

    @Override
    public void close() {
        wantedArena.close();
    }
}
