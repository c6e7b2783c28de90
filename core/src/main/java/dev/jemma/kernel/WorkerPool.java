package dev.jemma.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that compute: n − 1 daemons and whoever calls {@link #run}. Threads take chunks from one counter, spin a
 * little when there is nothing to do, then park. Calls from several threads take turns; a call from inside a chunk runs
 * its chunks at once on the same thread. Nothing is allocated per call.
 */
public final class WorkerPool implements Workers {
    /** How long a thread looks for work before it sleeps: longer than the gap between two kernels of a forward pass. */
    private static final long SPIN_NANOS = 50_000;

    private static final int SPINS_PER_CLOCK_READING = 32;

    private final ReentrantLock turn = new ReentrantLock();
    private final Worker[] daemons;
    /** Chunks of the current call not yet taken; 0 or less when all are. Written last, so it publishes the call. */
    private final AtomicInteger untaken = new AtomicInteger();
    /** Chunks of the current call not yet finished. */
    private final AtomicInteger unfinished = new AtomicInteger();

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private @Nullable Chunk work;
    private int chunks;
    private volatile @Nullable Thread sleepingCaller;
    private volatile boolean closed;

    /** @param threads threads that compute, the caller included; at least 1 */
    public WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 thread, not " + threads);
        }
        daemons = new Worker[threads - 1];
        for (int i = 0; i < daemons.length; i++) {
            daemons[i] = new Worker(i + 1);
            daemons[i].start();
        }
    }

    @Override
    public int threads() {
        return daemons.length + 1;
    }

    @Override
    public void run(int chunkCount, Chunk chunk) {
        if (Thread.currentThread() instanceof Worker worker && worker.pool() == this) {
            runInline(chunkCount, chunk, worker.index);
            return;
        }
        if (turn.isHeldByCurrentThread()) {
            runInline(chunkCount, chunk, 0);
            return;
        }
        turn.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the worker pool is closed");
            }
            if (chunkCount <= 1 || daemons.length == 0) {
                runInline(chunkCount, chunk, 0);
            } else {
                share(chunkCount, chunk);
            }
        } finally {
            turn.unlock();
        }
    }

    private static void runInline(int chunkCount, Chunk chunk, int worker) {
        for (int i = 0; i < chunkCount; i++) {
            chunk.run(i, worker);
        }
    }

    private void share(int chunkCount, Chunk chunk) {
        work = chunk;
        chunks = chunkCount;
        unfinished.set(chunkCount);
        untaken.set(chunkCount);
        for (int i = 0; i < Math.min(daemons.length, chunkCount - 1); i++) {
            daemons[i].wake();
        }
        takeChunks(0);
        awaitOthers();
        work = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown != null) {
            throw new IllegalStateException(thrown);
        }
    }

    /**
     * Takes chunks until none is left. A thread that comes late may lower the counter of a call that is over, which harms
     * nobody; if it takes a chunk, that call cannot end before the chunk does, so its fields hold still.
     */
    private void takeChunks(int worker) {
        while (untaken.get() > 0) {
            int left = untaken.getAndDecrement();
            if (left <= 0) {
                return;
            }
            try {
                Chunk current = work;
                if (current != null && failure.get() == null) {
                    current.run(chunks - left, worker);
                }
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
            } finally {
                finishChunk();
            }
        }
    }

    private void finishChunk() {
        if (unfinished.decrementAndGet() == 0) {
            Thread caller = sleepingCaller;
            if (caller != null) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void awaitOthers() {
        if (spinUntilFinished()) {
            return;
        }
        sleepingCaller = Thread.currentThread();
        while (unfinished.get() > 0) {
            LockSupport.park(this);
        }
        sleepingCaller = null;
    }

    private boolean spinUntilFinished() {
        long start = System.nanoTime();
        do {
            for (int i = 0; i < SPINS_PER_CLOCK_READING; i++) {
                if (unfinished.get() == 0) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - start < SPIN_NANOS);
        return false;
    }

    /** Waits for a running call, then ends the threads. Later calls of {@link #run} fail. */
    @Override
    public void close() {
        turn.lock();
        try {
            closed = true;
            for (Worker worker : daemons) {
                LockSupport.unpark(worker);
            }
        } finally {
            turn.unlock();
        }
    }

    private final class Worker extends Thread {
        private final int index;
        private volatile boolean asleep;

        Worker(int index) {
            super("jemma-worker-" + index);
            this.index = index;
            setDaemon(true);
        }

        WorkerPool pool() {
            return WorkerPool.this;
        }

        void wake() {
            if (asleep) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            while (!closed) {
                takeChunks(index);
                if (!spinUntilWork()) {
                    sleep();
                }
            }
        }

        private boolean spinUntilWork() {
            long start = System.nanoTime();
            do {
                for (int i = 0; i < SPINS_PER_CLOCK_READING; i++) {
                    if (untaken.get() > 0) {
                        return true;
                    }
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() - start < SPIN_NANOS);
            return false;
        }

        /** The flag is up before the last look at the counter, so a call that starts now is either seen or wakes us. */
        private void sleep() {
            asleep = true;
            while (untaken.get() <= 0 && !closed) {
                LockSupport.park(this);
            }
            asleep = false;
        }
    }
}
