package dev.jemma.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that compute: n − 1 daemons and whoever calls {@link #run}. Each thread has a share of neighbouring chunks
 * and takes them one by one, so that it walks through memory as its prefetching expects; who is through with its own
 * share takes from the others', so a thread that lost its core delays only the chunk it holds. Threads without work
 * spin a little, then park. Calls from several threads take turns; a call from inside a chunk runs its chunks at once on
 * the same thread. Nothing is allocated per call.
 */
public final class WorkerPool implements Workers {
    /** How long a thread looks for work before it sleeps: longer than the gap between two kernels of a forward pass. */
    private static final long SPIN_NANOS = 50_000;

    private static final int SPINS_PER_CLOCK_READING = 32;
    /** Counters that different threads count down lie so many ints apart: on cache lines of their own. */
    private static final int APART = 32;

    private final ReentrantLock turn = new ReentrantLock();
    private final Worker[] daemons;
    /** How many calls were shared; written last, so it publishes a call. */
    private final AtomicInteger calls = new AtomicInteger();
    /** Chunks of each share of the current call not yet taken; 0 or less when all are. */
    private final AtomicIntegerArray untaken;
    /** Chunks of the current call not yet finished. */
    private final AtomicInteger unfinished = new AtomicInteger();

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private @Nullable Chunk work;
    private int chunks;
    private int shares;
    private volatile @Nullable Thread sleepingCaller;
    private volatile boolean closed;

    /** @param threads threads that compute, the caller included; at least 1 */
    public WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 thread, not " + threads);
        }
        untaken = new AtomicIntegerArray(threads * APART);
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
        shares = Math.min(threads(), chunkCount);
        unfinished.set(chunkCount);
        for (int share = 0; share < shares; share++) {
            untaken.set(share * APART, endOf(share) - endOf(share - 1));
        }
        calls.incrementAndGet();
        for (int i = 0; i < shares - 1; i++) {
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

    /** The chunk behind the last one of a share. */
    private int endOf(int share) {
        return (int) ((share + 1L) * chunks / shares);
    }

    /**
     * Takes chunks until none is left, of the worker's own share first. A thread that comes late may lower a counter of a
     * call that is over, which harms nobody; if it takes a chunk, that call cannot end before the chunk does, so its
     * fields hold still.
     */
    private void takeChunks(int worker) {
        int done = 0;
        int threads = threads();
        for (int i = 0; i < threads; i++) {
            int share = worker + i < threads ? worker + i : worker + i - threads;
            int counter = share * APART;
            while (untaken.get(counter) > 0) {
                int left = untaken.getAndDecrement(counter);
                if (left <= 0) {
                    break;
                }
                runChunk(endOf(share) - left, worker);
                done++;
            }
        }
        if (done > 0 && unfinished.addAndGet(-done) == 0) {
            Thread caller = sleepingCaller;
            if (caller != null) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void runChunk(int chunk, int worker) {
        try {
            Chunk current = work;
            if (current != null && failure.get() == null) {
                current.run(chunk, worker);
            }
        } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
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
            int seen = 0;
            while (!closed) {
                if (!spinUntilCall(seen)) {
                    sleepUntilCall(seen);
                }
                seen = calls.get();
                takeChunks(index);
            }
        }

        private boolean spinUntilCall(int seen) {
            long start = System.nanoTime();
            do {
                for (int i = 0; i < SPINS_PER_CLOCK_READING; i++) {
                    if (calls.get() != seen) {
                        return true;
                    }
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() - start < SPIN_NANOS);
            return false;
        }

        /** The flag is up before the last look at the counter, so a call that starts now is either seen or wakes us. */
        private void sleepUntilCall(int seen) {
            asleep = true;
            while (calls.get() == seen && !closed) {
                LockSupport.park(this);
            }
            asleep = false;
        }
    }
}
