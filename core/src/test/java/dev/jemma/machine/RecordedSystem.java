package dev.jemma.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that plays /proc and /sys, filled with texts as real machines give them. */
final class RecordedSystem {
    private final Path root;

    RecordedSystem(Path root) {
        this.root = root;
    }

    RecordedSystem with(String file, String text) {
        try {
            Path path = root.resolve(file.substring(1));
            Files.createDirectories(path.getParent());
            Files.writeString(path, text + "\n");
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Cores of two hardware threads each, numbered as Intel does: 0 and cores, 1 and cores + 1, … */
    RecordedSystem withSmt(int cores) {
        with("/sys/devices/system/cpu/online", "0-" + (2 * cores - 1));
        for (int cpu = 0; cpu < 2 * cores; cpu++) {
            with(topology(cpu), cpu % cores + "," + (cpu % cores + cores));
        }
        return this;
    }

    /** A 12-core hybrid: 4 performance cores of two threads (0–7), 8 efficiency cores (8–15), as an i7-1260P has. */
    RecordedSystem withHybrid() {
        with("/sys/devices/system/cpu/online", "0-15");
        with("/sys/devices/cpu_core/cpus", "0-7");
        with("/sys/devices/cpu_atom/cpus", "8-15");
        for (int cpu = 0; cpu < 16; cpu++) {
            int first = cpu / 2 * 2;
            with(topology(cpu), cpu < 8 ? first + "-" + (first + 1) : Integer.toString(cpu));
        }
        return this;
    }

    RecordedSystem withAffinity(String list) {
        return with(
                "/proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list + "\nThreads:\t20");
    }

    RecordedSystem withMemory(long kib) {
        return with(
                "/proc/meminfo",
                "MemTotal:       " + kib + " kB\nMemFree:         1000000 kB\nMemAvailable:    " + kib / 2 + " kB");
    }

    RecordedSystem withCgroup2(String group) {
        with("/proc/self/cgroup", "0::" + group);
        return with(
                "/proc/self/mountinfo",
                "24 30 0:22 / /proc rw,nosuid - proc proc rw\n"
                        + "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate");
    }

    Machine detect() {
        return Machine.detect(root);
    }

    private static String topology(int cpu) {
        return "/sys/devices/system/cpu/cpu" + cpu + "/topology/core_cpus_list";
    }
}
