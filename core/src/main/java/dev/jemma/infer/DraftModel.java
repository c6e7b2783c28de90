package dev.jemma.infer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.model.InferenceOps;
import dev.jemma.model.KvCache;
import dev.jemma.model.Probe;
import dev.jemma.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Guesses with a smaller model. It follows the sequences of the engine in a KV cache of its own, all of them in one
 * batch, and chooses with the same options and random numbers as the engine will, so that alike distributions give the
 * same tokens. A prompt is caught up with chunk by chunk; until then its sequence goes on without guesses.
 */
final class DraftModel implements Proposer {
    /** A sequence as the draft model knows it: confirmed tokens, then its own guesses. */
    private static final class Follower {
        final Sequence own;
        final Pace pace;
        final long bytes;
        int confirmed; // tokens that are the sequence's own
        boolean lost; // a token came that the draft model does not know

        Follower(Sequence own, Pace pace, long bytes) {
            this.own = own;
            this.pace = pace;
            this.bytes = bytes;
        }
    }

    /** A guess in the making: of which sequence, at most how many tokens, and those that are there. */
    private record Guess(int index, GenerationJob job, Follower follower, int most, List<Integer> tokens) {}

    private final Gemma gemma;
    private final KvCache cache;
    private final InferenceOps ops;
    private final PrefixCache prefixes;
    private final Kernels kernels;
    private final Workers workers;
    private final Sampler sampler;
    private final int tokens;
    private final int contextLength;
    private final int maxBatchRows;
    private final Map<Sequence, Follower> followers = new HashMap<>();
    private long reservedBytes;

    /**
     * @param vocabularySize ids that may be guessed
     * @param options limits of the draft model: its context and memory
     * @param maxBatchRows most rows of one pass
     * @param tokens most tokens of a guess
     */
    DraftModel(
            Gemma gemma,
            int vocabularySize,
            Kernels kernels,
            Workers workers,
            Precision precision,
            EngineOptions options,
            int maxBatchRows,
            int tokens) {
        this.gemma = gemma;
        this.kernels = kernels;
        this.workers = workers;
        this.tokens = tokens;
        this.maxBatchRows = maxBatchRows;
        contextLength = options.contextLength();
        cache = new KvCache(gemma.config(), options.kvType(), options.kvBudgetBytes());
        ops = new InferenceOps(gemma.config(), kernels, workers, precision, cache);
        prefixes = new PrefixCache(cache, options.prefixCache());
        sampler = new Sampler(Math.min(vocabularySize, gemma.config().vocabularySize()));
    }

    @Override
    public List<int[]> propose(List<Sequence> sequences, int[] limits) {
        List<int[]> proposed = new ArrayList<>(Collections.nCopies(limits.length, NOTHING));
        List<Guess> guesses = new ArrayList<>();
        for (int i = 0; i < limits.length; i++) {
            Sequence sequence = sequences.get(i);
            if (limits[i] > 0 && sequence.job instanceof GenerationJob job) {
                int index = i;
                follower(sequence).ifPresent(follower -> {
                    int most = Math.min(limits[index], follower.pace.next());
                    if (most > 0 && catchUp(follower, sequence.tokens)) {
                        guesses.add(new Guess(index, job, follower, most, new ArrayList<>(most)));
                    }
                });
            }
        }
        guess(guesses);
        for (Guess guess : guesses) {
            proposed.set(
                    guess.index,
                    guess.tokens.stream().mapToInt(Integer::intValue).toArray());
        }
        return proposed;
    }

    /** Who follows a sequence, if memory and context of the draft model allow. */
    private Optional<Follower> follower(Sequence sequence) {
        Follower known = followers.get(sequence);
        if (known != null) {
            return Optional.of(known);
        }
        long bytes = KvMemory.bytes(sequence.job.maxLength(), cache, maxBatchRows);
        if (reservedBytes + bytes > cache.budgetBytes() || sequence.job.maxLength() > contextLength) {
            return Optional.empty();
        }
        reservedBytes += bytes;
        TokenHistory history = new TokenHistory(sequence.job.prompt());
        Sequence own = new Sequence(sequence.job, sequence.sample, history, cache, prefixes);
        PrefixCache.Node[] cached = prefixes.match(sequence.job, sequence.job.prompt(), sequence.job.firstWanted());
        if (cached.length > 0) {
            own.adopt(cached);
        }
        Follower follower = new Follower(own, new Pace(tokens), bytes);
        followers.put(sequence, follower);
        return Optional.of(follower);
    }

