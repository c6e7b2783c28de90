package dev.jemma.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that appears under its name only when it is whole and on the disk; what is not committed is deleted. */
final class AtomicFile implements AutoCloseable {
    private final Path target;
    private final Path partial;
    private final FileChannel channel;
    private boolean committed;

    private AtomicFile(Path target, Path partial, FileChannel channel) {
        this.target = target;
        this.partial = partial;
        this.channel = channel;
    }

    static AtomicFile create(Path target) {
        Path partial = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            FileChannel channel = FileChannel.open(
                    partial, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
            return new AtomicFile(target, partial, channel);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** Writes all of it at the end. */
    void write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** Writes over what stands at the beginning. */
    void writeFirst(ByteBuffer bytes) {
        try {
            for (long at = 0; bytes.hasRemaining(); ) {
                at += channel.write(bytes, at);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    void commit() {
        try {
            channel.force(true);
            channel.close();
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
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

    static DataException failed(Path target, IOException e) {
        return new DataException(
                target + " cannot be written: " + e.getMessage() + "; make room or choose another place", e);
    }
}
