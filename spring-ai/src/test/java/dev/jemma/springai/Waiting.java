package dev.jemma.springai;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what happens soon, on another thread. */
final class Waiting {
    private Waiting() {}

    static void until(BooleanSupplier happened) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited for 30 seconds in vain");
            }
            Thread.sleep(5);
        }
    }
}
