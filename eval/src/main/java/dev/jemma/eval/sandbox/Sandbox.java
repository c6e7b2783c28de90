package dev.jemma.eval.sandbox;

import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Runs Python programs that nobody has read. Each has a process of its own in namespaces of its own: no network, no other
 * processes, no files but the interpreter's, read-only, and an empty folder in memory that is gone with it; processor
 * time, memory, processes, files and output are bounded, and a program that has not come to its end has not passed. The
 * sandbox is made by bubblewrap where that is installed, else by {@code unshare}, {@code setpriv} and {@code prlimit}
 * of util-linux; when it is opened, a program that tries to break out is run first, and must fail. Linux only.
 *
 * <p>Safe for use by several threads: so many programs as were asked for run at the same time, the others wait.
 *
 * <p>A program shares its interpreter with the tests that judge it. One that was written to look for the means of
 * reporting success in the interpreter's memory can claim it; it can do no harm beyond that.
 */
public final class Sandbox implements AutoCloseable {
    private static final int TOKEN_BYTES = 24;
    private static final SandboxLimits PROBE =
            SandboxLimits.DEFAULTS.withTime(Duration.ofSeconds(20)).withMemoryBytes(1L << 30);

    private final SandboxLimits limits;
    private final Confinement confinement;
    private final Python python;
    private final Path folder;
    private final ExecutorService runners;
    private final Deque<Integer> places = new ArrayDeque<>();
    private final SecureRandom random = new SecureRandom();

    private Sandbox(SandboxLimits limits, Confinement confinement, Python python, Path folder, int parallel) {
        this.limits = limits;
        this.confinement = confinement;
        this.python = python;
        this.folder = folder;
        // Threads of the platform: the system ends a sandbox when the thread that started it is gone.
        this.runners = Executors.newFixedThreadPool(
                parallel, Thread.ofPlatform().daemon().name("sandbox-", 0).factory());
        for (int i = 0; i < parallel; i++) {
            places.add(i);
        }
    }

    /** With the usual limits and a program for each processor at a time. */
    public static Sandbox open() {
        return open(SandboxLimits.DEFAULTS, Runtime.getRuntime().availableProcessors());
    }

    /**
     * A sandbox that has been tried.
     *
     * @param parallel programs at a time, 1 to 256
     * @throws EvalException if this system cannot confine programs; the message says what is missing
     */
    public static Sandbox open(SandboxLimits limits, int parallel) {
        return open(limits, parallel, Tools.ofSystem());
    }

    /**
     * Processes of the same user without any protection but the limit on time and output. A program can read, change and
     * send away whatever this process can.
     *
     * @throws EvalException if {@code python3} is missing
     */
    public static Sandbox unprotected(SandboxLimits limits, int parallel) {
        Python python = pythons(Tools.ofSystem()).getFirst();
        return new Sandbox(limits, new Confinement.None(), python, newFolder(), checked(parallel));
    }

