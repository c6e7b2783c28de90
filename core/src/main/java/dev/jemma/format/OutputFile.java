package dev.jemma.format;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears under its name only when it is whole: bytes go to a hidden sibling, which {@link #commit} moves
 * into place and {@link #close} otherwise deletes.
 */
final class OutputFile implements AutoCloseable {
    private static final int CHUNK_BYTES = 8 << 20;

    private final Path target;
    private final Path partial;
    private final FileChannel channel;
    private long position;
    private boolean committed;

    private OutputFile(Path target, Path partial, FileChannel channel) {
        this.target = target;
        this.partial = partial;
        this.channel = channel;
    }

    static OutputFile create(Path target) {
        Path absolute = target.toAbsolutePath();
        Path folder = Objects.requireNonNull(absolute.getParent(), "a file lies in a folder");
        try {
            Files.createDirectories(folder);
            String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
            Path partial = folder.resolve("." + absolute.getFileName() + "." + unique + ".part");
            FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            return new OutputFile(absolute, partial, channel);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    long position() {
        return position;
    }

    void write(byte[] bytes) {
        write(ByteBuffer.wrap(bytes));
    }

    void write(MemorySegment bytes) {
        for (long done = 0; done < bytes.byteSize(); ) {
            long length = Math.min(CHUNK_BYTES, bytes.byteSize() - done);
            write(bytes.asSlice(done, length).asByteBuffer());
            done += length;
        }
    }

    /** Zeros up to the next multiple of {@code alignment}. */
    void pad(long alignment) {
        write(new byte[(int) (Math.ceilDiv(position, alignment) * alignment - position)]);
    }

    private void write(ByteBuffer buffer) {
        try {
            while (buffer.hasRemaining()) {
                position += channel.write(buffer);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** Makes the file durable and puts it in place of whatever bears its name. */
    void commit() {
        try {
            channel.force(true);
            channel.close();
            try {
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
            }
            committed = true;
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            if (!committed) {
                Files.deleteIfExists(partial);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    private static JemmaException failed(Path target, IOException e) {
        return new JemmaException(
                target + " cannot be written: " + e.getMessage()
                        + ". Nothing was left under that name; make room or choose another place",
                e);
    }
}