    /** Takes back guesses that were wrong and adds the tokens chosen instead; false if one of them is unknown. */
    private boolean catchUp(Follower follower, TokenHistory chosen) {
        TokenHistory mine = follower.own.tokens;
        int same = follower.confirmed;
        while (same < Math.min(mine.size(), chosen.size()) && mine.id(same) == chosen.id(same)) {
            same++;
        }
        mine.truncate(same);
        for (int i = mine.size(); i < chosen.size(); i++) {
            mine.add(chosen.id(i));
        }
        for (int i = follower.confirmed; i < chosen.size(); i++) {
            follower.lost |= chosen.id(i) >= gemma.config().vocabularySize();
        }
        follower.confirmed = chosen.size();
        follower.own.rewind(Math.min(same, chosen.size() - 1)); // at least the last row is computed anew
        return !follower.lost;
    }

    /** Lets all guesses grow together, a token a pass. */
    private void guess(List<Guess> guesses) {
        List<Guess> growing = firstPass(guesses);
        while (!growing.isEmpty()) {
            List<Slice> slices = new ArrayList<>(growing.size());
            for (Guess guess : growing) {
                slices.add(new Slice(guess.follower.own, slices.size(), 1, NOTHING));
            }
            Tensor hidden = forward(slices);
            growing = grow(growing, slices, hidden);
        }
    }

    /** Computes what each sequence has that is new here, as far as a batch holds it; those that are whole grow. */
    private List<Guess> firstPass(List<Guess> guesses) {
        List<Guess> whole = new ArrayList<>(guesses.size());
        List<Guess> behind = new ArrayList<>();
        List<Slice> slices = new ArrayList<>(guesses.size());
        int rows = 0;
        for (Guess guess : guesses) {
            int pending = guess.follower.own.pending();
            if (pending > maxBatchRows - rows) {
                behind.add(guess);
            } else {
                whole.add(guess);
                slices.add(new Slice(guess.follower.own, rows, pending, NOTHING));
                rows += pending;
            }
        }
        for (Guess guess : behind) {
            int part = Math.min(guess.follower.own.pending(), maxBatchRows - rows);
            if (part > 0) {
                slices.add(new Slice(guess.follower.own, rows, part, NOTHING));
                rows += part;
            }
        }
        if (slices.isEmpty()) {
            return List.of();
        }
        Tensor hidden = forward(slices);
        slices.forEach(slice -> slice.sequence.settle()); // only confirmed tokens so far
        return whole.isEmpty() ? List.of() : grow(whole, slices, hidden);
    }

    private Tensor forward(List<Slice> slices) {
        Tensor hidden = gemma.hidden(ops.begin(Slice.batch(slices, cache), Probe.NONE)); // [T, d]
        slices.forEach(slice -> slice.sequence.extend(slice.rows));
        return hidden;
    }

    /** Adds a token to each guess, whose slices come first and in order; returns those that take more. */
    private List<Guess> grow(List<Guess> guesses, List<Slice> slices, Tensor hidden) {
        int[] rows = new int[guesses.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = slices.get(i).firstRow + slices.get(i).rows - 1;
        }
        Tensor logits = gemma.logits(ops, ops.rows(hidden, rows)); // [guesses, V]
        sampler.begin(kernels, workers, logits);
        List<Guess> more = new ArrayList<>(guesses.size());
        for (int i = 0; i < rows.length; i++) {
            Guess guess = guesses.get(i);
            Sequence own = guess.follower.own;
            int id;
            try {
                id = guess.job.choose(own.tokens, own.sample, sampler, i);
            } catch (IllegalArgumentException e) {
                continue; // the options leave no token that this model knows
            }
            own.tokens.add(id);
            guess.tokens.add(id);
            if (guess.tokens.size() < guess.most && !guess.job.endsWith(id)) {
                more.add(guess);
            }
        }
        return more;
    }

    @Override
    public void learn(Sequence sequence, int proposed, int accepted) {
        Follower follower = followers.get(sequence);
        if (follower != null) {
            follower.pace.learn(proposed, accepted);
        }
    }

    @Override
    public void forget(Sequence sequence) {
        Follower follower = followers.remove(sequence);
        if (follower != null) {
            follower.own.release();
            reservedBytes -= follower.bytes;
        }
    }

    @Override
    public void close() {
        ops.close();
        cache.close();
    }
}
