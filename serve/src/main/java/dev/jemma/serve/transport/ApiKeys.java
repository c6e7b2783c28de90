package dev.jemma.serve.transport;

import dev.jemma.serve.ServeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Keys that callers must show. Only SHA-256 digests are kept, and every one is compared, in constant time, whichever
 * fits. A file has one key a line, {@code KEY} or {@code NAME KEY}; a key may stand as {@code sha256:HEX}. Lines that
 * begin with # are comments.
 */
public final class ApiKeys {
    private static final int MIN_LENGTH = 16;
    private static final String HASHED = "sha256:";

    private record Key(String name, byte[] digest) {}

    private final List<Key> keys;

    private ApiKeys(List<Key> keys) {
        this.keys = List.copyOf(keys);
    }

    /** No keys: everybody may speak. */
    public static ApiKeys none() {
        return new ApiKeys(List.of());
    }

    /**
     * Reads a file of keys.
     *
     * @throws ServeException if it cannot be read, holds no key, or one that is too short
     */
    public static ApiKeys read(Path file) {
        List<Key> keys = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                String[] words = line.strip().split("\\s+");
                if (words[0].isEmpty() || words[0].startsWith("#")) {
                    continue;
                }
                String name = words.length > 1 ? words[0] : "key " + (keys.size() + 1);
                keys.add(new Key(name, digestOf(words[words.length - 1], file, keys.size() + 1)));
            }
        } catch (IOException e) {
            throw new ServeException("cannot read the API keys in " + file + ": " + e.getMessage(), e);
        }
        if (keys.isEmpty()) {
            throw new ServeException(file + " holds no API key: write one a line, of at least 16 characters");
        }
        return new ApiKeys(keys);
    }

    private static byte[] digestOf(String word, Path file, int number) {
        if (word.startsWith(HASHED)) {
            try {
                byte[] digest = HexFormat.of().parseHex(word.substring(HASHED.length()));
                if (digest.length == 32) {
                    return digest;
                }
            } catch (IllegalArgumentException e) {
                // said below
            }
            throw new ServeException(file + ": key " + number + " is no SHA-256 in 64 hexadecimal digits");
        }
        if (word.length() < MIN_LENGTH) {
            throw new ServeException(file + ": key " + number + " has fewer than " + MIN_LENGTH + " characters");
        }
        return sha256(word);
    }

    /** Whether a key must be shown. */
    public boolean required() {
        return !keys.isEmpty();
    }

    /** The name of the key in an Authorization header, if it is one of ours. */
    public Optional<String> caller(Optional<String> authorization) {
        String shown = authorization.orElse("");
        byte[] digest = sha256(
                shown.regionMatches(true, 0, "Bearer ", 0, 7)
                        ? shown.substring(7).strip()
                        : "");
        Optional<String> found = Optional.empty();
        for (Key key : keys) {
            if (MessageDigest.isEqual(key.digest, digest)) {
                found = Optional.of(key.name);
            }
        }
        return found;
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
