package dev.jemma.infer;

import dev.jemma.kernel.Kernels;
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
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Continuous batching: each {@link #step} takes one row of every decoding sequence and as many rows of waiting prompts
 * as fit, runs them through the model as one ragged batch, and hands each job the rows it wants. A request is admitted
 * only when the blocks that it can ever need fit the budget, so nothing has to be thrown out half-way. Runs on the
 * engine's thread alone.
 */
final class Scheduler implements AutoCloseable {
    /** Rows of logits at a time: enough to read the vocabulary once for many rows, few enough to stay small. */
    private static final int LOGIT_ROWS = 32;
    /** Rows of a batch up to which guesses ride along: where reading the weights no longer is what takes the time. */
    private static final int GUESSING_ROWS = LOGIT_ROWS;

    private final Gemma gemma;
    private final EmbeddingHead head;
    private final Kernels kernels;
    private final Workers workers;
    private final EngineOptions options;
    private final KvCache cache;
    private final InferenceOps ops;
    private final PrefixCache prefixes;
    private final Sampler sampler;
    private final Optional<Proposer> proposer;
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
            Optional<Proposer> proposer,
            EngineOptions options) {
        this.gemma = gemma;
        this.head = head;
        this.kernels = kernels;
        this.workers = workers;
        this.options = options;
        this.cache = cache;
        this.ops = ops;
        this.proposer = proposer;
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

    /** Bytes of blocks that a job can come to hold, all its sequences together. */
    long bytesNeeded(Job job) {
        return job.sequences() * Sequence.bytesNeeded(job, cache, options.maxBatchRows());
    }

    /** One forward pass; does nothing when idle. */
    void step() {
        dropCancelled();
        admit();
        List<Slice> slices = plan();
        if (slices.isEmpty()) {
            return;
        }
        Batch batch = Slice.batch(slices, cache);
        Tensor hidden = gemma.hidden(ops.begin(batch, probe)); // [T, d]
        for (Slice slice : slices) {
            if (slice.sequence.job instanceof EmbeddingJob job) {
                job.complete(head.embed(ops, hidden.slice(slice.firstRow, slice.firstRow + slice.rows)));
            }
        }
        handOutLogits(slices, hidden);
    }

    private boolean anyCancelled() {
        for (int i = 0; i < running.size(); i++) {
            if (running.get(i).job.isCancelled()) {
                return true;
            }
        }
        return !waiting.isEmpty();
    }

    private void dropCancelled() {
        if (!anyCancelled()) {
            return;
        }
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
        if (waiting.isEmpty()) {
            return;
        }
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
            PrefixCache.Node[] cached = prefixes.match(job.adapter(), job.prompt(), job.firstWanted());
            if (cached.length > 0) {
                sequence.adopt(cached);
            }
            running.add(sequence);
        }
    }

    private List<Slice> plan() {
        List<Slice> slices = new ArrayList<>();
        int rows = 0;
        // decoding, or the last token of a prompt
        List<Sequence> single = new ArrayList<>(running.size());
        for (Sequence s : running) {
            if (s.pending() == 1) {
                single.add(s);
            }
        }
        List<int[]> guesses = guesses(single);
        for (Sequence s : single) {
            Slice slice = new Slice(s, rows, 1, guesses.get(slices.size()));
            slices.add(slice);
            rows += slice.rows;
        }
        for (Sequence s : running) {
            int pending = s.pending();
            int room = s.job.atOnce() && rows == 0 ? pending : options.maxBatchRows() - rows;
            int take = s.job.atOnce() && pending > room ? 0 : Math.min(pending, room);
            if (pending > 1 && take > 0) {
                slices.add(new Slice(s, rows, take, Proposer.NOTHING));
                rows += take;
            }
        }
        return slices;
    }

    /** What follows each of these sequences, one way or the other; often nothing. */
    private List<int[]> guesses(List<Sequence> sequences) {
        int room = Math.min(GUESSING_ROWS, options.maxBatchRows()) - sequences.size();
        if (proposer.isEmpty() || sequences.isEmpty() || room <= 0) {
            return Collections.nCopies(sequences.size(), Proposer.NOTHING);
        }
        int[] limits = new int[sequences.size()];
        int share = Math.min(options.speculation().tokens(), Math.ceilDiv(room, limits.length));
        for (int i = 0; i < limits.length; i++) {
            if (sequences.get(i).job instanceof GenerationJob job) {
                limits[i] = Math.clamp(job.guessable(sequences.get(i)), 0, share);
            }
        }
        List<int[]> guesses = new ArrayList<>(limits.length);
        List<int[]> proposed = proposer.get().propose(sequences, limits);
        for (int i = 0; i < limits.length; i++) {
            int[] guess = sequences.get(i).job instanceof GenerationJob job
                    ? job.allowed(sequences.get(i), proposed.get(i))
                    : proposed.get(i);
            guesses.add(guess.length <= room ? guess : Arrays.copyOf(guess, room));
            room -= guesses.getLast().length;
        }
        return guesses;
    }

    /** The rows whose logits are wanted, and whose they are. */
    private record Wanted(int[] rows, int[] positions, Slice[] slices, boolean logSumExp, boolean samples) {}

    private void handOutLogits(List<Slice> slices, Tensor hidden) {
        Wanted want = wanted(slices);
        int n = want.rows.length;
        keep(hidden, want.rows);
        for (Slice s : slices) {
            s.sequence.advance(s.rows - s.guessed());
            if (proposer.isPresent() && s.sequence.job instanceof GenerationJob job && s.sequence.pending() == 0) {
                job.guessed(s.guessed());
            }
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
                if (want.slices[first + i].sequence.job instanceof ScoreJob job) {
                    job.accept(want.positions[first + i], piece, i);
                }
            });
            if (want.samples) {
                sampler.begin(kernels, workers, logits);
            }
            for (int i = from; i < to; i++) {
                Slice s = want.slices[i];
                if (s.sequence.job instanceof GenerationJob job && holds(s.sequence, want.positions[i])) {
                    generate(job, s, piece, i - from);
                }
            }
        }
        proposer.ifPresent(p -> learn(p, slices));
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
        Slice[] whose = new Slice[total];
        int n = 0;
        boolean logSumExp = false;
        boolean samples = false;
        for (Slice s : slices) {
            Job job = s.sequence.job;
            if (job instanceof EmbeddingJob) {
                continue;
            }
            logSumExp |= job instanceof ScoreJob || (job instanceof GenerationJob g && g.needsLogSumExp());
            samples |= job instanceof GenerationJob;
            int end = s.sequence.computed() + s.rows;
            // the last position of a scored text predicts nothing that was asked for
            int last = job instanceof ScoreJob ? Math.min(end, job.maxLength() - 1) : end;
            for (int p = Math.max(s.sequence.computed(), job.firstWanted()); p < last; p++) {
                rows[n] = s.firstRow + p - s.sequence.computed();
                positions[n] = p;
                whose[n++] = s;
            }
        }
        return new Wanted(
                Arrays.copyOf(rows, n), Arrays.copyOf(positions, n), Arrays.copyOf(whose, n), logSumExp, samples);
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

    /** Whether the row of a position is that of the sequence's last token: not behind a wrong guess, nor an end. */
    private static boolean holds(Sequence sequence, int position) {
        return position < sequence.computed() && !sequence.ended() && !sequence.job.isCancelled();
    }

    private static void learn(Proposer proposer, List<Slice> slices) {
        for (Slice s : slices) {
            if (s.guessed() > 0 && !s.sequence.ended()) {
                proposer.learn(s.sequence, s.guessed(), s.accepted());
            }
        }
    }

    private void generate(GenerationJob job, Slice slice, Job.Logits logits, int row) {
        Sequence sequence = slice.sequence;
        boolean first = sequence.tokens.generated() == 0;
        List<Sequence> all = new ArrayList<>(List.of(sequence));
        for (int sample = 1; first && sample < job.sequences(); sample++) {
            Sequence fork = sequence.fork(sample);
            running.add(fork);
            all.add(fork);
        }
        try {
            for (Sequence s : all) {
                int id = job.choose(s.tokens, s.sample, sampler, row);
                s.tokens.add(id);
                if (slice.confirms(id)) { // only the first token forks, and nothing is guessed then
                    s.advance(1);
                    job.confirmed();
                }
                if (!job.accept(s, id, logits, row)) {
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
        proposer.ifPresent(p -> p.forget(sequence));
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
        proposer.ifPresent(Proposer::close);
    }
}
