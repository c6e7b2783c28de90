package dev.jemma.cli.hub;

import dev.jemma.cli.TestConsole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;

/** What the tests of this package share: patience of milliseconds, bytes with a known sum, settings in a temporary folder. */
final class HubFixture {
    static final Download.Patience HASTY = new Download.Patience(Duration.ofMillis(1), Duration.ofSeconds(5));

    private HubFixture() {}

    static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static String sha256(byte[] bytes) {
        MessageDigest digest = Checksums.sha256();
        digest.update(bytes);
        return HexFormat.of().formatHex(digest.digest());
    }

    /** An environment that keeps everything under {@code home} and reaches only {@code hub}. */
    static Map<String, String> environment(Path home, String hub) {
        Map<String, String> environment = new HashMap<>();
        environment.put("JEMMA_HOME", home.resolve("store").toString());
        environment.put("HF_HOME", home.resolve("hf").toString());
        environment.put("HF_ENDPOINT", hub);
        environment.put("PATH", "/usr/bin:/bin");
        return environment;
    }

    static ModelLocator locator(Map<String, String> environment, TestConsole console, boolean accept) {
        return new ModelLocator(HubSettings.of(environment), console.console(), accept, HASTY);
    }

    /** A catalogue with one model of one file, in place of the built-in one. */
    static Path catalogue(Path folder, String sources, byte[] file) {
        String text = """
                {"extends": false, "default": "tiny", "models": [{
                  "name": "tiny", "licence": "gemma",
                  "files": [{"name": "tiny.gguf", "bytes": %d, "sha256": "%s"}],
                  "sources": [%s]}]}
                """.formatted(file.length, sha256(file), sources);
        return write(folder.resolve("catalogue.json"), text);
    }

    static Path write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
