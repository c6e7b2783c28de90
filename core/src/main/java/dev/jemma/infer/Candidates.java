package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenMask;
import dev.jemma.kernel.Kernels;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The tokens that may still be chosen, with their scores; every rule removes some. Ids stay ascending. Buffers are as
 * large as the vocabulary and are used again for every token.
 */
final class Candidates {
    private static final int WORDS = Kernels.PIECE / 64; // of a mask, to a piece

    private final int[] ids;
    private final float[] scores;
    private final long[] order; // scratch for sorting: score bits above, index below
    private final Largest largest;
    private int size;

    Candidates(int vocabularySize) {
        ids = new int[vocabularySize];
        scores = new float[vocabularySize];
        order = new long[vocabularySize];
        largest = new Largest(vocabularySize);
    }

    /** Starts over with all tokens whose logit is above −∞. */
    void fill(float[] logits, int n) {
        size = 0;
        for (int i = 0; i < n; i++) {
            if (logits[i] > Float.NEGATIVE_INFINITY) {
                ids[size] = i;
                scores[size++] = logits[i];
            }
        }
    }

    /**
     * Starts over with tokens among which are the k largest logits and what ties with them, divided by the temperature.
     * The k-th largest of the maxima of pieces is at most the k-th largest logit, so only pieces that reach it are read.
     *
     * @param maxima from {@code first} on: of each piece of the row's first {@code n} columns; at least k
     */
    void fillWithLargest(Tensor rows, int row, int n, float[] maxima, int first, int k, float temperature) {
        int pieces = Math.ceilDiv(n, Kernels.PIECE);
        float least = kthLargest(maxima, first, pieces, k) / temperature;
        size = 0;
        for (int piece = 0; piece < pieces; piece++) {
            if (maxima[first + piece] / temperature >= least) {
                int from = piece * Kernels.PIECE;
                addAtLeast(rows, row, from, Math.min(n, from + Kernels.PIECE), temperature, least);
            }
        }
    }

    private void addAtLeast(Tensor rows, int row, int from, int to, float temperature, float least) {
        MemorySegment data = rows.data();
        long at = rows.offset(row, 0);
        for (int id = from; id < to; id++) {
            float score = data.get(ValueLayout.JAVA_FLOAT, at + 4L * id) / temperature;
            if (score >= least && score > Float.NEGATIVE_INFINITY) {
                ids[size] = id;
                scores[size++] = score;
            }
        }
    }

    /** Starts over with these tokens, ids ascending. */
    void fill(int[] someIds, float[] logits, int n) {
        System.arraycopy(someIds, 0, ids, 0, n);
        System.arraycopy(logits, 0, scores, 0, n);
        size = n;
    }

    /** Starts over with all tokens of a mask whose logit is above −∞. */
    void fill(float[] logits, int n, TokenMask mask) {
        size = 0;
        int at = 0; // in mask.more()
        for (int word = 0; 64 * word < n; word++) {
            long bits = mask.word(word, at);
            at = mask.behind(word, at);
            for (; bits != 0; bits &= bits - 1) {
                int id = 64 * word + Long.numberOfTrailingZeros(bits);
                if (id < n && logits[id] > Float.NEGATIVE_INFINITY) {
                    ids[size] = id;
                    scores[size++] = logits[id];
                }
            }
        }
    }

    /** As above, of the tokens in a mask; the maxima are those of all. */
    void fillWithLargest(
            Tensor rows, int row, int n, float[] maxima, int first, int k, float temperature, TokenMask mask) {
        MemorySegment data = rows.data();
        long at = rows.offset(row, 0);
        float least = kthLargest(data, at, n, maxima, first, k, mask) / temperature;
        size = 0;
        int more = 0;
        for (int word = 0; 64 * word < n; word++) {
            long bits = mask.word(word, more);
            more = mask.behind(word, more);
            if (bits == 0 || maxima[first + word / WORDS] / temperature < least) {
                continue;
            }
            for (; bits != 0; bits &= bits - 1) {
                int id = 64 * word + Long.numberOfTrailingZeros(bits);
                float score = id < n ? data.get(ValueLayout.JAVA_FLOAT, at + 4L * id) / temperature : Float.NaN;
                if (score >= least && score > Float.NEGATIVE_INFINITY) {
                    ids[size] = id;
                    scores[size++] = score;
                }
            }
        }
    }

    /** −∞ if a mask has fewer than k tokens. */
    private float kthLargest(MemorySegment data, long at, int n, float[] maxima, int first, int k, TokenMask mask) {
        largest.begin(k);
        int more = 0;
        for (int word = 0; 64 * word < n; word++) {
            long bits = mask.word(word, more);
            more = mask.behind(word, more);
            if (bits == 0 || largest.passesOver(maxima[first + word / WORDS])) {
                continue;
            }
            for (; bits != 0; bits &= bits - 1) {
                int id = 64 * word + Long.numberOfTrailingZeros(bits);
                if (id < n) {
                    largest.add(data.get(ValueLayout.JAVA_FLOAT, at + 4L * id));
                }
            }
        }
        return largest.least();
    }

    int size() {
        return size;
    }

