package dev.jemma.serve;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.constraint.ConstraintException;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.serve.protocol.ApiException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What answers must look like, made once for each model and text of it, and kept as long as there is room. They are made
 * on threads of their own, for a limited time, so that neither the engine nor other requests wait for a hostile one.
 */
final class Constraints implements AutoCloseable {
    private static final int MAX_KEPT = 256;
    private static final int MAX_WAITING = 64;
    private static final int THREADS = 2;
    /** How often those who wait are asked whether they still do. */
    private static final long ROUND_NANOS = Duration.ofMillis(50).toNanos();
    /** How long sets of tokens are computed ahead of the engine. */
    private static final Duration AHEAD = Duration.ofMillis(150);

    private final long maxBytes;
    private final Duration patience;
    private final Map<Key, Entry> entries = new LinkedHashMap<>(16, 0.75f, true); // guarded by itself
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            THREADS, THREADS, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), Constraints::thread);

    /** A text that says what answers look like, for a model. */
    private record Key(LanguageModel model, String digest) {}

    private static final class Entry {
        final Making task;
        int users;

        Entry(Making task) {
            this.task = task;
        }
    }

    /** A constraint in the making, which is ended when it takes too long. */
    private final class Making extends FutureTask<TokenConstraint> {
        private final LanguageModel model;
        volatile long startNanos;

        Making(LanguageModel model, Supplier<Grammar> grammar) {
            super(() -> {
                TokenConstraint made = model.constraint(grammar.get());
                made.prepare(AHEAD);
                return made;
            });
            this.model = model;
        }

        @Override
        public void run() {
            try {
                model.prepareConstraints(); // whose time is nobody's fault
            } catch (RuntimeException | Error e) { // or those who wait for it would wait for ever
                setException(e);
                return;
            }
            startNanos = System.nanoTime();
            super.run();
        }

        /** Time left, while it has not been started all of it. */
        long nanosLeft() {
            long start = startNanos;
            return start == 0 ? patience.toNanos() : start + patience.toNanos() - System.nanoTime();
        }
    }

    /** A constraint in use. */
    final class Lease implements AutoCloseable {
        private final Entry entry;
        private final TokenConstraint constraint;

        private Lease(Entry entry, TokenConstraint constraint) {
            this.entry = entry;
            this.constraint = constraint;
        }

        TokenConstraint constraint() {
            return constraint;
        }

        @Override
        public void close() {
            release(entry);
        }
    }

    /**
     * @param maxBytes most memory of all constraints, before no new one is made
     * @param patience most time for making one
     */
    Constraints(long maxBytes, Duration patience) {
        this.maxBytes = maxBytes;
        this.patience = patience;
        threads.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(Runnable work) {
        return Thread.ofPlatform().name("jemma-constraints").daemon().unstarted(work);
    }

    /**
     * The constraint that a text asks for.
     *
     * @param text tells this grammar from any other
     * @param grammar makes it
     * @param stillWanted asked now and then while it is being made; throws what ends the wait
     * @throws ConstraintException if it is wrong, not supported, or too large
     * @throws ApiException 429 if too many are being made or are in use
     */
    Lease take(LanguageModel model, String text, Supplier<Grammar> grammar, Runnable stillWanted)
            throws InterruptedException {
        Key key = new Key(model, digest(text));
        Entry entry;
        synchronized (entries) {
            entry = entries.get(key);
            if (entry == null) {
                makeRoom();
                entry = new Entry(new Making(model, grammar));
                start(entry.task);
                entries.put(key, entry);
            }
            entry.users++;
        }
        try {
            return new Lease(entry, await(entry.task, stillWanted));
        } catch (InterruptedException | RuntimeException | Error e) {
            synchronized (entries) {
                if (--entry.users == 0) {
                    entry.task.cancel(true);
                    threads.remove(entry.task); // or it would keep its place among those that wait for a thread
                    entries.remove(key, entry);
                }
            }
            throw e;
        }
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private void start(Making task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            throw ApiException.busy("too many new schemas at once; come again later", 1);
        }
    }

    private TokenConstraint await(Making task, Runnable stillWanted) throws InterruptedException {
        while (true) {
            stillWanted.run();
            long left = task.nanosLeft();
            if (left <= 0) {
                task.cancel(true);
            }
            try {
                return task.get(Math.clamp(left, 0, ROUND_NANOS), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // it may have waited for its turn: the next round knows
            } catch (CancellationException e) {
                if (threads.isShutdown()) {
                    throw ApiException.stopping();
                }
                throw new ConstraintException("it takes too long to read: make it smaller");
            } catch (ExecutionException e) {
                throw failure(e);
            }
        }
    }

    private static RuntimeException failure(ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof StackOverflowError || cause instanceof OutOfMemoryError) {
            return new ConstraintException("it is too large");
        }
        return cause instanceof RuntimeException known ? known : new IllegalStateException(e);
    }

    /** Lets go of those that were not used for the longest time. */
    private void makeRoom() {
        long bytes = 0;
        for (Entry entry : entries.values()) {
            bytes += bytes(entry);
        }
        Iterator<Entry> eldest = entries.values().iterator();
        while (eldest.hasNext() && (entries.size() >= MAX_KEPT || bytes > maxBytes)) {
            Entry entry = eldest.next();
            if (entry.users == 0) {
                bytes -= bytes(entry);
                eldest.remove();
            }
        }
        if (bytes > maxBytes) {
            throw ApiException.busy("answers that run use too many large schemas; come again later", 5);
        }
    }

    private static long bytes(Entry entry) {
        return entry.task.state() == java.util.concurrent.Future.State.SUCCESS
                ? entry.task.resultNow().bytes()
                : 0;
    }

    private void release(Entry entry) {
        synchronized (entries) {
            entry.users--;
        }
    }

    /** Constraints in use, and others that are kept. */
    int inUse() {
        synchronized (entries) {
            return entries.values().stream().mapToInt(e -> e.users).sum();
        }
    }

    @Override
    public void close() {
        for (Runnable left : threads.shutdownNow()) {
            ((Making) left).cancel(false); // nobody will ever run it, and somebody waits for it
        }
    }
}
