package dev.jemma.serve;

import dev.jemma.serve.protocol.ApiException;
import java.util.concurrent.Semaphore;

/** Bounds what the bodies of all requests may take together, so that many large ones do not use up the heap. */
final class BodyBudget {
    private static final int UNIT = 1 << 10;
    private static final int LARGEST_AT_ONCE = 8;

    private final Semaphore units;

    /** @param largest most bytes of one body */
    BodyBudget(int largest) {
        units = new Semaphore(LARGEST_AT_ONCE * units(largest));
    }

    private static int units(long bytes) {
        return (int) Math.ceilDiv(bytes, (long) UNIT);
    }

    /**
     * Takes room for a body.
     *
     * @throws ApiException 429 if there is none
     */
    void take(long bytes) {
        if (!units.tryAcquire(units(bytes))) {
            throw ApiException.busy("too many large requests at once; come again later", 1);
        }
    }

    /** Gives back what {@link #take} took, or a part of it. */
    void giveBack(long taken, long stillUsed) {
        units.release(units(taken) - units(stillUsed));
    }
}
