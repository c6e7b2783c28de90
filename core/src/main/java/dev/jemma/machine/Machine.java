package dev.jemma.machine;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The machine as this process may use it. On Linux it is read from /proc, /sys and the control groups; elsewhere from what
 * the JVM knows. No native call, no other process. The engine takes its default number of threads and its memory budget
 * from here, and {@code doctor} shows both with their origin.
 *
 * @param os name and version of the system
 * @param arch of the processor, as Java names it
 * @param cpu the processor
 * @param threads how many compute threads to use: the smallest of cores, affinity mask and quota
 * @param memory bytes that may be used: the smallest of RAM and control-group limits
 * @param availableMemory bytes that are free or can be made so, if the system tells
 * @param hugePages whether 2 MiB pages can be had
 * @param governor the frequency governor of the first processor, if there is one
 */
public record Machine(
        String os,
        String arch,
        Cpu cpu,
        Budget threads,
        Budget memory,
        OptionalLong availableMemory,
        HugePages hugePages,
        Optional<String> governor) {

    /** What our kernels can make use of, in the words of Linux. */
    private static final List<String> FEATURES = List.of(
            "sse4_2",
            "avx",
            "avx2",
            "fma",
            "f16c",
            "avx_vnni",
            "avx512f",
            "avx512bw",
            "avx512_vnni",
            "avx512_bf16",
            "amx_int8",
            "asimd",
            "asimddp",
            "i8mm",
            "bf16",
            "sve",
            "sve2");

    /** Looks at this machine. Takes a few milliseconds; the answer can change while the process lives. */
    public static Machine detect() {
        return detect(Path.of("/"));
    }

    /** Looks at the system files under {@code root}. */
    static Machine detect(Path root) {
        SystemFiles files = new SystemFiles(root);
        Optional<Topology> topology = Topology.read(files);
        return new Machine(
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("os.arch"),
                cpu(files, topology),
                threads(files, topology),
                memory(files),
                meminfo(files, "MemAvailable"),
                HugePages.parse(files.read("/sys/kernel/mm/transparent_hugepage/enabled")
                        .orElse("")),
                files.read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    }

    private static Cpu cpu(SystemFiles files, Optional<Topology> topology) {
        List<Map<String, String>> cpuinfo = Topology.cpuinfo(files);
        Map<String, String> first = cpuinfo.isEmpty() ? Map.of() : cpuinfo.getFirst();
        String windows = System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", System.getProperty("os.arch"));
        String model = Optional.ofNullable(first.get("model name"))
                .or(() -> files.read("/proc/device-tree/model"))
                .or(() -> Optional.ofNullable(first.get("CPU part")).map(part -> "Arm part " + part))
                .orElse(windows);
        String flags = first.getOrDefault("flags", first.getOrDefault("Features", ""));
        Set<String> features = new LinkedHashSet<>(FEATURES);
        features.retainAll(Arrays.asList(flags.split(" ")));
        int processors = Runtime.getRuntime().availableProcessors();
        return topology.map(t -> new Cpu(
                        model, List.copyOf(features), t.online().cardinality(), t.cores(t.online()), t.cores(t.fast())))
                .orElse(new Cpu(model, List.copyOf(features), processors, processors, processors));
    }

    /** One thread a core; two of one core's hardware threads in the affinity mask are worth one. */
    private static Budget threads(SystemFiles files, Optional<Topology> topology) {
        List<Limit> limits = new ArrayList<>();
        if (topology.isPresent()) {
            Topology t = topology.get();
            int fast = t.cores(t.fast());
            limits.add(new Limit(fast, fast < t.cores(t.online()) ? "performance cores" : "physical cores"));
            files.read("/proc/self/status")
                    .flatMap(Machine::allowed)
                    .filter(mask -> mask.intersects(t.online()))
                    .ifPresent(mask -> {
                        BitSet fastAllowed = (BitSet) mask.clone();
                        fastAllowed.and(t.fast());
                        int cores = t.cores(fastAllowed.isEmpty() ? mask : fastAllowed);
                        limits.add(new Limit(cores, "affinity mask (cores in Cpus_allowed)"));
                    });
        } else {
            limits.add(new Limit(Runtime.getRuntime().availableProcessors(), "processors that Java sees"));
        }
        limits.addAll(new Cgroups(files).cpuQuotas());
        return new Budget(limits);
    }

    private static Optional<BitSet> allowed(String status) {
        return status.lines()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> CpuLists.parse(line.substring(line.indexOf(':') + 1)))
                .findFirst();
    }

    private static Budget memory(SystemFiles files) {
        List<Limit> limits = new ArrayList<>();
        OptionalLong total = meminfo(files, "MemTotal");
        if (total.isPresent()) {
            limits.add(new Limit(total.getAsLong(), "RAM"));
        } else if (ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system) {
            limits.add(new Limit(system.getTotalMemorySize(), "RAM as Java sees it"));
        } else {
            limits.add(new Limit(Runtime.getRuntime().maxMemory(), "Java's heap"));
        }
        limits.addAll(new Cgroups(files).memoryLimits());
        return new Budget(limits);
    }

    /** The most bytes of memory that this process held at any time until now, if the system tells. */
    public static OptionalLong peakResidentBytes() {
        return peakResidentBytes(Path.of("/"));
    }

    /** As above, as the system files under {@code root} tell. */
    static OptionalLong peakResidentBytes(Path root) {
        return bytes(new SystemFiles(root), "/proc/self/status", "VmHWM");
    }

    private static OptionalLong meminfo(SystemFiles files, String name) {
        return bytes(files, "/proc/meminfo", name);
    }

    /** A line of a file that gives amounts in KiB, in bytes. */
    private static OptionalLong bytes(SystemFiles files, String file, String name) {
        return files.read(file)
                .orElse("")
                .lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.replaceAll("\\D", ""))
                .filter(digits -> !digits.isEmpty() && digits.length() < 16)
                .mapToLong(digits -> Long.parseLong(digits) * 1024)
                .findFirst();
    }
}
