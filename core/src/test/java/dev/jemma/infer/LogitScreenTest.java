package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.constraint.TokenMask;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Screened logits lead to the choices of all logits, whatever the matrix and the token are. */
class LogitScreenTest {
    private final Arena arena = Arena.ofShared();
    private final Kernels kernels = KernelProviders.choose();
    private final Workers workers = new WorkerPool(2);

    @AfterEach
    void close() {
        workers.close();
        arena.close();
    }

    private Matrix pack(float[][] rows) {
        int cols = rows[0].length;
        MatrixBuilder builder = kernels.matrix(DType.Q8_0, rows.length, cols, arena);
        long rowBytes = DType.Q8_0.bytesFor(cols);
        MemorySegment raw = arena.allocate(rowBytes * rows.length, 64);
        for (int r = 0; r < rows.length; r++) {
            Quants.encode(DType.Q8_0, rows[r], 0, raw, r * rowBytes, cols);
        }
        builder.put(0, raw);
        return builder.build();
    }

    private static float[][] random(Random random, int rows, int cols) {
        float[][] w = new float[rows][cols];
        for (float[] row : w) {
            float size = 0.5f + random.nextFloat();
            for (int i = 0; i < cols; i++) {
                row[i] = size * (float) random.nextGaussian();
            }
        }
        return w;
    }

    /** Near {@code row}, so that a few logits stand out as behind a text, or far from all. */
    private Tensor hidden(Random random, float[] row, float share) {
        Tensor x = Tensor.allocate(arena, 1, row.length);
        for (int i = 0; i < row.length; i++) {
            x.set(0, i, share * row[i] + (1 - share) * (float) random.nextGaussian());
        }
        return x;
    }

    private LogitScreen screen(Matrix w, int vocabulary) {
        LogitScreen screen = new LogitScreen(kernels, w, vocabulary);
        for (int i = 0; !screen.ready(); i++) {
            assertThat(i).isLessThan(100);
            screen.prepare(workers);
        }
        return screen;
    }

    private Tensor all(Matrix w, Tensor x) {
        Tensor y = Tensor.allocate(arena, 1, w.rows());
        kernels.linear(workers, x, List.of(w), List.of(y), Precision.FAST);
        return y;
    }

    private static SamplingOptions sampling(int k, long seed) {
        return k == 1
                ? SamplingOptions.GREEDY
                : SamplingOptions.builder()
                        .temperature(0.7f)
                        .topK(k)
                        .topP(0.9f)
                        .seed(seed)
                        .build();
    }

    @ParameterizedTest
    @CsvSource({"4096,640,4096", "5003,64,5003", "3001,32,2998", "2048,256,1100"})
    void tokensAreThoseOfAllLogits(int rows, int cols, int vocabulary) {
        Random random = new Random(rows);
        float[][] w = random(random, rows, cols);
        System.arraycopy(w[17], 0, w[vocabulary - 1], 0, cols); // what ties with a row, far from it
        System.arraycopy(w[17], 0, w[1000], 0, cols);
        Matrix packed = pack(w);
        Sampler whole = new Sampler(vocabulary);
        Sampler screened = new Sampler(vocabulary);
        TokenHistory history = new TokenHistory(new int[] {2});
        int found = 0;
        try (LogitScreen screen = screen(packed, vocabulary)) {
            for (int i = 0; i < 60; i++) {
                Tensor x = hidden(random, w[i % 3 == 0 ? 17 : random.nextInt(rows)], i % 5 == 4 ? 0.3f : 1);
                whole.begin(kernels, workers, all(packed, x));
                for (int k : new int[] {1, 3, 4}) {
                    if (screen.find(workers, x, k, Optional.empty())) {
                        found++;
                        screen.begin(screened);
                        assertThat(screened.sample(0, sampling(k, i), history, 0))
                                .as("token %d, k %d", i, k)
                                .isEqualTo(whole.sample(0, sampling(k, i), history, 0));
                        if (k > 1) {
                            assertSame(screened.candidates(0, sampling(k, i)), whole, sampling(k, i));
                        }
                    }
                }
            }
        }
        assertThat(found).isGreaterThan(20);
    }

