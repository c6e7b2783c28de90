package dev.jemma.data;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;

/** A file's bytes, unpacked where its name ends in .gz or .zst. */
final class Input {
    /** Largest line, JSON record or Parquet row that is read; what is longer is told, not swallowed. */
    static final int MAX_RECORD_BYTES = 64 << 20;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int MAX_ZSTD_WINDOW_LOG = 27;

    private Input() {}

    /** Counts bytes as they come from the file. */
    private static final class Counted extends FilterInputStream {
        private final LongConsumer counter;

        Counted(InputStream in, LongConsumer counter) {
            super(in);
            this.counter = counter;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            counter.accept(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = super.read(buffer, offset, length);
            counter.accept(Math.max(count, 0));
            return count;
        }
    }

    /** @param counter is told how many bytes were read from the file each time */
    static InputStream open(Path file, LongConsumer counter) {
        try {
            InputStream raw = new Counted(Files.newInputStream(file), counter);
            try {
                return unpacked(raw, file.getFileName().toString());
            } catch (IOException e) {
                raw.close();
                throw e;
            }
        } catch (IOException e) {
            throw failure(file.toString(), e);
        }
    }

    private static InputStream unpacked(InputStream raw, String name) throws IOException {
        if (name.endsWith(".gz")) {
            return new GZIPInputStream(raw, BUFFER_BYTES);
        }
        if (name.endsWith(".zst")) {
            return new ZstdInputStream(new BufferedInputStream(raw, BUFFER_BYTES)).setLongMax(MAX_ZSTD_WINDOW_LOG);
        }
        return raw;
    }

    /** What a failed read means, in a line; {@code where} names the file and, if known, the place. */
    static DataException failure(String where, IOException e) {
        String message = String.valueOf(e.getMessage());
        String problem;
        if (e instanceof NoSuchFileException) {
            problem = "no such file";
        } else if (e instanceof EOFException || message.contains("Truncated") || message.contains("Unexpected end")) {
            problem = "the compressed data ends too early; get the file again";
        } else if (e instanceof com.github.luben.zstd.ZstdIOException || e instanceof java.util.zip.ZipException) {
            problem = "the compressed data is damaged (" + message + "); get the file again";
        } else {
            problem = "cannot be read: " + message;
        }
        return new DataException(where + ": " + problem, e);
    }
}
