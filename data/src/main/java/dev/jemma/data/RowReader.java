package dev.jemma.data;

import java.util.Optional;

/** The records of one file, one after another. Every failure is a {@link DataException} that names the place. */
sealed interface RowReader extends AutoCloseable permits TextReader, JsonLinesReader, JsonArrayReader, ParquetReader {
    /** The next record; empty at the end. */
    Optional<Row> next();

    @Override
    void close();
}
