package dev.jemma.machine;

/**
 * An amount and where it comes from, so that a person can be told why.
 *
 * @param amount threads, or bytes of memory
 * @param origin for example "physical cores" or "cgroup quota /sys/fs/cgroup/cpu.max"
 */
public record Limit(long amount, String origin) {}
