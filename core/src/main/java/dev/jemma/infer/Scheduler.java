package dev.jemma.infer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
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
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Continuous batching: each {@link #step} takes one row of every decoding sequence and as many rows of waiting prompts
 * as fit, runs them through the model as one ragged batch, and hands each job the rows it wants. A request is admitted
 * when what it holds now fits the budget beside the others. If sequences outgrow the budget, the youngest request gives
 * its memory back and is computed again later, with the same outcome; the oldest never does, so all come to their end.
 * Runs on the engine's thread alone, but for the counters.
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
    private final Screening screening;
    private final Deque<Job> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private Arena wantedArena = Arena.ofShared();
    private Tensor wanted; // hidden states kept while logits are computed piece by piece: [n, d]
    private final KvMemory memory;
    private final AtomicInteger waitingCount = new AtomicInteger();
    private volatile EngineStats stats;
    private long arrivals;
    private long promptTokens;
    private long cachedTokens;
    private long generatedTokens;
    private long screenedTokens;
    private long preemptions;
    private long steps;
    private Probe probe = Probe.NONE;
    private final Journal journal = Journal.open();

    Scheduler(
            Gemma gemma,
            EmbeddingHead head,
            int vocabularySize,
            Kernels kernels,
            Workers workers,
            KvCache cache,
            InferenceOps ops,
            Optional<Proposer> proposer,
            Screening screening,
            EngineOptions options) {
        this.gemma = gemma;
        this.head = head;
        this.kernels = kernels;
        this.workers = workers;
        this.options = options;
        this.cache = cache;
        this.ops = ops;
        this.proposer = proposer;
        this.screening = screening;
        prefixes =
                new PrefixCache(cache, options.prefixCache() && !gemma.config().embedsText());
        sampler = new Sampler(vocabularySize);
        wanted = Tensor.allocate(wantedArena, LOGIT_ROWS, gemma.config().hiddenSize());
        memory = new KvMemory(
                cache, options.maxBatchRows(), options.speculation().tokens());
        stats = snapshot();
    }

    void submit(Job job) {
        job.arrive(arrivals++);
        waiting.add(job);
    }

    /** A job is about to be submitted; any thread may say so. */
    void announce() {
        waitingCount.incrementAndGet();
    }

    /** An announced job will not come. */
    void renounce() {
        waitingCount.decrementAndGet();
    }

    /** Jobs announced or waiting; any thread may ask. */
    int waiting() {
        return waitingCount.get();
    }

    /** Counts as of the last step; any thread may ask. */
    EngineStats stats() {
        return stats;
    }

    void forget(Adapter adapter) {
        prefixes.forget(adapter);
    }

    private EngineStats snapshot() {
        int held = 0;
        for (int i = 0; i < running.size(); i++) {
            held += running.get(i).blocksHeld();
        }
        return new EngineStats(
                waitingCount.get(),
                running.size(),
                held,
                prefixes.size(),
                cache.bytesUsed(),
                cache.budgetBytes(),
                promptTokens,
                cachedTokens,
                generatedTokens,
                screenedTokens,
                preemptions,
                steps);
    }

    void probe(Probe watcher) {
        probe = watcher;
    }

    boolean idle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    /** Bytes of blocks that a job can come to hold, all its sequences together. */
    long mostBytes(Job job) {
        return memory.most(job);
    }

    /** One forward pass; does nothing when idle. */
    void step() {
        journal.begin();
        long promptsBefore = promptTokens;
        long preemptionsBefore = preemptions;
        dropCancelled();
        admit();
        makeRoom();
        List<Slice> slices = plan();
        if (!slices.isEmpty()) {
            forward(slices);
            steps++;
        }
        stats = snapshot();
        journal.step(slices, (int) (promptTokens - promptsBefore), (int) (preemptions - preemptionsBefore), stats);
    }

    private void forward(List<Slice> slices) {
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
        for (Iterator<Job> it = waiting.iterator(); it.hasNext(); ) {
            Job job = it.next();
            if (job.isCancelled()) {
                it.remove();
                drop(job, new EngineException("the request was cancelled"));
            }
        }
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
        int sequences = 0;
        for (Sequence s : running) {
            sequences += KvMemory.count(s);
        }
        while (!waiting.isEmpty()) {
            Job job = waiting.peek();
            boolean fits = sequences + job.sequences() <= options.maxSequences() && memory.fits(job, running);
            if (!fits && !running.isEmpty()) {
                return; // in order of arrival: a long request is not overtaken for ever by short ones
            }
            waiting.remove();
            waitingCount.decrementAndGet();
            sequences += job.sequences();
            job.toRun().forEach(suspended -> start(job, suspended));
        }
    }

    private void start(Job job, Job.Suspended suspended) {
        job.started();
        TokenHistory tokens = suspended.tokens();
        Sequence sequence = new Sequence(job, suspended.sample(), tokens, cache, prefixes);
        int limit = tokens.generated() == 0 ? job.firstWanted() : tokens.size() - 1;
        PrefixCache.Node[] cached = prefixes.match(job, tokens.ids(), limit);
        if (cached.length > 0) {
            sequence.adopt(cached);
        }
        if (tokens.generated() == 0) {
            job.cached(sequence.computed());
            cachedTokens += sequence.computed();
        }
        running.add(sequence);
    }

    /** Preempts the youngest requests until the next step has the blocks that it may need. */
    private void makeRoom() {
        while (running.size() > 1 && !memory.enough(running)) {
            Job youngest = running.getFirst().job;
            boolean several = false;
            for (Sequence s : running) {
                several |= s.job != youngest;
                youngest = s.job.arrival() > youngest.arrival() ? s.job : youngest;
            }
            if (!several) {
                return; // one request alone fits: that was asked when it came
            }
            preempt(youngest);
        }
    }

    private void preempt(Job job) {
        List<Job.Suspended> suspended = new ArrayList<>();
        for (Sequence s : List.copyOf(running)) {
            if (s.job == job) {
                suspended.add(new Job.Suspended(s.sample, s.tokens));
                end(s);
            }
        }
        job.suspend(suspended);
        waiting.addFirst(job);
        waitingCount.incrementAndGet();
        preemptions++;
    }

    private List<Slice> plan() {
        List<Slice> slices = new ArrayList<>();
        int rows = 0;
        // decoding, or the last token of a prompt
        List<Sequence> single = new ArrayList<>(running.size());
        List<Sequence> prompts = new ArrayList<>();
        for (Sequence s : running) {
            (s.pending() == 1 ? single : prompts).add(s);
        }
        List<int[]> guesses = guesses(single);
        for (Sequence s : single) {
            Slice slice = new Slice(s, rows, 1, guesses.get(slices.size()));
            slices.add(slice);
            rows += slice.rows;
        }
        if (prompts.isEmpty()) {
            return slices;
        }
        int room = options.maxBatchRows() - rows;
        int[] takes = prompts.getFirst().job.atOnce()
                ? PromptShares.whole(prompts, room, rows == 0)
                : PromptShares.share(prompts, rows == 0 ? room : Math.min(room, EngineOptions.PROMPT_ROWS_BESIDE));
        for (int i = 0; i < takes.length; i++) {
            if (takes[i] > 0) {
                slices.add(new Slice(prompts.get(i), rows, takes[i], Proposer.NOTHING));
                rows += takes[i];
                promptTokens += takes[i];
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
    private record Wanted(int[] rows, int[] positions, Slice[] slices, boolean logSumExp, boolean samples) {
        /** Which logits of the only row decide; empty if there are more rows, or all logits count. */
        Optional<LogitChoice> choice() {
            try {
                return rows.length == 1 && slices[0].sequence.job instanceof GenerationJob job
                        ? job.choice(slices[0].sequence)
                        : Optional.empty();
            } catch (RuntimeException _) { // choosing meets the same, and ends this request alone
                return Optional.empty();
            }
        }
    }

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
        Optional<LogitChoice> choice = probe.equals(Probe.NONE) ? want.choice() : Optional.empty();
        if (choice.isPresent() && screening.begin(wanted.slice(0, 1), ops, choice.get(), sampler)) {
            screenedTokens++;
            generate(want, 0, 1, Job.Logits.NONE);
        } else {
            for (int from = 0; from < n; from += LOGIT_ROWS) {
                handOutLogits(want, from, Math.min(n, from + LOGIT_ROWS));
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

    private void handOutLogits(Wanted want, int from, int to) {
        ops.beginLayer(0); // the pieces take turns in the scratch memory
        Tensor logits = gemma.logits(ops, wanted.slice(from, to)); // [to − from, V]
        ops.mark("logits", logits);
        double[] logSumExp = new double[to - from];
        if (want.logSumExp) {
            kernels.logSumExp(workers, logits, logSumExp);
        }
        Job.Logits piece = new Job.Logits(logits, logSumExp);
        workers.run(to - from, (i, _) -> { // looking for the best of a vocabulary takes its time
            if (want.slices[from + i].sequence.job instanceof ScoreJob job) {
                job.accept(want.positions[from + i], piece, i);
            }
        });
        if (want.samples) {
            sampler.begin(kernels, workers, logits);
        }
        generate(want, from, to, piece);
    }

    /** Tokens for the rows {@code from} … {@code to} − 1, which the sampler has. */
    private void generate(Wanted want, int from, int to, Job.Logits piece) {
        for (int i = from; i < to; i++) {
            Slice s = want.slices[i];
            if (s.sequence.job instanceof GenerationJob job && holds(s.sequence, want.positions[i])) {
                generate(job, s, piece, i - from);
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
            // tokens that were generated before a preemption are computed again, but not chosen again
            int first = job instanceof GenerationJob ? s.sequence.tokens.size() - 1 : job.firstWanted();
            for (int p = Math.max(s.sequence.computed(), first); p < last; p++) {
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
        if (first) {
            job.firstToken();
        }
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
                generatedTokens++;
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

    /** A sequence is done, for now or for good: its blocks go back. */
    private void end(Sequence sequence) {
        if (!running.remove(sequence)) {
            return;
        }
        sequence.release();
        proposer.ifPresent(p -> p.forget(sequence));
        tell(sequence.job);
    }

    /** Told once a job: its last sequence ended, or it was stopped. */
    private void tell(Job job) {
        if (job.toTell()) {
            journal.request(job);
        }
    }

    private void stop(Job job, EngineException reason) {
        for (Sequence s : List.copyOf(running)) {
            if (s.job == job) {
                if (job instanceof GenerationJob g) {
                    g.cut(s.sample, s.tokens);
                }
                end(s);
            }
        }
        job.cancelled(reason);
        tell(job);
    }

    /** A waiting job ends; it may have begun before it was preempted. */
    private void drop(Job job, EngineException reason) {
        waitingCount.decrementAndGet();
        if (job instanceof GenerationJob g) {
            job.toRun().forEach(s -> g.cut(s.sample(), s.tokens()));
        }
        job.cancelled(reason);
        tell(job);
    }

    /** Ends everything: what runs and what waits. */
    void stopAll(EngineException reason) {
        for (Sequence s : List.copyOf(running)) {
            stop(s.job, reason);
        }
        for (Job job = waiting.poll(); job != null; job = waiting.poll()) {
            drop(job, reason);
        }
        stats = snapshot();
    }

    @Override
    public void close() {
        wantedArena.close();
        proposer.ifPresent(Proposer::close);
        screening.close();
    }
}
