package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * The {@code pip} of this machine, run as a program: downloads one package at a time, held to a checksum, never installs.
 * Its temporary files are put under our own folder, so that /tmp need not be large and the bytes can be counted.
 */
final class Pip {
    private static final List<List<String>> CANDIDATES = List.of(
            List.of("pip"),
            List.of("pip3"),
            List.of("python3", "-m", "pip"),
            List.of("python", "-m", "pip"),
            List.of("py", "-m", "pip"));
    private static final int MOST_LOG_BYTES = 1 << 20;
    private static final long POLL_MILLIS = 250;

    private final List<String> program;
    private final Path work;
    private final Map<String, String> environment;

    private Pip(List<String> program, Path work, Map<String, String> environment) {
        this.program = program;
        this.work = work;
        this.environment = environment;
    }

    /** The first pip on the PATH that answers; it will work in the folder {@code work}. */
    static Pip find(Map<String, String> environment, Path work) throws IOException {
        Files.createDirectories(work);
        for (List<String> candidate : CANDIDATES) {
            Optional<Path> file = onPath(environment, candidate.getFirst());
            if (file.isPresent()) {
                List<String> program = new ArrayList<>(candidate);
                program.set(0, file.get().toString());
                Pip pip = new Pip(program, work, environment);
                if (pip.answers()) {
                    return pip;
                }
            }
        }
        throw new UnavailableException("there is no pip on the PATH (pip, pip3, python3 -m pip) to fetch it from PyPI");
    }

    /**
     * Downloads a package's wheel.
     *
     * @param bytesSoFar is told now and then how much has come
     * @return the wheel, whose checksum is the pinned one
     */
    Path download(Source.Part piece, String version, LongConsumer bytesSoFar) throws IOException {
        Path wheels = Files.createDirectories(work.resolve("ready"));
        Path requirements = work.resolve("requirements.txt");
        Files.writeString(
                requirements, piece.distribution() + "==" + version + " --hash=sha256:" + piece.wheelSha256() + "\n");
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(
                "download",
                "--only-binary=:all:",
                "--no-deps",
                "--require-hashes",
                "--no-input",
                "--no-cache-dir",
                "--disable-pip-version-check",
                "--progress-bar",
                "off",
                "-r",
                requirements.toString(),
                "-d",
                wheels.toString()));
        if (run(command, bytesSoFar) != 0) {
            throw new UnavailableException("pip cannot fetch " + piece.distribution() + ": " + complaint());
        }
        try (Stream<Path> files = Files.list(wheels)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(".whl")).toList();
            if (found.size() != 1) {
                throw new JemmaException(
                        "pip fetched " + found.size() + " wheels for " + piece.distribution() + " instead of one");
            }
            Path wheel = found.getFirst();
            String sha256 = Checksums.of(wheel); // pip has checked it; a pip that did not is not believed
            Checksums.check(wheel, Files.size(wheel), sha256, -1, Optional.of(piece.wheelSha256()), "PyPI");
            return wheel;
        }
    }

    private int run(List<String> command, LongConsumer bytesSoFar) throws IOException {
        Process process = start(command);
        Thread onExit = Thread.ofPlatform().unstarted(() -> end(process)); // a jemma that is ended ends its pip
        try {
            Runtime.getRuntime().addShutdownHook(onExit);
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                bytesSoFar.accept(bytesUnder(work));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            end(process);
            forget(onExit);
        }
    }

    private boolean answers() {
        List<String> command = new ArrayList<>(program);
        command.add("--version");
        try {
            Process process = start(command);
            try {
                return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
            } finally {
                end(process);
            }
        } catch (IOException e) {
            return false; // it cannot be started
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("pip.log").toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File(windows() ? "NUL" : "/dev/null")));
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().remove("HF_TOKEN"); // none of pip's business
        for (String name : List.of("TMPDIR", "TEMP", "TMP")) {
            builder.environment().put(name, work.toString());
        }
        return builder.start();
    }

    /** What pip says went wrong, in a line. */
    private String complaint() throws IOException {
        String log;
        try (InputStream in = Files.newInputStream(work.resolve("pip.log"))) {
            log = new String(in.readNBytes(MOST_LOG_BYTES), StandardCharsets.UTF_8);
        }
        List<String> lines = log.lines().filter(line -> !line.isBlank()).toList();
        return lines.stream()
                .filter(line -> line.startsWith("ERROR:"))
                .findFirst()
                .or(() -> lines.isEmpty() ? Optional.empty() : Optional.of(lines.getLast()))
                .map(line -> line.length() > 300 ? line.substring(0, 300) + "…" : line)
                .orElse("it says nothing");
    }

    /** A program on the PATH of our environment, which need not be the one that this JVM was started with. */
    private static Optional<Path> onPath(Map<String, String> environment, String program) {
        String name = windows() ? program + ".exe" : program;
        String path = environment.getOrDefault("PATH", environment.getOrDefault("Path", ""));
        for (String folder : path.split(File.pathSeparator)) {
            if (!folder.isBlank()) {
                Path file = Path.of(folder).resolve(name);
                if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    private static void end(Process process) {
        if (process.isAlive()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    private static void forget(Thread onExit) {
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException e) {
            return; // the exit has begun, and the hook with it
        }
    }

    private static long bytesUnder(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.mapToLong(
                            path -> Files.isRegularFile(path) ? path.toFile().length() : 0)
                    .sum();
        } catch (IOException | UncheckedIOException e) { // pip removes files while we look
            return 0;
        }
    }

    private static boolean windows() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    }

    private static CancellationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return (CancellationException) new CancellationException("interrupted").initCause(e);
    }
}
