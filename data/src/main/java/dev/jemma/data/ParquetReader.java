package dev.jemma.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Rows of a Parquet file, which a thread of its own decodes ({@link ParquetRows}): the decoder may wait for ever on a
 * damaged file, we do not.
 */
final class ParquetReader implements RowReader {
    /** A row that takes longer than this never comes. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int ROWS_AHEAD = 256;

    private final Path path;
    private final Duration patience;
    private final LongConsumer counter;
    private final long bytesPerRow;
    private final BlockingQueue<ParquetRows.Item> queue = new ArrayBlockingQueue<>(ROWS_AHEAD);
    private final Thread thread;

    /** @param columns those that are read; none named means all */
    ParquetReader(Path path, Set<String> columns, LongConsumer counter, Duration patience) {
        this.path = path;
        this.patience = patience;
        this.counter = counter;
        this.bytesPerRow = bytesPerRow(path);
        this.thread = Thread.ofPlatform().daemon().name("jemma-parquet").start(new ParquetRows(path, columns, queue));
    }

    // For the progress bar only; text takes a hundred bytes and more.
    private static long bytesPerRow(Path path) {
        try {
            return Math.max(1, Math.min(Files.size(path) / 1000, 100));
        } catch (IOException e) {
            throw Input.failure(path.toString(), e);
        }
    }

    @Override
    public Optional<Row> next() {
        ParquetRows.Item item;
        try {
            item = queue.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException(path + ": reading was interrupted", e);
        }
        return switch (item) {
            case null ->
                throw new DataException(path + ": no row came for " + patience.toSeconds()
                        + " s; the file is damaged, or its disk does not answer");
            case ParquetRows.Item.One(Place place, var value) -> {
                counter.accept(bytesPerRow);
                yield Optional.of(new Row(place, value));
            }
            case ParquetRows.Item.End() -> Optional.empty();
            case ParquetRows.Item.Failed(DataException why) -> throw why;
        };
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
