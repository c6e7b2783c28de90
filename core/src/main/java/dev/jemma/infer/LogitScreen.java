package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenMask;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.memory.HugeArena;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds the largest logits of a token without reading all of the output matrix W [V, d], which is most of a small model.
 * A coarse copy C of W, in 5 instead of 8 bits, gives every logit to within a bound, since by Cauchy and Schwarz
 * {@code |w·x − c·x| ≤ ‖w − c‖·‖x‖}; only panels of W with a row that may reach the k-th largest are then multiplied. What
 * comes out are the logits of W, bit for bit, so that nobody can tell by the tokens whether there was a screen.
 *
 * <p>The copy is made beside other tokens, a share of it each ({@link #prepare}). Where the bound leaves too much, as behind
 * random tokens, whose logits are all alike, the screen says so and rests for a while. Not for several threads.
 */
final class LogitScreen implements AutoCloseable {
    private static final DType COARSE = DType.Q5_0;
    private static final int PANEL = MatrixBuilder.ROWS;
    private static final int PIECES_PER_WORD = Long.SIZE * PANEL / Kernels.PIECE;
    private static final int WORDS = Kernels.PIECE / Long.SIZE; // of a mask, to a piece
    private static final int BLOCK = 32;

    /** What is converted for each token until all is. */
    private static final int WEIGHTS_PER_STEP = 1 << 20;

    private static final int PANELS_PER_CHUNK = 8;
    /** A screen that leaves more than this part of the panels has saved nothing. */
    private static final int MOST_LEFT = 4;

    private static final int SHORTEST_REST = 8;
    private static final int LONGEST_REST = 512;

    /**
     * ‖x̂‖ ≤ 1.0223·‖x‖ for x̂, x rounded to int8: no element is off by more than half a step, 1/254 of the largest of its 32,
     * so no block by more than √32/254 of its norm.
     */
    private static final double ROUNDED_NORM = 1.023;

    private static final ThreadLocal<float[]> PIECE = ThreadLocal.withInitial(() -> new float[Kernels.PIECE]);

    private final Kernels kernels;
    private final Matrix weights;
    private final int vocabularySize;
    private final Arena arena = HugeArena.ofShared();
    private final MatrixBuilder builder;
    private final List<Matrix> coarse;
    private final List<Tensor> coarseLogits;
    private final Tensor logits; // [1, V]
    private final float[] bounds; // of each row: the most by which coarse logits are off, for ‖x‖ = 1
    private final float[] pieceBounds; // the largest of a piece's rows
    private final float[] maxima;
    private final long[] picked; // a bit for each panel
    private final long[] possible;
    private final int[] panels;
    private final int[] ids; // what was found, ascending, and their logits
    private final float[] values;
    private final Largest largest;
    private int converted; // panels
    private int rest;
    private int lastRest = SHORTEST_REST;
    private boolean bounded;
    private int found;

    /**
     * @param weights the output matrix, of a type that {@link #suits}
     * @param vocabularySize rows that may be chosen
     */
    LogitScreen(Kernels kernels, Matrix weights, int vocabularySize) {
        this.kernels = kernels;
        this.weights = weights;
        this.vocabularySize = vocabularySize;
        builder = kernels.matrix(COARSE, weights.rows(), weights.cols(), arena);
        coarse = List.of(builder.build());
        coarseLogits = List.of(Tensor.allocate(arena, 1, weights.rows()));
        logits = Tensor.allocate(arena, 1, weights.rows());
        bounds = new float[weights.rows()];
        pieceBounds = new float[Math.ceilDiv(vocabularySize, Kernels.PIECE)];
        maxima = new float[pieceBounds.length];
        panels = new int[Math.ceilDiv(weights.rows(), PANEL)];
        picked = new long[Math.ceilDiv(panels.length, Long.SIZE)];
        possible = new long[picked.length];
        ids = new int[PANEL * (panels.length / MOST_LEFT + 1)];
        values = new float[ids.length];
        largest = new Largest(pieceBounds.length);
    }

    /** Whether a matrix can be screened: with 8 bits a weight, and int8 activations, as the bound has them. */
    static boolean suits(Matrix weights, Precision precision) {
        return weights.type() == DType.Q8_0 && precision == Precision.FAST && weights.cols() > 0;
    }

    /** Bytes that a screen for a matrix holds. */
    static long bytes(int rows, int cols) {
        long blocks = Math.ceilDiv(cols, BLOCK);
        return rows * (COARSE.bytesFor(BLOCK) * blocks + 3L * Float.BYTES);
    }

    /** Whether the whole copy is made. */
    boolean ready() {
        return converted == panels.length;
    }

    /** Makes another share of the copy. */
    void prepare(Workers workers) {
        int share = Math.max(PANELS_PER_CHUNK, WEIGHTS_PER_STEP / (PANEL * weights.cols()));
        int from = converted;
        int to = Math.min(panels.length, from + share);
        workers.run(Math.ceilDiv(to - from, PANELS_PER_CHUNK), (chunk, _) -> {
            int first = from + chunk * PANELS_PER_CHUNK;
            convert(PANEL * first, Math.min(weights.rows(), PANEL * Math.min(to, first + PANELS_PER_CHUNK)));
        });
        converted = to;
        if (ready()) {
            for (int id = 0; id < vocabularySize; id++) {
                int piece = id / Kernels.PIECE;
                pieceBounds[piece] = Math.max(pieceBounds[piece], bounds[id]);
            }
            bounded = true;
            for (float bound : pieceBounds) {
                bounded &=
                        bound < Float.POSITIVE_INFINITY; // not so if a weight is no number, or too large for the copy
            }
        }
    }

    private void convert(int from, int to) {
        int cols = weights.cols();
        long rowBytes = COARSE.bytesFor(cols);
        float[] panel = new float[PANEL * cols]; // [cols][16]
        float[] row = new float[cols];
        float[] copy = new float[cols];
        try (Arena own = Arena.ofConfined()) {
            MemorySegment decoded = own.allocate(4L * PANEL * cols, 64);
            MemorySegment raw = own.allocate(rowBytes * (to - from), 64);
            for (int r = from; r < to; r++) {
                int lane = r % PANEL;
                if (lane == 0) {
                    kernels.decode(weights, r, Math.min(PANEL, to - r), decoded);
                    MemorySegment.copy(decoded, ValueLayout.JAVA_FLOAT, 0, panel, 0, panel.length);
                }
                for (int i = 0; i < cols; i++) {
                    row[i] = panel[PANEL * i + lane];
                }
                Quants.encode(COARSE, row, 0, raw, rowBytes * (r - from), cols);
                Quants.decode(COARSE, raw, rowBytes * (r - from), copy, 0, cols);
                bounds[r] = bound(row, copy);
            }
            builder.put(from, raw);
        }
    }

    /**
     * ‖w − c‖, and what float32 sums of a product with each may be off by: a rounding a block, of all that was added.
     * Sums in two chains each, whose additions need not wait for each other; rows are whole blocks.
     */
    private static float bound(float[] w, float[] c) {
        double difference = 0;
        double differenceToo = 0;
        double ofW = 0;
        double ofWToo = 0;
        for (int i = 0; i < w.length; i += 2) {
            double d = (double) w[i] - c[i];
            double dToo = (double) w[i + 1] - c[i + 1];
            difference += d * d;
            differenceToo += dToo * dToo;
            ofW += (double) w[i] * w[i];
            ofWToo += (double) w[i + 1] * w[i + 1];
        }
        double off = Math.sqrt(difference + differenceToo);
        double norms = 2 * Math.sqrt(ofW + ofWToo) + off; // ‖w‖ + ‖c‖ or more
        double roundings = (w.length / BLOCK + 4) * 0x1p-23;
        return Math.nextUp((float) (ROUNDED_NORM * (off + roundings * norms)));
    }

    /**
     * Looks for the {@code k} largest logits of hidden states x [1, d], of all tokens or of those in a mask. True: {@link
     * #begin} gives them to a sampler. False: they must be computed in full this time.
     */
    boolean find(Workers workers, Tensor x, int k, Optional<TokenMask> mask) {
        found = 0;
        if (k > maxima.length || !bounded || (mask.isPresent() && k > piecesOf(mask.get()))) {
            return false;
        }
        if (rest > 0) {
            rest--;
            return false;
        }
        float norm = norm(x);
        Tensor rough = coarseLogits.getFirst();
        kernels.linear(workers, x, coarse, coarseLogits, Precision.FAST);
        mask.ifPresent(allowed -> forbidOthers(rough, allowed));
        kernels.maxima(workers, rough, vocabularySize, maxima);
        Arrays.fill(picked, 0);
        int first = pickLargest(rough, k);
        kernels.pick(workers, x, weights, panels, 0, first, logits, Precision.FAST);
        float least = leastOf(rough, first, k);
        int all = pickPossible(workers, rough, norm, least, first);
        if (!(norm < Float.MAX_VALUE) || !(least > Float.NEGATIVE_INFINITY) || all > panels.length / MOST_LEFT) {
            rest = lastRest;
            lastRest = Math.min(LONGEST_REST, 2 * lastRest);
            return false;
        }
        lastRest = SHORTEST_REST;
        kernels.pick(workers, x, weights, panels, first, all, logits, Precision.FAST);
        gather(rough, least);
        return true;
    }

    /** Pieces in which a mask has a token: so many of the maxima are above −∞. */
    private int piecesOf(TokenMask mask) {
        int count = 0;
        int more = 0;
        for (int piece = 0; piece < maxima.length; piece++) {
            boolean any = false;
            for (int word = WORDS * piece; word < Math.min(WORDS * (piece + 1), words()); word++) {
                any |= mask.word(word, more) != 0;
                more = mask.behind(word, more);
            }
            count += any ? 1 : 0;
        }
        return count;
    }

    private int words() {
        return Math.ceilDiv(vocabularySize, Long.SIZE);
    }

    /** Coarse logits of −∞ mean from here on that a token is not asked for. */
    private void forbidOthers(Tensor rough, TokenMask mask) {
        int more = 0;
        for (int word = 0; word < words(); word++) {
            long bits = ~mask.word(word, more);
            more = mask.behind(word, more);
            for (; bits != 0; bits &= bits - 1) {
                int id = Long.SIZE * word + Long.numberOfTrailingZeros(bits);
                if (id < vocabularySize) {
                    rough.set(0, id, Float.NEGATIVE_INFINITY);
                }
            }
        }
    }

    /** Hands the logits that {@link #find} found to the sampler, for its next samples. */
    void begin(Sampler sampler) {
        sampler.begin(ids, values, found);
    }

    private static float norm(Tensor x) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            double v = x.get(0, i);
            sum += v * v;
        }
        return Math.nextUp((float) Math.sqrt(sum));
    }

    /** Panels with the k largest coarse logits or more: where the largest logits are likely to be. Returns how many. */
    private int pickLargest(Tensor rough, int k) {
        largest.begin(k);
        for (float max : maxima) {
            largest.add(max);
        }
        float enough = largest.least(); // at least k pieces have one that is not below it
        int count = 0;
        for (int piece = 0; piece < maxima.length; piece++) {
            if (maxima[piece] >= enough) {
                for (int id = Kernels.PIECE * piece; id < end(piece); id++) {
                    int panel = id / PANEL;
                    if (rough.get(0, id) >= enough && (picked[panel / Long.SIZE] >>> panel & 1) == 0) {
                        picked[panel / Long.SIZE] |= 1L << panel;
                        panels[count++] = panel;
                    }
                }
            }
        }
        return count;
    }

    /**
     * The k-th largest logit of the first panels, or hardly less: logits that a temperature makes equal to it count, too.
     */
    private float leastOf(Tensor rough, int count, int k) {
        largest.begin(k);
        for (int i = 0; i < count; i++) {
            for (int id = PANEL * panels[i]; id < Math.min(vocabularySize, PANEL * (panels[i] + 1)); id++) {
                if (rough.get(0, id) > Float.NEGATIVE_INFINITY) {
                    largest.add(logits.get(0, id));
                }
            }
        }
        return largest.least() - 4 * Math.ulp(largest.least());
    }

    /** Adds all panels with a row that may reach {@code least}, in ascending order. Returns how many there are now. */
    private int pickPossible(Workers workers, Tensor rough, float norm, float least, int first) {
        workers.run(picked.length, (word, _) -> possible[word] = possible(rough, norm, least, word));
        int count = first;
        for (int word = 0; word < picked.length; word++) {
            for (long bits = possible[word] & ~picked[word]; bits != 0; bits &= bits - 1) {
                panels[count++] = Long.SIZE * word + Long.numberOfTrailingZeros(bits);
            }
            picked[word] |= possible[word];
        }
        return count;
    }

    /** The panels that may, of those that share a word of {@link #picked}. */
    private long possible(Tensor rough, float norm, float least, int word) {
        long bits = 0;
        float[] piece = PIECE.get();
        for (int p = PIECES_PER_WORD * word; p < Math.min(maxima.length, PIECES_PER_WORD * (word + 1)); p++) {
            if (!(maxima[p] + norm * pieceBounds[p] >= least)) {
                continue;
            }
            int from = Kernels.PIECE * p;
            int count = end(p) - from;
            MemorySegment.copy(rough.data(), ValueLayout.JAVA_FLOAT, rough.offset(0, from), piece, 0, count);
            for (int i = 0; i < count; i++) {
                if (piece[i] + (norm * bounds[from + i]) >= least) {
                    bits |= 1L << ((from + i) / PANEL);
                    i |= PANEL - 1; // the rest of the panel comes with it
                }
            }
        }
        return bits;
    }

    private int end(int piece) {
        return Math.min(vocabularySize, Kernels.PIECE * (piece + 1));
    }

    /** Everything that reaches {@code least}, ids ascending. */
    private void gather(Tensor rough, float least) {
        for (int word = 0; word < picked.length; word++) {
            for (long bits = picked[word]; bits != 0; bits &= bits - 1) {
                int from = PANEL * (Long.SIZE * word + Long.numberOfTrailingZeros(bits));
                for (int id = from; id < Math.min(vocabularySize, from + PANEL); id++) {
                    float logit = logits.get(0, id);
                    if (logit >= least && rough.get(0, id) > Float.NEGATIVE_INFINITY) {
                        ids[found] = id;
                        values[found++] = logit;
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
