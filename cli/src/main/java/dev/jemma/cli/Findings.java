package dev.jemma.cli;

import dev.jemma.machine.HugePages;
import dev.jemma.machine.Limit;
import dev.jemma.machine.Machine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What {@code doctor} has to say: each finding names what is slow or will fail, and how to mend it. */
final class Findings {
    private static final long SMALL_MEMORY_BYTES = 1_000_000_000L;

    private Findings() {}

    /** One thing that is not as it should be. */
    record Finding(String what, String remedy) {}

    static List<Finding> of(
            Machine machine,
            String kernels,
            Optional<String> refusal,
            OptionalInt vectorBits,
            Optional<String> ordinaryPages,
            String vmInfo,
            Path store) {
        List<Finding> findings = new ArrayList<>();
        hugePages(machine, ordinaryPages, findings);
        refusal.ifPresent(reason -> findings.add(new Finding(
                "The fastest kernels, machine code written at run time, are off.", "Reason: " + reason + ".")));
        if (kernels.startsWith("x86")) {
            return withoutKernels(findings, machine, vmInfo, store);
        }
        if (vectorBits.isEmpty()) {
            findings.add(new Finding(
                    "The Vector API module is not loaded: kernels are scalar and many times slower.",
                    "Start Jemma with ./jemma, or add --add-modules jdk.incubator.vector to Java's flags."));
        } else if (vectorBits.getAsInt() < 256) {
            boolean could = machine.cpu().features().contains("avx2");
            findings.add(new Finding(
                    "Vectors are only " + vectorBits.getAsInt() + " bits wide"
                            + (could ? " although the processor has AVX2." : "."),
                    could
                            ? "Take -XX:MaxVectorSize or -XX:UseAVX out of Java's flags (JEMMA_JAVA_OPTS)."
                            : "Nothing to mend: the processor, or the virtual machine around it, offers no more."));
        }
        return withoutKernels(findings, machine, vmInfo, store);
    }

    private static List<Finding> withoutKernels(List<Finding> findings, Machine machine, String vmInfo, Path store) {
        if (vmInfo.contains("interpreted")) {
            findings.add(new Finding(
                    "Java only interprets: everything is some fifty times slower.",
                    "Take -Xint out of Java's flags (JEMMA_JAVA_OPTS, JDK_JAVA_OPTIONS)."));
        }
        threads(machine, findings);
        memory(machine, findings);
        if (machine.governor().filter("powersave"::equals).isPresent()
                && !machine.cpu().model().contains("Intel")) {
            findings.add(new Finding(
                    "The processor's frequency governor is powersave.",
                    "Choose performance while you measure: cpupower frequency-set -g performance"));
        }
        Path existing = nearestExisting(store);
        if (!Files.isWritable(existing)) {
            findings.add(new Finding(
                    "The model store " + store + " cannot be written: pull and import will fail, models in it work.",
                    "Set JEMMA_HOME to a folder of yours if you want to pull."));
        }
        return List.copyOf(findings);
    }

    private static void threads(Machine machine, List<Finding> findings) {
        Limit deciding = machine.threads().deciding();
        if (deciding.amount() < machine.cpu().performance()) {
            findings.add(new Finding(
                    "Only " + deciding.amount() + " of " + machine.cpu().performance() + " cores are used: "
                            + deciding.origin() + ".",
                    deciding.origin().startsWith("cgroup")
                            ? "Raise the container's CPU limit (docker --cpus, Kubernetes resources.limits.cpu)."
                            : "Widen the mask (taskset, docker --cpuset-cpus) if more cores are meant to be used."));
        }
    }

    private static void memory(Machine machine, List<Finding> findings) {
        if (machine.memory().amount() < SMALL_MEMORY_BYTES) {
            findings.add(new Finding(
                    "Only " + Units.bytes(machine.memory().amount()) + " of memory may be used: "
                            + machine.memory().deciding().origin() + ".",
                    "Gemma 3 270M needs about 1 GB; raise the limit or shorten the context."));
        }
    }

    private static void hugePages(Machine machine, Optional<String> ordinaryPages, List<Finding> findings) {
        if (machine.hugePages() == HugePages.NEVER) {
            findings.add(new Finding(
                    "Huge pages are switched off: reading weights from memory can be slower.",
                    "As root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"));
        } else {
            ordinaryPages.ifPresent(reason -> findings.add(new Finding(
                    "Weights do not lie on huge pages: reading them from memory can be slower.",
                    "Reason: " + reason + ".")));
        }
    }

    private static Path nearestExisting(Path path) {
        @Nullable Path at = path.toAbsolutePath();
        while (at != null && !Files.exists(at)) {
            at = at.getParent();
        }
        return at == null ? path : at;
    }
}