    private static void assertSame(Candidates some, Sampler whole, SamplingOptions options) {
        int[] ids = new int[some.size()];
        float[] scores = new float[some.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = some.id(i);
            scores[i] = some.score(i);
        }
        Candidates all = whole.candidates(0, options);
        assertThat(all.size()).isEqualTo(ids.length);
        for (int i = 0; i < ids.length; i++) {
            assertThat(ids[i]).isEqualTo(all.id(i));
            assertThat(scores[i]).isEqualTo(all.score(i));
        }
    }

    /** Bits at random, of every token or of every second piece, and some more ids. */
    private static TokenMask mask(Random random, int vocabulary, int share, boolean everyPiece) {
        long[] bits = new long[Math.ceilDiv(vocabulary, Long.SIZE)];
        for (int id = 0; id < vocabulary; id++) {
            boolean asked = everyPiece || id / Kernels.PIECE % 2 == 0;
            bits[id / Long.SIZE] |= asked && random.nextInt(share) == 0 ? 1L << id : 0;
        }
        int[] more = random.ints(3, 0, vocabulary)
                .filter(id -> (bits[id / Long.SIZE] >>> id & 1) == 0)
                .sorted()
                .distinct()
                .toArray();
        return new TokenMask(bits, more);
    }

    private static SamplingOptions open(int k, long seed) {
        return SamplingOptions.builder().temperature(0.8f).topK(k).seed(seed).build();
    }

    @ParameterizedTest
    @CsvSource({"4096,640,4096", "5003,64,5003", "3001,32,2998", "4160,256,4100"})
    void tokensOfAMaskAreThoseOfAllLogits(int rows, int cols, int vocabulary) {
        Random random = new Random(rows);
        float[][] w = random(random, rows, cols);
        Matrix packed = pack(w);
        Sampler whole = new Sampler(vocabulary);
        Sampler some = new Sampler(vocabulary);
        TokenHistory history = new TokenHistory(new int[] {2});
        int screened = 0;
        int narrow = 0;
        try (LogitScreen screen = screen(packed, vocabulary);
                AllowedLogits allowed = new AllowedLogits(kernels, packed, vocabulary, Precision.FAST)) {
            for (int i = 0; i < 80; i++) {
                Tensor x = hidden(random, w[random.nextInt(rows)], i % 5 == 4 ? 0.3f : 1);
                whole.begin(kernels, workers, all(packed, x));
                TokenMask wide = mask(random, vocabulary, 1 + i % 4, i % 2 == 0);
                TokenMask few =
                        new TokenMask(new long[0], new int[] {i, i + 1, vocabulary - 1 - i % 2}); // two panels or three
                for (int k : new int[] {1, 3, 4}) {
                    if (screen.find(workers, x, k, Optional.of(wide))) {
                        screened++;
                        screen.begin(some);
                        assertThat(some.sample(0, sampling(k, i), history, 0, wide))
                                .as("token %d, k %d", i, k)
                                .isEqualTo(whole.sample(0, sampling(k, i), history, 0, wide));
                    }
                    if (allowed.begin(workers, x, few, some)) {
                        narrow++;
                        for (SamplingOptions options : List.of(sampling(k, i), open(k, i), open(0, i))) {
                            assertThat(some.sample(0, options, history, 0, few))
                                    .isEqualTo(whole.sample(0, options, history, 0, few));
                        }
                    }
                }
                assertThat(allowed.begin(workers, x, wide, some))
                        .as("a wide mask")
                        .isFalse();
            }
        }
        assertThat(screened).isGreaterThan(20);
        assertThat(narrow).isGreaterThan(200);
    }

    @Test
    void aMaskOfFewerPiecesThanAreLookedForIsLeftToAllLogits() {
        Random random = new Random(6);
        float[][] w = random(random, 4096, 64);
        Tensor x = hidden(random, w[9], 1);
        long[] bits = new long[64];
        bits[0] = -1;
        bits[63] = -1; // two pieces
        Optional<TokenMask> mask = Optional.of(new TokenMask(bits, new int[0]));
        try (LogitScreen screen = screen(pack(w), 4096)) {
            assertThat(screen.find(workers, x, 2, mask)).isTrue();
            assertThat(screen.find(workers, x, 3, mask)).isFalse();
        }
    }

