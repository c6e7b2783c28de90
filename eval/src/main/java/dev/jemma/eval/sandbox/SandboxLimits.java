package dev.jemma.eval.sandbox;

import java.time.Duration;

/**
 * What one program may use.
 *
 * @param time on the clock from its first line; processor time is bounded by as much and a second more
 * @param memoryBytes address space of each of its processes, and resident memory of all of them together
 * @param scratchBytes size of the one folder that it may write to, and of each file there
 * @param outputBytes what it may print to standard output and error together
 * @param processes processes and threads at a time, its own included
 */
public record SandboxLimits(Duration time, long memoryBytes, long scratchBytes, long outputBytes, int processes) {
    /** Three seconds as in the reference, 1 GiB of memory, 16 MiB of files, 1 MiB of output, 32 processes. */
    public static final SandboxLimits DEFAULTS =
            new SandboxLimits(Duration.ofSeconds(3), 1L << 30, 16L << 20, 1L << 20, 32);

    private static final long LEAST_MEMORY_BYTES = 64L << 20;

    public SandboxLimits {
        if (time.compareTo(Duration.ofMillis(10)) < 0 || time.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("a program's time is from 10 ms to an hour, not " + time);
        }
        if (memoryBytes < LEAST_MEMORY_BYTES) {
            throw new IllegalArgumentException("a program needs 64 MiB at least, not " + memoryBytes + " bytes");
        }
        if (scratchBytes < 4096 || outputBytes < 1 || processes < 1) {
            throw new IllegalArgumentException(
                    "a program needs 4096 bytes of files, a byte of output and a process at least");
        }
    }

    /** The same with another time. */
    public SandboxLimits withTime(Duration longest) {
        return new SandboxLimits(longest, memoryBytes, scratchBytes, outputBytes, processes);
    }

    /** The same with another amount of memory. */
    public SandboxLimits withMemoryBytes(long most) {
        return new SandboxLimits(time, most, scratchBytes, outputBytes, processes);
    }
}
