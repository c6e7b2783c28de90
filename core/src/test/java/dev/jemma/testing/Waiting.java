package dev.jemma.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what happens soon, on another thread. */
public final class Waiting {
    private Waiting() {}

    /** Returns once it has; fails after half a minute. */
    public static void until(BooleanSupplier happened) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited for 30 seconds in vain");
            }
            Thread.sleep(5);
        }
    }
}
