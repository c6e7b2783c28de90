package dev.jemma.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file read by position: no shared cursor, so any number of threads may read at once. Reading rather than mapping: a
 * file that is truncated under us gives an exception, not a fault, and no page of it counts as our memory (DESIGN 5.1).
 */
final class FileBytes implements AutoCloseable {
    /** Bytes asked of the system at a time; a multiple of any page size. */
    private static final int CHUNK_BYTES = 8 << 20;

    private final Path path;
    private final FileChannel channel;
    private final long size;

    private FileBytes(Path path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    static FileBytes open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new FormatException(path + (Files.exists(path) ? " is not a file" : ": no such file"));
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new FileBytes(path, channel, channel.size());
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new FormatException(path + " cannot be opened: " + e.getMessage(), e);
        }
    }

    Path path() {
        return path;
    }

    /** Bytes in the file when it was opened. */
    long size() {
        return size;
    }

    /** Fills {@code target} with the bytes from {@code position} on. */
    void read(long position, MemorySegment target) {
        boolean direct = target.isNative() || target.heapBase().orElse(null) instanceof byte[];
        if (!direct) {
            MemorySegment staging = MemorySegment.ofArray(new byte[(int) Math.min(target.byteSize(), CHUNK_BYTES)]);
            for (long done = 0; done < target.byteSize(); done += staging.byteSize()) {
                MemorySegment part = staging.asSlice(0, Math.min(staging.byteSize(), target.byteSize() - done));
                read(position + done, part);
                MemorySegment.copy(part, 0, target, done, part.byteSize());
            }
            return;
        }
        for (long done = 0; done < target.byteSize(); ) {
            long length = Math.min(CHUNK_BYTES, target.byteSize() - done);
            read(position + done, target.asSlice(done, length).asByteBuffer());
            done += length;
        }
    }

    /** Fills what remains of {@code buffer} with the bytes from {@code position} on. */
    void read(long position, ByteBuffer buffer) {
        long at = position;
        try {
            while (buffer.hasRemaining()) {
                int n = channel.read(buffer, at);
                if (n <= 0) {
                    throw new FormatException(path + " ends at byte " + at + ", but " + buffer.remaining()
                            + " more bytes were expected: the file is cut short; fetch it again");
                }
                at += n;
            }
        } catch (IOException e) {
            throw new FormatException(path + " cannot be read at byte " + at + ": " + e.getMessage(), e);
        }
    }

    /** The whole file, if it is no longer than {@code limitBytes}. */
    static byte[] readAll(Path path, long limitBytes) {
        try (FileBytes file = open(path)) {
            if (file.size() > limitBytes) {
                throw new FormatException(path + " has " + file.size() + " bytes; at most " + limitBytes + " are read");
            }
            byte[] bytes = new byte[(int) file.size()];
            file.read(0, ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new FormatException(path + " cannot be closed: " + e.getMessage(), e);
        }
    }
}
