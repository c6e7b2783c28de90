package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.RopeTable;
import dev.jemma.kernel.Workers;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Reads weights into the layout of the kernels: pieces of rows go through small staging buffers, several at once, so
 * that the peak is the packed weights and little more (DESIGN 5.1). Every shape is checked against the configuration
 * before a byte is read.
 */
public final class ModelLoader {
    private static final long STAGING_BYTES = 1L << 20;

    private final ModelFiles files;
    private final GemmaConfig config;
    private final Kernels kernels;
    private final Workers workers;
    private final Arena arena;
    private final LongConsumer progress;
    private final AtomicLong bytesRead = new AtomicLong();

    /**
     * @param arena owns the weights
     * @param progress called with the bytes read so far, from any thread
     */
    public ModelLoader(ModelFiles files, Kernels kernels, Workers workers, Arena arena, LongConsumer progress) {
        this.files = files;
        this.config = files.config();
        this.kernels = kernels;
        this.workers = workers;
        this.arena = arena;
        this.progress = progress;
    }

    /** Bytes that {@link #load} will read. */
    public static long bytesToRead(ModelFiles files) {
        long bytes = 0;
        for (TensorInfo tensor : files.tensors().tensors()) {
            bytes += tensor.byteSize();
        }
        return bytes;
    }

    /**
     * Loads all weights.
     *
     * @throws FormatException if a tensor is missing or has another shape than the configuration says
     */
    public Gemma load(EmbeddingScale scale) {
        EmbeddingScale resolved = scale == EmbeddingScale.AUTO ? files.embeddingScale() : scale;
        int d = config.hiddenSize();
        Linear embedding = matrix(Part.EMBEDDING, 0, config.vocabularySize(), d);
        Tensor finalNorm = norm(Part.FINAL_NORM, 0, d);
        Map<String, RopeTable> tables = new HashMap<>();
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < config.layers().size(); i++) {
            layers.add(layer(i, tables));
        }
        return new Gemma(config, resolved.factor(d), embedding, layers, finalNorm);
    }

    /** Loads what follows the hidden states of an embedding model. */
    public EmbeddingHead loadHead() {
        List<Linear> dense = new ArrayList<>();
        int in = config.hiddenSize();
        for (ModelFiles.Dense layer : files.dense()) {
            TensorInfo tensor = layer.tensor();
            checkShape(layer.file(), tensor, tensor.rows(), in);
            dense.add(pack(layer.file(), tensor));
            in = Math.toIntExact(tensor.rows());
        }
        return new EmbeddingHead(dense);
    }

    private Layer layer(int i, Map<String, RopeTable> tables) {
        LayerConfig c = config.layers().get(i);
        int d = config.hiddenSize();
        int headDim = c.attention().headDim();
        int q = c.attention().heads() * headDim;
        int kv = c.attention().kvHeads() * headDim;
        int ff = c.feedForwardSize();
        boolean post = config.architecture().postNorms();
        boolean qkNorm = config.architecture().qkNorm();
        RopeTable rope = tables.computeIfAbsent(
                c.ropeTheta() + "/" + c.ropeFactor() + "/" + headDim,
                _ -> new RopeTable(c.ropeTheta(), c.ropeFactor(), headDim));
        return new Layer(
                i,
                "layer" + i,
                c,
                rope,
                norm(Part.ATTENTION_NORM, i, d),
                List.of(matrix(Part.QUERY, i, q, d), matrix(Part.KEY, i, kv, d), matrix(Part.VALUE, i, kv, d)),
                optionalNorm(qkNorm, Part.QUERY_NORM, i, headDim),
                optionalNorm(qkNorm, Part.KEY_NORM, i, headDim),
                matrix(Part.OUTPUT, i, d, q),
                optionalNorm(post, Part.POST_ATTENTION_NORM, i, d),
                norm(Part.FEED_FORWARD_NORM, i, d),
                matrix(Part.GATE, i, ff, d),
                matrix(Part.UP, i, ff, d),
                matrix(Part.DOWN, i, d, ff),
                optionalNorm(post, Part.POST_FEED_FORWARD_NORM, i, d));
    }

    private Optional<Tensor> optionalNorm(boolean there, Part part, int layer, int size) {
        return there ? Optional.of(norm(part, layer, size)) : Optional.empty();
    }

    /** A norm's weights, ready to multiply: 1 + w in float32 where the file holds w. */
    private Tensor norm(Part part, int layer, int size) {
        TensorInfo tensor = files.tensor(part, layer);
        if (tensor.elements() != size) {
            throw wrongShape(files.tensors(), tensor, "[" + size + "]");
        }
        try (Arena staging = Arena.ofConfined()) {
            MemorySegment raw = staging.allocate(tensor.byteSize(), 8);
            files.tensors().read(tensor, 0, raw);
            float[] w = Quants.decode(tensor.type(), raw);
            if (files.addOneToNorms()) {
                for (int i = 0; i < w.length; i++) {
                    w[i] = 1 + w[i];
                }
            }
            count(tensor.byteSize());
            return Tensor.copyOf(arena, w);
        }
    }

    private Linear matrix(Part part, int layer, int rows, int cols) {
        TensorInfo tensor = files.tensor(part, layer);
        checkShape(files.tensors(), tensor, rows, cols);
        return pack(files.tensors(), tensor);
    }

    private static void checkShape(TensorFile file, TensorInfo tensor, long rows, long cols) {
        if (!tensor.shape().equals(List.of(rows, cols))) {
            throw wrongShape(file, tensor, "[" + rows + ", " + cols + "]");
        }
    }

    private static FormatException wrongShape(TensorFile file, TensorInfo tensor, String wanted) {
        return new FormatException(file.description() + ": the tensor " + tensor.name() + " has shape " + tensor.shape()
                + ", but the configuration asks for " + wanted);
    }

    private Linear pack(TensorFile file, TensorInfo tensor) {
        int rows = Math.toIntExact(tensor.rows());
        int cols = Math.toIntExact(tensor.cols());
        MatrixBuilder builder = kernels.matrix(tensor.type(), rows, cols, arena);
        long rowBytes = tensor.type().bytesFor(cols);
        int step = Math.clamp(STAGING_BYTES / rowBytes, MatrixBuilder.ROWS, Math.max(rows, MatrixBuilder.ROWS))
                / MatrixBuilder.ROWS
                * MatrixBuilder.ROWS;
        workers.run(Math.ceilDiv(rows, step), (chunk, _) -> {
            int first = chunk * step;
            int n = Math.min(step, rows - first);
            try (Arena staging = Arena.ofConfined()) {
                MemorySegment raw = staging.allocate(n * rowBytes, 64);
                file.read(tensor, first * rowBytes, raw);
                builder.put(first, raw);
            }
            count(n * rowBytes);
        });
        return new Linear.Packed(builder.build());
    }

    private void count(long bytes) {
        progress.accept(bytesRead.addAndGet(bytes));
    }
}