    int id(int i) {
        return ids[i];
    }

    float score(int i) {
        return scores[i];
    }

    /** Divides all scores. */
    void temperature(float t) {
        for (int i = 0; i < size; i++) {
            scores[i] /= t;
        }
    }

    /** Keeps the k largest and whatever ties with the k-th. */
    void topK(int k) {
        if (k <= 0 || k >= size) {
            return;
        }
        keepAtLeast(kthLargest(scores, 0, size, k));
    }

    private float kthLargest(float[] values, int from, int n, int k) {
        largest.begin(k);
        for (int i = from; i < from + n; i++) {
            largest.add(values[i]);
        }
        return largest.least();
    }

    /** Keeps tokens with at least this score. */
    private void keepAtLeast(float threshold) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (scores[i] >= threshold) {
                ids[kept] = ids[i];
                scores[kept++] = scores[i];
            }
        }
        size = kept;
    }

    /** Keeps the most probable tokens until their mass reaches p; the one that reaches it stays. */
    void topP(float p) {
        if (p >= 1 || size < 2) {
            return;
        }
        float max = max();
        double total = mass(max);
        // Far below the maximum lies nearly everything and nearly no mass: sort only what can matter.
        float floor = max - 12;
        int n = sortDescending(floor);
        double kept = massOfSorted(max, n);
        if (kept < p * total) {
            n = sortDescending(Float.NEGATIVE_INFINITY);
        }
        double cumulative = 0;
        int count = 0;
        while (count < n) {
            cumulative += Math.exp(scores[(int) order[count]] - max);
            count++;
            if (cumulative >= p * total) {
                break;
            }
        }
        keepFirst(count);
    }

    /** Keeps tokens at least p times as likely as the likeliest. */
    void minP(float p) {
        if (p > 0 && size > 1) {
            float max = max();
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (Math.exp((double) scores[i] - max) >= p) {
                    ids[kept] = ids[i];
                    scores[kept++] = scores[i];
                }
            }
            size = kept;
        }
    }

    /** Locally typical sampling (Meister et al. 2022): keeps tokens whose surprise is nearest to the entropy. */
    void typicalP(float p) {
        if (p >= 1 || size < 2) {
            return;
        }
        float max = max();
        double logTotal = Math.log(mass(max));
        double entropy = 0;
        for (int i = 0; i < size; i++) {
            double logP = (double) scores[i] - max - logTotal;
            entropy -= logP * Math.exp(logP);
        }
        for (int i = 0; i < size; i++) {
            float distance = (float) Math.abs(-((double) scores[i] - max - logTotal) - entropy);
            order[i] = (long) Float.floatToRawIntBits(distance) << 32 | i; // distances are ≥ 0: bits sort like values
        }
        Arrays.sort(order, 0, size);
        double cumulative = 0;
        int count = 0;
        float border = Float.POSITIVE_INFINITY;
        while (count < size) {
            cumulative += Math.exp((double) scores[(int) order[count]] - max - logTotal);
            if (cumulative >= p) {
                border = Float.intBitsToFloat((int) (order[count] >> 32));
                break;
            }
            count++;
        }
        while (count < size && Float.intBitsToFloat((int) (order[count] >> 32)) <= border) {
            count++;
        }
        for (int i = 0; i < count; i++) {
            order[i] = (int) order[i];
        }
        keepFirst(count);
    }

    /** The token at which the cumulative probability, by ascending id, first exceeds u in [0, 1). */
    int pick(double u) {
        float max = max();
        double target = u * mass(max);
        double cumulative = 0;
        for (int i = 0; i < size; i++) {
            cumulative += Math.exp((double) scores[i] - max);
            if (cumulative > target) {
                return ids[i];
            }
        }
        return ids[size - 1];
    }

    private float max() {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            max = Math.max(max, scores[i]);
        }
        return max;
    }

    private double mass(float max) {
        double total = 0;
        for (int i = 0; i < size; i++) {
            total += Math.exp((double) scores[i] - max);
        }
        return total;
    }

    /** Indices of scores above {@code floor}, largest first, smaller index first on ties, into {@code order}. */
    private int sortDescending(float floor) {
        int n = 0;
        for (int i = 0; i < size; i++) {
            if (scores[i] >= floor) {
                int bits = Float.floatToRawIntBits(scores[i]);
                int ascending = bits >= 0 ? bits : bits ^ 0x7FFFFFFF; // as a signed int, ordered like the float
                order[n++] = (long) ~ascending << 32 | i;
            }
        }
        Arrays.sort(order, 0, n);
        for (int i = 0; i < n; i++) {
            order[i] = (int) order[i];
        }
        return n;
    }

    private double massOfSorted(float max, int n) {
        double total = 0;
        for (int i = 0; i < n; i++) {
            total += Math.exp((double) scores[(int) order[i]] - max);
        }
        return total;
    }

    /** Keeps the candidates whose indices stand first in {@code order}. */
    private void keepFirst(int count) {
        Arrays.sort(order, 0, count);
        for (int i = 0; i < count; i++) {
            int from = (int) order[i];
            ids[i] = ids[from];
            scores[i] = scores[from];
        }
        size = count;
    }
}
