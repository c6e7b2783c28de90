package dev.jemma.kernel;

import static dev.jemma.kernel.TestData.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention of all providers against a plain softmax in double precision, against each other, and cut up. */
class AttentionTwinTest {
    private final Arena arena = Arena.ofShared();
    private final Workers workers = new WorkerPool(3);
    private final List<Kernels> providers = providers();

    /** The twin, vectors, and emitted code by every instruction set of this machine. */
    private static List<Kernels> providers() {
        List<Kernels> providers = new ArrayList<>(List.of(new ScalarKernels(), new VectorKernels()));
        providers.addAll(TestData.emittedKernels());
        return providers;
    }

    @AfterEach
    void close() {
        workers.close();
        arena.close();
    }

    static List<AttentionShape> shapes() {
        List<AttentionShape> shapes = new ArrayList<>();
        int[][] heads = {
            {4, 1, 32}, {4, 4, 16}, {8, 2, 64}, {2, 1, 20}, {3, 3, 8}, {6, 2, 72}, {1, 1, 256}, {4, 1, 128}, {9, 1, 64}
        };
        for (int[] h : heads) {
            float scale = (float) (1 / Math.sqrt(h[2]));
            shapes.add(new AttentionShape(h[0], h[1], h[2], scale, 0f, 0, true));
            shapes.add(new AttentionShape(h[0], h[1], h[2], scale, 50f, 0, true));
            shapes.add(new AttentionShape(h[0], h[1], h[2], scale, 0f, 7, true));
            shapes.add(new AttentionShape(h[0], h[1], h[2], scale, 20f, 70, true));
            shapes.add(new AttentionShape(h[0], h[1], h[2], scale, 0f, 0, false));
            shapes.add(new AttentionShape(h[0], h[1], h[2], scale, 0f, 40, false));
        }
        return shapes;
    }

    private static Tensor gaussians(Random random, Arena arena, int rows, int cols) {
        Tensor x = Tensor.allocate(arena, rows, cols);
        for (int t = 0; t < rows; t++) {
            for (int i = 0; i < cols; i++) {
                x.set(t, i, (float) random.nextGaussian());
            }
        }
        return x;
    }

    /** Sequences with their keys, values and queries, laid out in blocks that are shuffled and full of NaN before. */
    private final class Case {
        final AttentionShape shape;
        final KvBlocks blocks;
        final List<int[]> tables = new ArrayList<>();
        final List<Tensor> queries = new ArrayList<>();
        final List<Tensor> keys = new ArrayList<>();
        final List<Tensor> values = new ArrayList<>();

        Case(AttentionShape shape, Random random, int... lengths) {
            this(shape, KvType.F32, random, lengths);
        }

        Case(AttentionShape shape, KvType type, Random random, int... lengths) {
            this.shape = shape;
            long keyBytes = shape.kvHeads() * type.headBytes(shape.headDim());
            long blockBytes = 2 * keyBytes + 64;
            int perSlab = 5;
            MemorySegment[] slabs = new MemorySegment[20];
            for (int i = 0; i < slabs.length; i++) {
                slabs[i] = arena.allocate(blockBytes * perSlab, 64);
                for (long at = 0; at < slabs[i].byteSize() - 3; at += 4) {
                    slabs[i].set(ValueLayout.JAVA_FLOAT, at, Float.NaN);
                }
            }
            blocks = new KvBlocks(type, slabs, perSlab, blockBytes, 64, 64 + keyBytes);
            List<Integer> free = new ArrayList<>();
            for (int b = 0; b < perSlab * slabs.length; b++) {
                free.add(b);
            }
            java.util.Collections.shuffle(free, random);
            for (int length : lengths) {
                int[] table = new int[Math.ceilDiv(length, KvBlocks.TOKENS)];
                for (int i = 0; i < table.length; i++) {
                    table[i] = free.removeLast();
                }
                tables.add(table);
                queries.add(gaussians(random, arena, length, shape.heads() * shape.headDim()));
                keys.add(gaussians(random, arena, length, shape.kvHeads() * shape.headDim()));
                values.add(gaussians(random, arena, length, shape.kvHeads() * shape.headDim()));
            }
        }

        /** Rows {@code from} … {@code to} − 1 of every sequence as one batch. */
        Tensor run(Kernels kernels, int from, int[] to) {
            List<Span> spans = new ArrayList<>();
            int rows = 0;
            for (int s = 0; s < tables.size(); s++) {
                int first = Math.min(from, to[s]);
                spans.add(new Span(rows, to[s] - first, first, tables.get(s)));
                rows += to[s] - first;
            }
            Tensor q = gather(queries, spans, rows);
            Tensor out = Tensor.allocate(arena, rows, q.cols());
            kernels.storeKv(workers, shape, blocks, spans, gather(keys, spans, rows), gather(values, spans, rows));
            kernels.attention(workers, shape, blocks, spans, q, out);
            return out;
        }

