package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenMask;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Chooses the next token from a row of logits. Holds scratch memory only: one instance serves all sequences of an
 * engine. Where the logits are taken as they are, only those pieces of a row are looked at whose largest can matter. A random number depends on nothing but (seed, sample, position) (DESIGN 5.9), so a request gets the same
 * tokens whoever shares its batch.
 */
final class Sampler {
    private static final Tensor NONE = new Tensor(MemorySegment.NULL, 0, 0);

    private final int vocabularySize;
    private final float[] logits;
    private final Candidates candidates;
    private final int pieces;
    private Tensor rows = NONE;
    private float[] maxima = new float[0]; // of each piece of the rows
    private int[] ids = new int[0]; // of the logits that can be chosen, where only those are known
    private float[] values = new float[0];
    private int count; // 0: all logits are known

    /** @param vocabularySize tokens that may be produced; rows beyond the tokenizer's vocabulary never are */
    Sampler(int vocabularySize) {
        this.vocabularySize = vocabularySize;
        logits = new float[vocabularySize];
        candidates = new Candidates(vocabularySize);
        pieces = Math.ceilDiv(vocabularySize, Kernels.PIECE);
    }

    /** The next samples are taken from these rows of logits, [n, V], while they hold still. */
    void begin(Kernels kernels, Workers workers, Tensor logits) {
        rows = logits;
        count = 0;
        if (maxima.length < logits.rows() * pieces) {
            maxima = new float[logits.rows() * pieces];
        }
        kernels.maxima(workers, logits, vocabularySize, maxima);
    }

    /**
     * The next samples are taken from a row of which only some logits are known, while they hold still: all that the
     * options, and the mask if there is one, can choose from, at least one, ids ascending.
     */
    void begin(int[] someIds, float[] logits, int n) {
        rows = NONE;
        ids = someIds;
        values = logits;
        count = n;
    }

    /**
     * @param row whose logits
     * @param history the sequence up to here
     * @param sample number of this continuation of its prompt
     */
    int sample(int row, SamplingOptions options, TokenHistory history, int sample) {
        if (options.plainLogits() && options.greedy()) {
            return argmax(row);
        }
        if (!fillWithLargest(row, options)) {
            MemorySegment.copy(rows.data(), ValueLayout.JAVA_FLOAT, rows.offset(row, 0), logits, 0, vocabularySize);
            return sample(options, history, sample);
        }
        narrow(options);
        return candidates.pick(uniform(options.seed(), sample, history.size()));
    }

    /** The same, of the tokens in a mask alone: as if the logits of all others were −∞ after everything else. */
    int sample(int row, SamplingOptions options, TokenHistory history, int sample, TokenMask mask) {
        float temperature = options.temperature() > 0 ? options.temperature() : 1;
        if (count > 0) { // of the mask alone
            if (options.greedy()) {
                return argmax(row);
            }
            candidates.fill(ids, values, count);
            candidates.temperature(temperature);
        } else if (options.plainLogits() && options.greedy()) {
            candidates.fillWithLargest(rows, row, vocabularySize, maxima, row * pieces, 1, 1, mask);
            return first();
        } else if (options.plainLogits() && options.topK() > 0) {
            int k = Math.min(options.topK(), vocabularySize);
            candidates.fillWithLargest(rows, row, vocabularySize, maxima, row * pieces, k, temperature, mask);
        } else {
            MemorySegment.copy(rows.data(), ValueLayout.JAVA_FLOAT, rows.offset(row, 0), logits, 0, vocabularySize);
            adjust(options, history);
            candidates.fill(logits, vocabularySize, mask);
            if (options.greedy()) {
                candidates.topK(1);
                return first();
            }
            candidates.temperature(temperature);
        }
        narrow(options);
        return candidates.pick(uniform(options.seed(), sample, history.size()));
    }

    private int first() {
        if (candidates.size() == 0) {
            throw new IllegalArgumentException("the sampling options forbid every token that the constraint allows");
        }
        return candidates.id(0);
    }

    /** The tokens that top-k leaves or more, at temperature; false if the options ask for a look at all logits. */
    private boolean fillWithLargest(int row, SamplingOptions options) {
        int k = options.topK();
        if (!options.plainLogits() || options.greedy() || k <= 0 || k > pieces) {
            return false;
        }
        float temperature = options.temperature();
        if (count > 0) {
            candidates.fill(ids, values, count);
            candidates.temperature(temperature > 0 ? temperature : 1);
            return true;
        }
        candidates.fillWithLargest(
                rows, row, vocabularySize, maxima, row * pieces, k, temperature > 0 ? temperature : 1);
        return true;
    }

