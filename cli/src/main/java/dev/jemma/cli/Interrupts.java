package dev.jemma.cli;

import dev.jemma.infer.Completion;
import dev.jemma.infer.Generation;
import java.util.List;

/** Makes Ctrl-C end an answer, with what there is of it, rather than the process in mid-line. */
final class Interrupts {
    private Interrupts() {}

    /** Waits for a generation; an interruption cancels it and waits for the end, which is then near. */
    static List<Completion> await(Generation generation) {
        Thread hook = Thread.ofPlatform().unstarted(() -> {
            generation.cancel();
            try { // the main thread prints what there is and ends the process by itself
                Thread.sleep(2000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return generation.await();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // the process is ending: the hook has done its work
            }
        }
    }
}
