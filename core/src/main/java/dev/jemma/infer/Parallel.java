package dev.jemma.infer;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** A piece of the start that goes on beside another, on a thread of its own; its exception is thrown where it is met. */
final class Parallel<T> {
    private final FutureTask<T> task;

    private Parallel(FutureTask<T> task) {
        this.task = task;
    }

    static <T> Parallel<T> start(String name, Supplier<T> work) {
        Parallel<T> parallel = new Parallel<>(new FutureTask<>(work::get));
        Thread.ofPlatform().daemon().name(name).start(parallel.task);
        return parallel;
    }

    /** Throws if the work has failed: then what goes on beside it is in vain. */
    void check() {
        if (task.state() == Future.State.FAILED) {
            throw unchecked(task.exceptionNow());
        }
    }

    /** The result, waited for. */
    T join() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true; // the work is short
                } catch (ExecutionException e) {
                    throw unchecked(task.exceptionNow());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException exception ? exception : new IllegalStateException(thrown);
    }
}
