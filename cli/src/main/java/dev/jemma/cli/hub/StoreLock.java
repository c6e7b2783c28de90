package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** A lock between processes, and between threads of one: the system frees it when its holder dies. */
final class StoreLock implements AutoCloseable {
    private static final long POLL_MILLIS = 200;

    private final FileChannel channel;
    private final FileLock lock;

    private StoreLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits for the lock; {@code onWait} runs once if another holds it. */
    static StoreLock take(Path file, Runnable onWait) throws IOException {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                boolean told = false;
                while (true) {
                    FileLock lock = tryLock(channel);
                    if (lock != null) {
                        return new StoreLock(channel, lock);
                    }
                    if (!told) {
                        onWait.run();
                        told = true;
                    }
                    Thread.sleep(POLL_MILLIS);
                }
            } catch (InterruptedException | IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("interrupted").initCause(e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) { // another thread of this process
            return null;
        }
    }

    @Override
    public void close() {
        try (channel) {
            lock.release();
        } catch (IOException e) {
            throw new JemmaException("a lock of the store cannot be freed: " + Store.reason(e), e);
        }
    }
}