        private Tensor gather(List<Tensor> from, List<Span> spans, int rows) {
            Tensor all = Tensor.allocate(arena, rows, from.getFirst().cols());
            for (int s = 0; s < spans.size(); s++) {
                Span span = spans.get(s);
                Tensor part = from.get(s).slice(span.firstPosition(), span.length());
                all.slice(span.firstRow(), span.firstRow() + span.rows()).data().copyFrom(part.data());
            }
            return all;
        }

        double[] naive(int sequence, int position, int head) {
            int kvHead = head / (shape.heads() / shape.kvHeads());
            int length = queries.get(sequence).rows();
            double[] scores = new double[length];
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < length; j++) {
                boolean visible = (!shape.causal() || j <= position)
                        && (shape.window() == 0 || Math.abs(position - j) < shape.window());
                double dot = 0;
                for (int d = 0; d < shape.headDim(); d++) {
                    dot += (double) queries.get(sequence).get(position, head * shape.headDim() + d)
                            * keys.get(sequence).get(j, kvHead * shape.headDim() + d);
                }
                double score = dot * shape.scale();
                if (shape.softcap() != 0) {
                    score = shape.softcap() * Math.tanh(score / shape.softcap());
                }
                scores[j] = visible ? score : Double.NEGATIVE_INFINITY;
                max = Math.max(max, scores[j]);
            }
            double sum = 0;
            double[] out = new double[shape.headDim()];
            for (int j = 0; j < length; j++) {
                double weight = Math.exp(scores[j] - max);
                sum += weight;
                for (int d = 0; d < out.length; d++) {
                    out[d] += weight * values.get(sequence).get(j, kvHead * shape.headDim() + d);
                }
            }
            for (int d = 0; d < out.length; d++) {
                out[d] /= sum;
            }
            return out;
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void itIsTheSoftmaxOfTheVisibleScores(AttentionShape shape) {
        int[] lengths = {150, 1, 33};
        Case it = new Case(shape, new Random(1), lengths);
        for (Kernels kernels : providers) {
            Tensor out = it.run(kernels, 0, lengths);
            int row = 0;
            for (int s = 0; s < lengths.length; s++) {
                for (int p = 0; p < lengths[s]; p++, row++) {
                    for (int h = 0; h < shape.heads(); h++) {
                        double[] expected = it.naive(s, p, h);
                        for (int d = 0; d < expected.length; d++) {
                            assertThat((double) out.get(row, h * shape.headDim() + d))
                                    .as("%s %s sequence %d position %d head %d", kernels.name(), shape, s, p, h)
                                    .isCloseTo(expected[d], within(3e-5 * Math.max(1, Math.abs(expected[d]))));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyProviderGivesTheBitsOfTheTwinInRaggedBatches(AttentionShape shape) {
        int[] lengths = {150, 1, 33, 64, 17};
        Case it = new Case(shape, new Random(2), lengths);
        for (int from : shape.causal() ? new int[] {0, 13, 16, 32, 149} : new int[] {0}) {
            it.run(providers.get(0), 0, lengths);
            Tensor expected = it.run(providers.get(0), from, lengths);
            for (Kernels kernels : providers) {
                String what = kernels.name() + " " + shape + " from " + from;
                assertSameBits(it.run(kernels, from, lengths), expected, what);
            }
        }
    }

    static List<Arguments> shapesAndSmallTypes() {
        List<Arguments> all = new ArrayList<>();
        for (KvType type : List.of(KvType.BF16, KvType.Q8_0)) {
            shapes().forEach(shape -> all.add(Arguments.of(shape, type)));
            all.add(Arguments.of(new AttentionShape(2, 1, 48, 0.1f, 0f, 70, true), type));
            all.add(Arguments.of(new AttentionShape(7, 1, 128, 0.1f, 0f, 0, true), type));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("shapesAndSmallTypes")
    void everyProviderGivesTheBitsOfTheTwinForEveryType(AttentionShape shape, KvType type) {
        int[] lengths = {150, 1, 33, 64, 17};
        Case it = new Case(shape, type, new Random(2), lengths);
        for (int from : shape.causal() ? new int[] {0, 16, 149} : new int[] {0}) {
            it.run(providers.get(0), 0, lengths);
            Tensor expected = it.run(providers.get(0), from, lengths);
            for (Kernels kernels : providers) {
                String what = kernels.name() + " " + type + " " + shape + " from " + from;
                assertSameBits(it.run(kernels, from, lengths), expected, what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void keysAndValuesAreRoundedAsStated(KvType type) {
        for (int headDim : new int[] {8, 20, 32, 48, 72}) {
            AttentionShape shape = new AttentionShape(2, 2, headDim, 0.2f, 0f, 0, true);
            Case it = new Case(shape, type, new Random(5), 37);
            it.run(providers.get(0), 0, new int[] {37});
            for (int p = 0; p < 37; p++) {
                for (int h = 0; h < 2; h++) {
                    float[] keys = rounded(type, it.keys.getFirst(), p, h * headDim, headDim);
                    float[] values = rounded(type, it.values.getFirst(), p, h * headDim, headDim);
                    int block = it.tables.getFirst()[p / KvBlocks.TOKENS];
                    MemorySegment slab = it.blocks.slab(block);
                    long head = h * type.headBytes(headDim);
                    for (int d = 0; d < headDim; d++) {
                        int lane = p % KvBlocks.TOKENS;
                        assertThat(KvElements.key(type, slab, it.blocks.keys(block) + head, headDim, lane, d))
                                .as("%s key of position %d head %d feature %d", type, p, h, d)
                                .isEqualTo(keys[d]);
                        assertThat(KvElements.value(type, slab, it.blocks.values(block) + head, headDim, lane, d))
                                .as("%s value of position %d head %d feature %d", type, p, h, d)
                                .isEqualTo(values[d]);
                    }
                }
            }
        }
    }

    /** One head through the encoder of files, in whole blocks of 32 with zeros behind the head. */
    private static float[] rounded(KvType type, Tensor x, int row, int from, int headDim) {
        float[] head = new float[Math.ceilDiv(headDim, 32) * 32];
        for (int d = 0; d < headDim; d++) {
            head[d] = x.get(row, from + d);
        }
        DType stored = DType.valueOf(type.name());
        return Quants.decode(stored, Quants.encode(stored, head));
    }

    @Test
    void aSmallerTypeTakesThePartOfTheMemoryThatItSays() {
        assertThat(KvType.F32.headBytes(256)).isEqualTo(16 * 256 * 4);
        assertThat(KvType.BF16.headBytes(256)).isEqualTo(16 * 256 * 2);
        assertThat(KvType.Q8_0.headBytes(256)).isEqualTo(16 * (256 + 8 * 2));
        assertThat(KvType.Q8_0.headBytes(20)).isEqualTo(16 * (20 + 2));
    }

    @Test
    void longPromptsOverManyTilesAreTheTwinsToo() {
        int length = 700;
        for (int window : new int[] {0, 130, 512}) {
            for (int[] heads : new int[][] {{4, 1}, {5, 1}, {3, 1}, {14, 2}}) {
                AttentionShape shape = new AttentionShape(heads[0], heads[1], 16, 0.2f, 0f, window, true);
                Case it = new Case(shape, new Random(6), length);
                Tensor expected = it.run(providers.get(0), 0, new int[] {length});
                for (Kernels kernels : providers) {
                    String what = kernels.name() + " " + shape;
                    assertSameBits(it.run(kernels, 0, new int[] {length}), expected, what);
                    Tensor last = it.run(kernels, length - 1, new int[] {length});
                    assertSameBits(last, expected.slice(length - 1, length), what + ", the last row alone");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void causalAttentionDoesNotDependOnHowThePromptIsCut(AttentionShape shape) {
        if (!shape.causal()) {
            return;
        }
        int length = 150;
        for (Kernels kernels : providers) {
            Case it = new Case(shape, new Random(3), length);
            Tensor whole = it.run(kernels, 0, new int[] {length});
            Case cut = new Case(shape, new Random(3), length);
            int[] ends = {1, 2, 9, 40, 64, 71, 149, 150};
            int from = 0;
            for (int to : ends) {
                Tensor part = cut.run(kernels, from, new int[] {to});
                assertSameBits(part, whole.slice(from, to), kernels.name() + " " + shape + " rows from " + from);
                from = to;
            }
        }
    }

    @Test
    void noNumberOfThreadsChangesTheResult() {
        AttentionShape shape = new AttentionShape(4, 2, 32, 0.2f, 0f, 0, true);
        Case it = new Case(shape, new Random(4), 90, 20);
        Tensor three = it.run(new ScalarKernels(), 0, new int[] {90, 20});
        List<Span> spans = List.of(new Span(0, 90, 0, it.tables.get(0)), new Span(90, 20, 0, it.tables.get(1)));
        Tensor q = it.gather(it.queries, spans, 110);
        for (int threads : new int[] {1, 2}) {
            try (Workers pool = new WorkerPool(threads)) {
                Tensor out = Tensor.allocate(arena, 110, q.cols());
                for (Kernels kernels : providers) {
                    kernels.attention(pool, shape, it.blocks, spans, q, out);
                    assertSameBits(out, three, kernels.name() + ", threads: " + threads);
                }
            }
        }
    }
}
