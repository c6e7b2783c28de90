package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Progress;
import dev.jemma.cli.Units;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fetches one file: goes on where an earlier try stopped (Range, guarded by the ETag), tries again with growing pauses when
 * the line breaks, counts the SHA-256 on the way, and never leaves a file that is not what it should be.
 */
final class Download {
    private static final int TRIES_WITHOUT_PROGRESS = 4;
    private static final int BUFFER_BYTES = 1 << 16;

    /** Opens a file to write to its end; tests put a full disk here. */
    @FunctionalInterface
    interface Opener {
        OutputStream append(Path file) throws IOException;
    }

    /** How patient to be. */
    record Patience(Duration firstPause, Duration stall) {
        static final Patience USUAL = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(30));
    }

    /** A file that has arrived whole. */
    record Arrived(Path path, long bytes, String sha256, Optional<String> commit) {}

    private final Connection connection;
    private final Patience patience;
    private final Opener opener;

    Download(Connection connection, Patience patience) {
        this(
                connection,
                patience,
                file -> Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    Download(Connection connection, Patience patience, Opener opener) {
        this.connection = connection;
        this.patience = patience;
        this.opener = opener;
    }

    /** Where a download stands: what lies on disk, its digest so far, and what the server said of it. */
    private static final class State {
        final Path folder;
        final Path part;
        final Path etagFile;
        MessageDigest digest = Checksums.sha256();
        long bytes;
        long total = -1;
        Optional<String> etag = Optional.empty();
        Optional<String> sha256;
        Optional<String> commit = Optional.empty();

        State(Path folder, Path target, Optional<String> sha256) {
            this.folder = folder;
            this.part = target.resolveSibling(target.getFileName() + ".part");
            this.etagFile = target.resolveSibling(target.getFileName() + ".part.etag");
            this.sha256 = sha256;
        }

        void restart() throws IOException {
            Files.deleteIfExists(part);
            Files.deleteIfExists(etagFile);
            digest = Checksums.sha256();
            bytes = 0;
            etag = Optional.empty();
        }
    }

    /**
     * Fetches a file into {@code folder}; one that is there already and right is kept.
     *
     * @param done bytes of the whole pull that other files account for, for the progress display
     * @throws UnavailableException if the source cannot give it
     * @throws JemmaException if the disk is full or what arrived is not what was wanted
     */
    Arrived fetch(URI uri, ModelFile file, Path folder, Progress progress, long done) {
        Path target = Names.inside(folder, file.name(), "a list of files");
        State state = new State(folder, target, file.sha256());
        try {
            Files.createDirectories(target.getParent() == null ? folder : target.getParent());
            file.bytes().ifPresent(bytes -> state.total = bytes);
            if (Files.exists(target)) { // from an earlier pull that fetched some files of several
                return verified(state, target, uri);
            }
            resume(state);
            Space.check(folder, file.bytes().orElse(0L) - state.bytes);
            progress.resumeAt(done + state.bytes);
        } catch (IOException e) {
            throw new JemmaException("the store's file " + state.part + " cannot be used: " + Store.reason(e), e);
        }
        transfer(uri, state, progress, done);
        try {
            Files.deleteIfExists(state.etagFile);
            Checksums.check(
                    state.part, state.bytes, Checksums.hex(state.digest), state.total, state.sha256, uri.getHost());
            if (state.bytes == 0 && !Files.exists(state.part)) {
                Files.createFile(state.part); // nothing had to come
            }
            Files.move(state.part, target);
            return new Arrived(target, state.bytes, Checksums.hex(state.digest), state.commit);
        } catch (IOException e) {
            throw new JemmaException(target + " cannot be written: " + Store.reason(e), e);
        }
    }

    private Arrived verified(State state, Path target, URI uri) throws IOException {
        state.bytes = Checksums.update(state.digest, target);
        Checksums.check(target, state.bytes, Checksums.hex(state.digest), state.total, state.sha256, uri.getHost());
        return new Arrived(target, state.bytes, Checksums.hex(state.digest), Optional.empty());
    }

    private static void resume(State state) throws IOException {
        try {
            state.etag = Optional.of(Files.readString(state.etagFile).strip()).filter(text -> !text.isEmpty());
        } catch (NoSuchFileException e) {
            state.etag = Optional.empty();
        }
        boolean guarded = state.etag.isPresent() || state.sha256.isPresent();
        boolean fits = Files.exists(state.part) && (state.total < 0 || Files.size(state.part) <= state.total);
        if (guarded && fits) {
            state.bytes = Checksums.update(state.digest, state.part);
        } else {
            state.restart();
        }
    }

    private void transfer(URI uri, State state, Progress progress, long done) {
        int failures = 0;
        boolean answered = false;
        while (state.total < 0 || state.bytes < state.total) {
            long before = state.bytes;
            try {
                if (once(uri, state, progress, done)) {
                    return;
                }
                answered = true;
                throw new IOException("the connection ended early");
            } catch (DiskException e) {
                throw new JemmaException(
                        "the disk of " + state.folder + " cannot take the download ("
                                + Store.reason(e.io()) + "): " + Units.bytes(state.bytes)
                                + " have arrived and are kept; make room and run the same command again",
                        e);
            } catch (IOException e) {
                boolean moved = state.bytes > before;
                failures = moved ? 0 : failures + 1;
                answered |= moved;
                // A host that was never reached is given up at once: the next source may answer.
                if (failures >= TRIES_WITHOUT_PROGRESS || (!answered && !(e instanceof BusyException))) {
                    throw new UnavailableException(
                            uri.getHost() + " cannot be reached: " + reason(e)
                                    + (state.bytes > 0
                                            ? "; " + Units.bytes(state.bytes) + " are kept for the next try"
                                            : ""),
                            e);
                }
                pause(failures);
            }
        }
    }

    /** One request. True if the body ended as it should. */
    private boolean once(URI uri, State state, Progress progress, long done) throws IOException, DiskException {
        Map<String, String> headers = new HashMap<>();
        if (state.bytes > 0) {
            headers.put("Range", "bytes=" + state.bytes + "-");
            state.etag.ifPresent(etag -> headers.put("If-Range", etag));
        }
        try (Connection.Answer answer = connection.get(uri, headers)) {
            int status = answer.status();
            if (status == 416) { // we have more than there is, or the server counts otherwise: begin again
                state.restart();
                return false;
            }
            if (status == 429 || status >= 500) {
                throw new BusyException(uri.getHost() + " answers " + status);
            }
            connection.check(status, uri);
            state.sha256 = state.sha256.or(answer::sha256);
            state.commit = state.commit.or(answer::commit);
            boolean goesOn = status == 206 && startsAt(answer, state.bytes);
            if (!goesOn && state.bytes > 0) {
                state.restart();
                if (status == 206) {
                    return false;
                }
            }
            long length = answer.header("Content-Length").map(Download::number).orElse(-1L);
            if (state.total < 0 && length >= 0) {
                state.total = state.bytes + length;
                Space.check(state.folder, length);
            }
            Optional<String> etag = answer.header("ETag").filter(text -> text.startsWith("\""));
            if (etag.isPresent() && !etag.equals(state.etag)) {
                state.etag = etag;
                Files.writeString(state.etagFile, etag.get());
            }
            copy(answer.body(), state, progress, done);
            return state.total < 0 || state.bytes == state.total;
        }
    }

    private void copy(InputStream body, State state, Progress progress, long done) throws IOException, DiskException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long most = state.total < 0 ? Long.MAX_VALUE : state.total;
        try (Watch watch = new Watch(body, patience.stall());
                OutputStream out = open(state.part)) {
            while (true) {
                int count = body.read(buffer);
                if (count < 0) {
                    return;
                }
                watch.alive();
                if (count > most - state.bytes) {
                    count = (int) (most - state.bytes) + 1; // one byte too many shows as a wrong size
                }
                write(out, buffer, count);
                state.digest.update(buffer, 0, count);
                state.bytes += count;
                progress.at(done + state.bytes);
                if (state.bytes > most) {
                    return;
                }
            }
        }
    }

    private OutputStream open(Path part) throws DiskException {
        try {
            return opener.append(part);
        } catch (IOException e) {
            throw new DiskException(e);
        }
    }

    private static void write(OutputStream out, byte[] buffer, int count) throws DiskException {
        try {
            out.write(buffer, 0, count);
        } catch (IOException e) {
            throw new DiskException(e);
        }
    }

    private static boolean startsAt(Connection.Answer answer, long offset) {
        return answer.header("Content-Range")
                .map(range -> range.startsWith("bytes " + offset + "-"))
                .orElse(false);
    }

    private static long number(String text) {
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    }

    private void pause(int failures) {
        try {
            Thread.sleep(patience.firstPause().multipliedBy(1L << Math.min(failures, 5)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("interrupted").initCause(e);
        }
    }

    static String reason(IOException e) {
        return switch (e) {
            case java.net.http.HttpConnectTimeoutException timeout -> "no connection within 5 seconds";
            case java.net.http.HttpTimeoutException timeout -> "no answer within 30 seconds";
            case java.net.ConnectException refused
            when refused.getMessage() == null -> "the host is unknown or refuses the connection";
            default -> String.valueOf(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        };
    }

    /** The server is there but has no time now. */
    private static final class BusyException extends IOException {
        private static final long serialVersionUID = 1L;

        BusyException(String message) {
            super(message);
        }
    }

    /** The disk failed, not the line. */
    private static final class DiskException extends Exception {
        private static final long serialVersionUID = 1L;
        private final IOException io;

        DiskException(IOException io) {
            super(io);
            this.io = io;
        }

        IOException io() {
            return io;
        }
    }

    /** Closes a body that has not moved for long, so that reading it fails instead of waiting for ever. */
    private static final class Watch implements AutoCloseable {
        private final AtomicLong lastNanos = new AtomicLong(System.nanoTime());
        private final Thread thread;

        Watch(InputStream body, Duration stall) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    while (System.nanoTime() - lastNanos.get() < stall.toNanos()) {
                        Thread.sleep(Duration.ofMillis(Math.clamp(stall.toMillis() / 4, 10, 1000)));
                    }
                    body.close();
                } catch (InterruptedException | IOException e) {
                    return; // the transfer has ended
                }
            });
        }

        void alive() {
            lastNanos.set(System.nanoTime());
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
