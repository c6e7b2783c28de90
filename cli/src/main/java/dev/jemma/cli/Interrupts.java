package dev.jemma.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes Ctrl-C end a piece of work, with what there is of it, rather than the process in mid-line: while it is open, an
 * interruption of the process first asks the work to stop and then waits a moment for it to be closed.
 */
final class Interrupts implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook;

    /** @param stop asks the work to end; called from another thread */
    Interrupts(Runnable stop) {
        this(stop, PATIENCE);
    }

    /** @param patience how long the process waits for the work to end */
    Interrupts(Runnable stop, Duration patience) {
        hook = Thread.ofPlatform().unstarted(() -> {
            stop.run();
            try {
                closed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process is ending: the hook has done its work
        }
    }
}