    /** The first of the largest logits. */
    private int argmax(int row) {
        int best = 0;
        if (count > 0) {
            for (int i = 1; i < count; i++) {
                best = values[i] > values[best] ? i : best;
            }
            return ids[best];
        }
        for (int i = 1; i < pieces; i++) {
            if (maxima[row * pieces + i] > maxima[row * pieces + best]) {
                best = i;
            }
        }
        float max = maxima[row * pieces + best];
        int from = best * Kernels.PIECE;
        for (int id = from; id < Math.min(vocabularySize, from + Kernels.PIECE); id++) {
            if (rows.get(row, id) == max) {
                return id;
            }
        }
        return from; // nothing here is a number
    }

    int sample(float[] row, SamplingOptions options, TokenHistory history, int sample) {
        System.arraycopy(row, 0, logits, 0, vocabularySize);
        return sample(options, history, sample);
    }

    private int sample(SamplingOptions options, TokenHistory history, int sample) {
        if (!options.plainLogits()) {
            adjust(options, history);
        }
        if (options.greedy()) {
            return argmax();
        }
        fill(options);
        narrow(options);
        return candidates.pick(uniform(options.seed(), sample, history.size()));
    }

    /** The tokens that may be chosen and their scores, for tests. */
    Candidates candidates(float[] row, SamplingOptions options, TokenHistory history) {
        System.arraycopy(row, 0, logits, 0, vocabularySize);
        adjust(options, history);
        fill(options);
        narrow(options);
        return candidates;
    }

    /** The same of a row of {@link #begin}. */
    Candidates candidates(int row, SamplingOptions options) {
        if (!fillWithLargest(row, options)) {
            throw new IllegalArgumentException("all logits matter");
        }
        narrow(options);
        return candidates;
    }

    private void adjust(SamplingOptions options, TokenHistory history) {
        if (options.repetitionPenalty() != 1) {
            penalizeRepetition(options.repetitionPenalty(), history);
        }
        if (options.frequencyPenalty() != 0 || options.presencePenalty() != 0) {
            history.generatedCounts()
                    .forEach((id, count) ->
                            logits[id] -= options.frequencyPenalty() * count + options.presencePenalty());
        }
        options.logitBias().forEach((id, bias) -> {
            if (id >= 0 && id < vocabularySize) {
                logits[id] += bias;
            }
        });
        if (options.noRepeatNgram() > 0) {
            forbidRepeatedNgrams(options.noRepeatNgram(), history);
        }
        for (int id : options.suppressed()) {
            if (id >= 0 && id < vocabularySize) {
                logits[id] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void penalizeRepetition(float penalty, TokenHistory history) {
        int[] seen = new int[history.size()];
        for (int i = 0; i < seen.length; i++) {
            seen[i] = history.id(i);
        }
        Arrays.sort(seen);
        for (int i = 0; i < seen.length; i++) {
            int id = seen[i];
            if (id < vocabularySize && (i == 0 || seen[i - 1] != id)) { // each id once
                logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
            }
        }
    }

    private void forbidRepeatedNgrams(int n, TokenHistory history) {
        int length = history.size();
        int prefix = n - 1;
        for (int start = 0; start + prefix < length; start++) {
            boolean same = true;
            for (int i = 0; i < prefix && same; i++) {
                same = history.id(start + i) == history.id(length - prefix + i);
            }
            if (same && history.id(start + prefix) < vocabularySize) {
                logits[history.id(start + prefix)] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void fill(SamplingOptions options) {
        candidates.fill(logits, vocabularySize);
        if (options.temperature() > 0 && options.temperature() != 1) {
            candidates.temperature(options.temperature());
        }
    }

    private void narrow(SamplingOptions options) {
        if (candidates.size() == 0) {
            throw new IllegalArgumentException("the sampling options forbid every token");
        }
        candidates.topK(options.topK());
        candidates.topP(options.topP());
        candidates.minP(options.minP());
        candidates.typicalP(options.typicalP());
    }

    private int argmax() {
        int best = 0;
        for (int i = 1; i < vocabularySize; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /** Uniform in [0, 1) from a key: three rounds of the SplitMix64 finalizer. */
    static double uniform(long seed, int sample, int position) {
        long h = mix(seed + 0x9E3779B97F4A7C15L);
        h = mix(h ^ 0xD1B54A32D192ED03L * (sample + 1));
        h = mix(h ^ 0x8CB92BA72F3D8DD7L * (position + 1));
        return (h >>> 11) * 0x1.0p-53;
    }

    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
