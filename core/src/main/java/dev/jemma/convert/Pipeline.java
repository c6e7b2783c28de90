package dev.jemma.convert;

import dev.jemma.format.FormatException;
import dev.jemma.format.Names;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Workers;
import dev.jemma.quant.Quants;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;

/**
 * Streams tensors from one file to another, rows in parallel, with memory for a few rows a thread. A tensor that changes
 * neither type nor value is copied byte by byte.
 */
final class Pipeline {
    /** Elements that a chunk of work converts, at least one row. */
    private static final long CHUNK_ELEMENTS = 128 << 10;

    private static final int CHUNKS_PER_THREAD = 4;
    private static final int MAX_COLS = 1 << 28;
    private static final int COPY_BYTES = 4 << 20;

    /**
     * One tensor's way.
     *
     * @param file where it comes from
     * @param source as it is there
     * @param target as it is to be; with as many columns, and at most as many rows, which are the first ones
     * @param add what every value grows by, in float32: 1 for norms on their way to GGUF, −1 on their way back
     */
    record Step(TensorFile file, TensorInfo source, TensorInfo target, float add) {
        boolean isCopy() {
            return add == 0 && source.type() == target.type() && !(file instanceof MergedTensor);
        }
    }

    private final Workers workers;
    private final Consumer<MemorySegment> sink;

    Pipeline(Workers workers, Consumer<MemorySegment> sink) {
        this.workers = workers;
        this.sink = sink;
    }

    void run(List<Step> steps, Progress progress) {
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            if (step.isCopy()) {
                copy(step);
            } else {
                convert(step);
            }
            progress.written(step.target().name(), i + 1, steps.size());
        }
    }

    private void copy(Step step) {
        long bytes = step.target().byteSize();
        byte[] buffer = new byte[(int) Math.min(bytes, COPY_BYTES)];
        for (long done = 0; done < bytes; done += buffer.length) {
            MemorySegment part = MemorySegment.ofArray(buffer).asSlice(0, Math.min(buffer.length, bytes - done));
            step.file().read(step.source(), done, part);
            sink.accept(part);
        }
    }

    private void convert(Step step) {
        long rows = step.target().rows();
        if (rows == 0) {
            return;
        }
        if (step.target().cols() > MAX_COLS) {
            throw new FormatException("tensor " + Names.shown(step.source().name()) + " of "
                    + step.file().description() + " has rows of "
                    + step.target().cols() + " elements; at most "
                    + MAX_COLS + " are converted");
        }
        int cols = (int) step.target().cols();
        int rowsPerChunk = (int) Math.clamp(CHUNK_ELEMENTS / cols, 1, rows);
        long rowBytes = step.target().type().bytesFor(cols);
        int chunks = workers.threads() * CHUNKS_PER_THREAD;
        byte[][] results = new byte[chunks][];
        for (long first = 0; first < rows; first += (long) chunks * rowsPerChunk) {
            long start = first;
            int due = (int) Math.min(chunks, Math.ceilDiv(rows - first, rowsPerChunk));
            workers.run(due, (chunk, worker) -> {
                long row = start + (long) chunk * rowsPerChunk;
                int n = (int) Math.min(rowsPerChunk, rows - row);
                byte[] out = new byte[Math.toIntExact(n * rowBytes)];
                convertRows(step, row, n, cols, MemorySegment.ofArray(out));
                results[chunk] = out;
            });
            for (int chunk = 0; chunk < due; chunk++) {
                sink.accept(MemorySegment.ofArray(results[chunk]));
            }
        }
    }

    private static void convertRows(Step step, long firstRow, int rows, int cols, MemorySegment out) {
        long sourceRow = step.source().type().bytesFor(cols);
        long targetRow = step.target().type().bytesFor(cols);
        MemorySegment raw = MemorySegment.ofArray(new byte[Math.toIntExact(rows * sourceRow)]);
        step.file().read(step.source(), firstRow * sourceRow, raw);
        float[] values = new float[cols];
        for (int r = 0; r < rows; r++) {
            Quants.decode(step.source().type(), raw, r * sourceRow, values, 0, cols);
            if (step.add() != 0) {
                for (int i = 0; i < cols; i++) {
                    values[i] += step.add();
                }
            }
            Quants.encode(step.target().type(), values, 0, out, r * targetRow, cols);
        }
    }
}
