package dev.jemma.serve;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the server is working on, so that a stop can wait for it, and cut it short when it takes too long. */
final class Activity {
    private static final long STEP_MILLIS = 20;

    private final AtomicInteger active = new AtomicInteger();
    private final Set<Run> runs = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    void enter() {
        active.incrementAndGet();
    }

    void leave() {
        active.decrementAndGet();
    }

    /** Requests that are being worked on. */
    int active() {
        return active.get();
    }

    /** A run starts. */
    void running(Run run) {
        runs.removeIf(Run::isCancelled); // a run that is closed is cancelled
        runs.add(run);
        if (stopping) {
            run.cancel();
        }
    }

    /** From now on no new work is taken. */
    void stop() {
        stopping = true;
    }

    boolean stopping() {
        return stopping;
    }

    /** Waits until nothing is worked on; false if that takes too long. */
    boolean drained(Duration most) {
        long end = System.nanoTime() + most.toNanos();
        while (active.get() > 0) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                Thread.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    /** Ends every run. */
    void cut() {
        runs.forEach(Run::cancel);
    }
}
