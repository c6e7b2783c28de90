package dev.jemma.kernel;

import dev.jemma.memory.HugeArena;
import java.lang.foreign.Arena;

/** Memory for what kernels walk over from end to end: for other modules, which do not see the package that deals in addresses. */
public final class LargeMemory {
    private LargeMemory() {}

    /** An arena for any thread, on huge pages where the system gives them; zeroed, gone when it is closed. */
    public static Arena shared() {
        return HugeArena.ofShared();
    }
}