    @Test
    void aMaskWithoutATokenIsLeftToTheSamplersMessage() {
        Matrix packed = pack(random(new Random(7), 1024, 64));
        TokenMask none = new TokenMask(new long[0], new int[0]);
        TokenMask beyond = new TokenMask(new long[0], new int[] {1001});
        try (AllowedLogits allowed = new AllowedLogits(kernels, packed, 1000, Precision.FAST)) {
            Tensor x = hidden(new Random(8), new float[64], 0);
            assertThat(allowed.begin(workers, x, none, new Sampler(1000))).isFalse();
            assertThat(allowed.begin(workers, x, beyond, new Sampler(1000))).isFalse();
        }
    }

    /** The bound is what everything rests on: rows that lie, as far as rounding can make them, against the token. */
    @Test
    void theMostHostileRowsStayWithinTheBound() {
        Random random = new Random(3);
        int cols = 96;
        float[][] w = random(random, 2048, cols);
        Matrix first = pack(w);
        // x along the error of row 5's copy: the coarse logit is off by as much as it can be
        float[] decoded = new float[cols];
        Tensor row = Tensor.allocate(arena, 1, cols);
        first.row(5, row.data(), 0);
        for (int i = 0; i < cols; i++) {
            decoded[i] = row.get(0, i);
        }
        float[] copy = Quants.decode(DType.Q5_0, Quants.encode(DType.Q5_0, decoded));
        Sampler whole = new Sampler(2048);
        Sampler screened = new Sampler(2048);
        TokenHistory history = new TokenHistory(new int[] {2});
        int found = 0;
        try (LogitScreen screen = screen(first, 2048)) {
            for (int i = 0; i < 400; i++) {
                Tensor x = Tensor.allocate(arena, 1, cols);
                float along = 0.05f * (i % 20);
                for (int c = 0; c < cols; c++) {
                    x.set(
                            0,
                            c,
                            along * decoded[c] + 40 * (decoded[c] - copy[c]) + 0.01f * (float) random.nextGaussian());
                }
                whole.begin(kernels, workers, all(first, x));
                if (screen.find(workers, x, 1, Optional.empty())) {
                    found++;
                    screen.begin(screened);
                    assertThat(screened.sample(0, SamplingOptions.GREEDY, history, 0))
                            .isEqualTo(whole.sample(0, SamplingOptions.GREEDY, history, 0));
                }
            }
        }
        assertThat(found).isPositive();
    }

    @Test
    void whatHasNoBoundIsLeftToAllLogits() {
        Random random = new Random(4);
        float[][] w = random(random, 1024, 64);
        Tensor x = hidden(random, w[9], 1);
        try (LogitScreen screen = screen(pack(w), 1024)) {
            assertThat(screen.find(workers, x, 1, Optional.empty())).isTrue();
            assertThat(screen.find(workers, x, 5, Optional.empty()))
                    .as("more than pieces")
                    .isFalse();
            x.set(0, 3, Float.NaN);
            assertThat(screen.find(workers, x, 1, Optional.empty())).isFalse();
        }
        w[700][5] = 1e30f; // its scale is infinite in float16
        x.set(0, 3, 0);
        try (LogitScreen screen = screen(pack(w), 1024)) {
            assertThat(screen.find(workers, x, 1, Optional.empty())).isFalse();
        }
        float[][] alike = random(random, 1024, 64);
        for (float[] row : alike) {
            System.arraycopy(alike[0], 0, row, 0, 64);
        }
        try (LogitScreen screen = screen(pack(alike), 1024)) {
            for (int i = 0; i < 20; i++) {
                assertThat(screen.find(workers, hidden(random, alike[0], 1), 1, Optional.empty()))
                        .isFalse();
            }
        }
    }

    @Test
    void onlyLargeEightBitMatricesMeetingRoundedTokensAreScreened() {
        Matrix w = pack(random(new Random(5), 16, 32));
        assertThat(LogitScreen.suits(w, Precision.FAST)).isTrue();
        assertThat(LogitScreen.suits(w, Precision.EXACT)).isFalse();
        Matrix q4 = kernels.matrix(DType.Q4_0, 16, 32, arena).build();
        assertThat(LogitScreen.suits(q4, Precision.FAST)).isFalse();
    }
}
