package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Holds what a reader allocates against the size of what it reads. */
final class Allocation {
    /** Bytes that may be allocated for each byte that is present. */
    private static final long PER_BYTE = 16;

    /** And besides: the parsers' own buffers, messages, a stack trace. */
    private static final long FIXED_BYTES = 256 << 10;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** Runs {@code work}, which reads {@code bytesPresent} bytes and may refuse them, and checks what it allocated. */
    static void check(String what, long bytesPresent, Runnable work) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            work.run();
        } catch (FormatException e) {
            assertThat(e.getMessage()).as(what).isNotBlank().doesNotContain("\n");
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated)
                .as(what + ": bytes allocated for " + bytesPresent)
                .isLessThanOrEqualTo(PER_BYTE * bytesPresent + FIXED_BYTES);
    }
}
