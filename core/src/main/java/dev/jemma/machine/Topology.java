package dev.jemma.machine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which logical processors share a core, and which cores are fast: from /sys/devices/system/cpu, or from /proc/cpuinfo
 * where /sys is not mounted.
 *
 * @param online the logical processors that run
 * @param coreOf a core's number for each logical processor; siblings share one
 * @param fast the logical processors on cores of the fastest kind
 */
record Topology(BitSet online, Map<Integer, Integer> coreOf, BitSet fast) {

    /** Reads the topology; empty if this system tells none. */
    static Optional<Topology> read(SystemFiles files) {
        BitSet online = files.read("/sys/devices/system/cpu/online")
                .map(CpuLists::parse)
                .filter(set -> !set.isEmpty())
                .orElseGet(() -> fromCpuinfo(files));
        if (online.isEmpty()) {
            return Optional.empty();
        }
        Map<Integer, Integer> cores = coresFromSys(files, online);
        if (cores.isEmpty()) {
            cores = coresFromCpuinfo(files, online);
        }
        return Optional.of(new Topology(online, cores, fast(files, online)));
    }

    /** Cores that have at least one of these logical processors. */
    int cores(BitSet among) {
        Set<Integer> cores = new HashSet<>();
        BitSet set = (BitSet) among.clone();
        set.and(online);
        set.stream().forEach(cpu -> cores.add(coreOf.getOrDefault(cpu, cpu)));
        return cores.size();
    }

    private static Map<Integer, Integer> coresFromSys(SystemFiles files, BitSet online) {
        Map<Integer, Integer> cores = new HashMap<>();
        for (int cpu : online.stream().toArray()) {
            String topology = "/sys/devices/system/cpu/cpu" + cpu + "/topology/";
            Optional<BitSet> siblings = files.read(topology + "core_cpus_list")
                    .or(() -> files.read(topology + "thread_siblings_list"))
                    .map(CpuLists::parse)
                    .filter(set -> set.get(cpu));
            if (siblings.isEmpty()) {
                return Map.of();
            }
            cores.put(cpu, siblings.get().nextSetBit(0)); // a core is named after its first thread
        }
        return cores;
    }

    private static BitSet fromCpuinfo(SystemFiles files) {
        BitSet cpus = new BitSet();
        for (Map<String, String> block : cpuinfo(files)) {
            cpus.or(CpuLists.parse(block.getOrDefault("processor", "")));
        }
        return cpus;
    }

    private static Map<Integer, Integer> coresFromCpuinfo(SystemFiles files, BitSet online) {
        Map<Integer, Integer> cores = new HashMap<>();
        Map<String, Integer> firstOf = new HashMap<>();
        for (Map<String, String> block : cpuinfo(files)) {
            int cpu = CpuLists.parse(block.getOrDefault("processor", "")).nextSetBit(0);
            if (cpu < 0 || !online.get(cpu) || !block.containsKey("core id")) {
                return Map.of(); // each its own core
            }
            String core = block.get("physical id") + "/" + block.get("core id");
            cores.put(cpu, firstOf.computeIfAbsent(core, name -> cpu));
        }
        return cores;
    }

    /** The paragraphs of /proc/cpuinfo, one a logical processor. */
    static List<Map<String, String>> cpuinfo(SystemFiles files) {
        List<Map<String, String>> blocks = new ArrayList<>();
        for (String paragraph : files.read("/proc/cpuinfo").orElse("").split("\n\\s*\n")) {
            Map<String, String> block = new HashMap<>();
            for (String line : paragraph.split("\n")) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    block.put(
                            line.substring(0, colon).strip(),
                            line.substring(colon + 1).strip());
                }
            }
            if (block.containsKey("processor")) {
                blocks.add(block);
            }
        }
        return blocks;
    }

    /** Intel names its fast cores; Arm gives each processor a capacity, the fastest of which is 1024. */
    private static BitSet fast(SystemFiles files, BitSet online) {
        BitSet named =
                files.read("/sys/devices/cpu_core/cpus").map(CpuLists::parse).orElseGet(BitSet::new);
        named.and(online);
        if (!named.isEmpty()) {
            return named;
        }
        BitSet fast = new BitSet();
        int best = 0;
        for (int cpu : online.stream().toArray()) {
            Optional<String> text = files.read("/sys/devices/system/cpu/cpu" + cpu + "/cpu_capacity");
            if (text.isEmpty() || !text.get().matches("\\d{1,6}")) {
                return (BitSet) online.clone();
            }
            int capacity = Integer.parseInt(text.get());
            if (capacity > best) {
                best = capacity;
                fast.clear();
            }
            if (capacity == best) {
                fast.set(cpu);
            }
        }
        return fast;
    }
}
