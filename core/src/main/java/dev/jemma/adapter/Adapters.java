package dev.jemma.adapter;

import dev.jemma.kernel.Grid;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
import dev.jemma.model.Gemma;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LowRank;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Makes adapters, and merges them into weights for good. */
public final class Adapters {
    /** The seven matrices of every layer: what is adapted if nobody says otherwise. */
    public static final List<Part> ALL_MATRICES =
            List.of(Part.QUERY, Part.KEY, Part.VALUE, Part.OUTPUT, Part.GATE, Part.UP, Part.DOWN);

    private static final int COLUMNS = 64;

    private Adapters() {}

    /**
     * A new adapter, which adds nothing yet: A uniform in ±1/√in, as PEFT begins, and B zero.
     *
     * @param parts kinds of matrices that get an addition, in every layer
     * @param seed the same numbers again for the same seed
     * @param arena owns its matrices
     */
    public static Adapter fresh(
            String name,
            GemmaConfig config,
            Adapter.Scaling scaling,
            List<Part> parts,
            long seed,
            Kernels kernels,
            Arena arena) {
        Map<Weight, LowRank> additions = new LinkedHashMap<>();
        SplittableRandom seeds = new SplittableRandom(seed);
        int rank = scaling.rank();
        for (Weight weight : Weight.all(config)) {
            if (!parts.contains(weight.part())) {
                continue;
            }
            int out = Math.toIntExact(weight.shape(config).get(0));
            int in = Math.toIntExact(weight.shape(config).get(1));
            SplittableRandom random = seeds.split();
            double bound = 1 / Math.sqrt(in);
            float[] a = new float[Math.multiplyExact(rank, in)];
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) random.nextDouble(-bound, bound);
            }
            additions.put(
                    weight,
                    new LowRank(
                            AdapterFolder.matrix(kernels, rank, in, a, arena),
                            AdapterFolder.matrix(kernels, out, rank, new float[Math.multiplyExact(out, rank)], arena),
                            scaling.scale(rank)));
        }
        return new Adapter(name, scaling, additions);
    }

    /**
     * {@code W += scale·B·A} for every addition, in the memory of the model's own matrices, which have to be float32
     * ({@link dev.jemma.model.ModelLoader#asMasters}).
     *
     * @throws IllegalArgumentException if a matrix is of another type, or the adapter does not fit the model
     */
    public static void merge(Gemma gemma, Adapter adapter, Kernels kernels, Workers workers) {
        adapter.boundTo(gemma);
        adapter.additions().forEach((weight, addition) -> {
            if (AdapterFolder.packed(gemma.matrix(weight)).transposed().isEmpty()) {
                throw new IllegalArgumentException(weight + " is not float32");
            }
        });
        adapter.additions()
                .forEach((weight, addition) ->
                        merge(AdapterFolder.packed(gemma.matrix(weight)), addition, kernels, workers));
    }

    /** Wᵀ [in, out] += (scale·A)ᵀ [in, r] · Bᵀ [r, out]. */
    private static void merge(Matrix matrix, LowRank addition, Kernels kernels, Workers workers) {
        Grid target = matrix.transposed().orElseThrow();
        Grid right = AdapterFolder.packed(addition.b()).transposed().orElseThrow();
        Matrix a = AdapterFolder.packed(addition.a());
        try (Arena arena = Arena.ofShared()) {
            Tensor scaled = Tensor.allocate(arena, a.rows(), a.cols()); // [r, in]
            for (int r = 0; r < a.rows(); r++) {
                a.row(r, scaled.data(), scaled.offset(r, 0));
                for (int i = 0; i < a.cols(); i++) {
                    scaled.set(r, i, addition.scale() * scaled.get(r, i));
                }
            }
            Grid left = Grid.transposed(scaled);
            workers.run(Math.ceilDiv(matrix.rows(), COLUMNS), (chunk, _) -> {
                int from = chunk * COLUMNS;
                int cols = Math.min(COLUMNS, matrix.rows() - from);
                kernels.product(left, right.from(0, from), target.from(0, from), matrix.cols(), cols, a.rows(), true);
            });
        }
    }
}