    static Sandbox open(SandboxLimits limits, int parallel, Tools tools) {
        checked(parallel);
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")) {
            throw new EvalException("programs that a model wrote are run on Linux only, where a sandbox can be made;"
                    + " --unsafe-code runs them without one");
        }
        List<Python> pythons = pythons(tools);
        List<String> missing = tools.missing("setpriv", "prlimit");
        boolean bwrap = tools.find("bwrap").isPresent();
        if (!missing.isEmpty() || !(bwrap || tools.find("unshare").isPresent())) {
            String names = missing.isEmpty() ? "unshare (or bwrap)" : String.join(", ", missing);
            throw new EvalException("to run programs that a model wrote in a sandbox, " + names
                    + " is needed; install util-linux (and bubblewrap), or run them without a sandbox: --unsafe-code");
        }
        Path folder = newFolder();
        List<Confinement> kinds = new ArrayList<>();
        boolean root = isRoot();
        if (bwrap) {
            kinds.add(new Confinement.Bubblewrap(tools, root));
        }
        if (tools.find("unshare").isPresent()) {
            kinds.add(new Confinement.Unshare(tools, folder, root));
        }
        Optional<String> problem = Optional.empty();
        for (Confinement kind : kinds) {
            for (Python python : pythons) {
                Sandbox sandbox = new Sandbox(limits, kind, python, folder, parallel);
                Optional<String> fault = sandbox.fault();
                if (fault.isEmpty()) {
                    return sandbox;
                }
                sandbox.runners.shutdownNow();
                problem = Optional.of(kind.label() + ", " + python.executable() + ": " + fault.get());
            }
        }
        delete(folder);
        throw new EvalException("programs that a model wrote cannot be run: no sandbox holds here ("
                + problem.orElse("none was tried") + "); installing bubblewrap, or allowing user namespaces, may help;"
                + " --unsafe-code runs them without one");
    }

    private static int checked(int parallel) {
        if (parallel < 1 || parallel > 256) {
            throw new IllegalArgumentException("1 to 256 programs run at a time, not " + parallel);
        }
        return parallel;
    }

    private static List<Python> pythons(Tools tools) {
        List<Python> found = Python.all(tools);
        if (found.isEmpty()) {
            throw new EvalException("programs that a model wrote are in Python, and there is no python3; install it");
        }
        return found;
    }

    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            throw new EvalException("who runs this process cannot be told: " + e.getMessage(), e);
        }
    }

    private static Path newFolder() {
        try {
            Path folder = Files.createTempDirectory("jemma-sandbox-");
            // others only come through it: what is mounted there is in namespaces of their own
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            return folder;
        } catch (IOException | UnsupportedOperationException e) {
            throw new EvalException("a folder for a sandbox cannot be made: " + e.getMessage(), e);
        }
    }

    /** What is wrong with this sandbox, found by trying. */
    private Optional<String> fault() {
        try {
            Verdict verdict = run(resource("probe.py"), PROBE);
            return verdict.passed() ? Optional.empty() : Optional.of(verdict.detail());
        } catch (EvalException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    static String resource(String name) {
        try (InputStream in = Sandbox.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new EvalException("this installation lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new EvalException(name + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** What makes the sandbox: {@code bwrap}, {@code unshare}, or {@code none}. */
    public String kind() {
        return confinement.label();
    }

    /**
     * Runs a program to its end, when a place is free.
     *
     * @param program Python source; it has passed if its last line is reached
     * @throws EvalException if the sandbox itself fails, or this thread is interrupted
     */
    public Verdict run(String program) {
        return run(program, limits);
    }

    /** The same within other limits. */
    public Verdict run(String program, SandboxLimits own) {
        Future<Verdict> running = runners.submit(() -> runHere(program, own));
        try {
            return running.get();
        } catch (InterruptedException e) {
            running.cancel(true);
            Thread.currentThread().interrupt();
            throw new EvalException("a program was interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EvalException cause) {
                throw cause;
            }
            throw new EvalException("a program cannot be run: " + e.getCause(), e);
        }
    }

    private Verdict runHere(String program, SandboxLimits own) throws InterruptedException {
        int place;
        synchronized (places) {
            place = places.pop(); // as many as there are threads
        }
        try {
            byte[] bytes = new byte[TOKEN_BYTES];
            random.nextBytes(bytes);
            String token = HexFormat.of().formatHex(bytes);
            List<String> words =
                    new ArrayList<>(List.of(python.executable().toString(), "-I", "-c", resource("bootstrap.py")));
            words.add(confinement instanceof Confinement.None ? "unprotected" : "confined");
            return ProgramRun.run(confinement.command(own, place, python, words), folder, own, token, program);
        } finally {
            synchronized (places) {
                places.push(place);
            }
        }
    }

    /** Where sandboxes are mounted; for tests. */
    Path folder() {
        return folder;
    }

    /** Ends running programs and removes what is left of them. */
    @Override
    public void close() {
        runners.shutdownNow();
        runners.close();
        delete(folder);
    }

    private static void delete(Path folder) {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new EvalException(folder + " cannot be removed: " + e.getMessage(), e);
        }
    }
}
