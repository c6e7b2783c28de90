package dev.jemma.cli;

import dev.jemma.kernel.KernelProviders;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.jline.utils.Signals;

/**
 * A second start with the vector module. The launcher leaves the module out where kernels written at run time can be
 * expected to run; where they do not after all (memory may not be executed, say), the command runs in a process of its
 * own that has the module, rather than on the scalar twin. Whether they run is found out, and they are checked, while
 * the command line is being read.
 */
final class Relaunch {
    /** Set by the launcher where it left the module out. */
    static final String PROPERTY = "jemma.relaunch";

    private final FutureTask<Boolean> needed = new FutureTask<>(Relaunch::needed);
    private final String[] args;

    private Relaunch(String[] args) {
        this.args = args;
    }

    /** What asks the launcher's question, if it asked one, in the background. */
    static Relaunch prepare(String[] args) {
        if (!Boolean.getBoolean(PROPERTY)) {
            return none();
        }
        Relaunch relaunch = new Relaunch(args);
        Thread.ofPlatform().daemon().name("jemma-kernels").start(relaunch.needed);
        return relaunch;
    }

    /** None: the command runs here. */
    static Relaunch none() {
        Relaunch relaunch = new Relaunch(new String[0]);
        relaunch.needed.cancel(false);
        return relaunch;
    }

    private static boolean needed() {
        return System.getProperty(KernelProviders.PROPERTY, "").isEmpty() && !KernelProviders.emits();
    }

    /** The exit code of the second process, if there had to be one. */
    OptionalInt run() {
        try {
            return needed.isCancelled() || !needed.get() ? OptionalInt.empty() : start();
        } catch (ExecutionException e) {
            return OptionalInt.empty(); // it will come again where it can be told
        } catch (InterruptedException e) {
            return OptionalInt.of(Jemma.INTERRUPTED);
        }
    }

    private OptionalInt start() throws InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command()).inheritIO().start();
        } catch (IOException e) {
            return OptionalInt.empty(); // slower, but it runs, and says so
        }
        Signals.register("INT", () -> {}); // the terminal tells both, and the other one decides
        Thread ending = Thread.ofPlatform().unstarted(() -> end(process));
        Runtime.getRuntime().addShutdownHook(ending);
        int code = process.waitFor();
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // this process is being ended already
        }
        return OptionalInt.of(code);
    }

    private static void end(Process process) {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> command() {
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-D" + PROPERTY) && !flag.startsWith("-XX:AOTCache"))
                .toList();
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(flags);
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        return Stream.concat(command.stream(), Stream.of(args)).toList();
    }

    /** The Java that runs this. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
