package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.Workers;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Reads weights into the layout of the kernels: pieces of rows go through small staging buffers, several at once, so
 * that the peak is the packed weights and little more (DESIGN 5.1). Every shape is checked against the configuration
 * before a byte is read.
 */
public final class ModelLoader {
    /** Small enough for the second-level cache, and for the matrices of a small model to keep several threads busy. */
    private static final long STAGING_BYTES = 128L << 10;

    private final ModelFiles files;
    private final GemmaConfig config;
    private final Kernels kernels;
    private final Workers workers;
    private final Arena arena;
    private final LongConsumer progress;
    private final AtomicLong bytesRead = new AtomicLong();
    private final MemorySegment[] staging;
    private boolean masters;

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
        staging = new MemorySegment[workers.threads()];
        Arrays.fill(staging, MemorySegment.NULL);
    }

    /**
     * Matrices of every type are decoded to float32, exactly, so that they can be trained: what full fine-tuning starts
     * from, of a quantized file too.
     */
    public ModelLoader asMasters() {
        masters = true;
        return this;
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
        return Gemma.of(config, resolved.factor(config.hiddenSize()), new WeightSource() {
            @Override
            public Linear matrix(Weight weight) {
                return pack(files.tensors(), files.tensor(weight));
            }

            @Override
            public Tensor norm(Weight weight) {
                return readNorm(weight);
            }
        });
    }

    /** Loads what follows the hidden states of an embedding model. */
    public EmbeddingHead loadHead() {
        List<Linear> dense = new ArrayList<>();
        int in = config.hiddenSize();
        for (DenseLayers.Layer layer : files.dense().layers()) {
            TensorInfo tensor = layer.tensor();
            if (tensor.shape().size() != 2 || tensor.cols() != in) {
                throw new FormatException(layer.file().description() + ": the tensor " + tensor.name() + " has shape "
                        + tensor.shape() + ", but its input has " + in + " columns");
            }
            dense.add(pack(layer.file(), tensor));
            in = Math.toIntExact(tensor.rows());
        }
        return new EmbeddingHead(dense);
    }

    /** A norm's weights, ready to multiply: 1 + w in float32 where the file holds w. */
    private Tensor readNorm(Weight weight) {
        TensorInfo tensor = files.tensor(weight);
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

    private Linear pack(TensorFile file, TensorInfo tensor) {
        int rows = Math.toIntExact(tensor.rows());
        int cols = Math.toIntExact(tensor.cols());
        DType type = masters ? DType.F32 : tensor.type();
        MatrixBuilder builder = kernels.matrix(type, rows, cols, arena);
        long rowBytes = tensor.type().bytesFor(cols);
        int step = Math.clamp(STAGING_BYTES / rowBytes, MatrixBuilder.ROWS, Math.max(rows, MatrixBuilder.ROWS))
                / MatrixBuilder.ROWS
                * MatrixBuilder.ROWS;
        workers.run(Math.ceilDiv(rows, step), (chunk, worker) -> {
            int first = chunk * step;
            int n = Math.min(step, rows - first);
            MemorySegment raw = staging(worker, step * rowBytes).asSlice(0, n * rowBytes);
            file.read(tensor, first * rowBytes, raw);
            builder.put(first, type == tensor.type() ? raw : decoded(tensor.type(), raw));
            count(n * rowBytes);
        });
        return new Linear.Packed(builder.build());
    }

    /** A worker's staging buffer; grows to the largest that is asked for. */
    private MemorySegment staging(int worker, long bytes) {
        if (staging[worker].byteSize() < bytes) {
            staging[worker] = Arena.ofAuto().allocate(bytes, Tensor.ALIGNMENT_BYTES);
        }
        return staging[worker];
    }

    private static MemorySegment decoded(DType type, MemorySegment raw) {
        return MemorySegment.ofArray(Quants.decode(type, raw));
    }

    private void count(long bytes) {
        progress.accept(bytesRead.addAndGet(bytes));
    }
}
