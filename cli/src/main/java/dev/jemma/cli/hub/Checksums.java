package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** SHA-256 of files, and the check that a file is the one that was wanted. */
final class Checksums {
    private static final int BUFFER_BYTES = 1 << 20;

    private Checksums() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The digest in hex; the digest itself can go on. */
    static String hex(MessageDigest digest) {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("Java's SHA-256 can be cloned", e);
        }
    }

    /** Adds a file to a digest; returns its bytes. */
    static long update(MessageDigest digest, Path file) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
                bytes += count;
            }
        }
        return bytes;
    }

    /** The SHA-256 of a file. */
    static String of(Path file) throws IOException {
        MessageDigest digest = sha256();
        update(digest, file);
        return hex(digest);
    }

    /** Deletes the file and throws if it is not what was wanted. */
    static void check(
            Path file, long bytes, String sha256, long wantedBytes, Optional<String> wantedSha256, String from)
            throws IOException {
        String name = String.valueOf(file.getFileName()).replaceFirst("\\.part$", "");
        String again = "; it was deleted and is not used. Try again; if it stays so, that source holds another file";
        if (wantedBytes >= 0 && bytes != wantedBytes) {
            Files.deleteIfExists(file);
            throw new JemmaException(
                    name + " from " + from + " has " + bytes + " bytes instead of " + wantedBytes + again);
        }
        if (wantedSha256.isPresent() && !wantedSha256.get().equals(sha256)) {
            Files.deleteIfExists(file);
            throw new JemmaException(name + " from " + from + " has the wrong SHA-256 " + sha256 + " instead of "
                    + wantedSha256.get() + again);
        }
    }
}
