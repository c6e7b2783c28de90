package dev.jemma.cli;

import dev.jemma.cli.hub.HubSettings;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.machine.Budget;
import dev.jemma.machine.Cpu;
import dev.jemma.machine.Limit;
import dev.jemma.machine.Machine;
import dev.jemma.memory.HugeArena;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jemma doctor}: what this machine offers, where each limit comes from, what is slow and how to mend it. */
@Command(name = "doctor", description = "Show what this machine offers, what is slow and how to mend it.")
final class DoctorCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    DoctorCommand(Console console) {
        this.console = console;
    }

    /** The whole report, as {@code --json} prints it. */
    record Report(
            Environment environment,
            String jvm,
            Machine machine,
            OptionalInt vectorBits,
            long heapBytes,
            Limit threads,
            Limit memory,
            String store,
            List<Findings.Finding> findings) {}

    @Override
    public Integer call() {
        Machine machine = Machine.detect();
        Path store = HubSettings.of(console.environment()).home();
        Report report = new Report(
                Environment.of(machine.threads().count(), Optional.empty(), Optional.empty()),
                System.getProperty("java.vm.name") + " (" + System.getProperty("java.vm.info", "") + ")",
                machine,
                Provider.vectorBits(),
                Runtime.getRuntime().maxMemory(),
                machine.threads().deciding(),
                machine.memory().deciding(),
                store.toString(),
                Findings.of(
                        machine,
                        Provider.name(),
                        KernelProviders.refusal(),
                        Provider.vectorBits(),
                        HugeArena.refusal(),
                        System.getProperty("java.vm.info", ""),
                        store));
        if (json) {
            console.println(Json.pretty(report));
        } else {
            print(report);
        }
        return Jemma.OK;
    }

    private void print(Report report) {
        Machine machine = report.machine();
        Cpu cpu = machine.cpu();
        row("Jemma", report.environment().version());
        row("JDK", report.environment().jdk() + ", " + System.getProperty("java.home"));
        row("JVM", report.jvm() + ", heap up to " + Units.bytes(report.heapBytes()));
        row("System", machine.os() + " " + machine.arch());
        row("CPU", cpu.model());
        row(
                "Cores",
                cpu.physical() + " cores, " + cpu.logical() + " hardware threads"
                        + (cpu.hybrid() ? ", " + cpu.performance() + " of the cores are performance cores" : ""));
        row("Features", cpu.features().isEmpty() ? "not told by the system" : String.join(" ", cpu.features()));
        row(
                "Vectors",
                report.vectorBits().isPresent() ? report.vectorBits().getAsInt() + " bits" : "no Vector API module");
        row("Kernels", report.environment().provider());
        budget("Threads", machine.threads(), false);
        budget("Memory", machine.memory(), true);
        machine.availableMemory().ifPresent(bytes -> row("", Units.bytes(bytes) + " available now"));
        row("Huge pages", machine.hugePages().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        machine.governor().ifPresent(governor -> row("Governor", governor));
        row("Store", report.store());
        console.println("");
        if (report.findings().isEmpty()) {
            console.println("Nothing here is slower than it need be.");
        }
        for (Findings.Finding finding : report.findings()) {
            console.println("! " + finding.what());
            console.println("  " + finding.remedy());
        }
    }

    private void budget(String name, Budget budget, boolean bytes) {
        Limit deciding = budget.deciding();
        row(name, amount(deciding, bytes) + " (" + deciding.origin() + ")");
        for (Limit limit : budget.limits()) {
            if (!limit.equals(deciding)) {
                row("", "also: " + amount(limit, bytes) + " (" + limit.origin() + ")");
            }
        }
    }

    private static String amount(Limit limit, boolean bytes) {
        return bytes ? Units.bytes(limit.amount()) : Long.toString(limit.amount());
    }

    private void row(String name, String value) {
        console.println(String.format(Locale.ROOT, "%-12s%s", name, value));
    }
}
