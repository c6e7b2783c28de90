package dev.jemma.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What was typed in earlier chats: a file that only its owner may read, one JSON string a line. A folder that cannot be
 * written, or a line that cannot be read, costs the history and nothing else. An entry that begins with a space is not
 * kept, as in a shell.
 */
final class ChatHistory {
    private static final int MOST_ENTRIES = 1000;
    private static final long MOST_BYTES = 4 << 20;

    private final Path file;

    ChatHistory(Path file) {
        this.file = file;
    }

    /** Earlier entries, oldest first; a file that has grown long is cut to the newer ones. */
    List<String> load() {
        List<String> entries = new ArrayList<>();
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
                Files.deleteIfExists(file);
                return entries;
            }
            for (String line : Files.readAllLines(file)) {
                read(line, entries);
            }
            if (entries.size() > 2 * MOST_ENTRIES) {
                entries = entries.subList(entries.size() - MOST_ENTRIES, entries.size());
                rewrite(entries);
            }
        } catch (IOException e) {
            return entries; // no history is no reason not to chat
        }
        return entries;
    }

    private static void read(String line, List<String> entries) {
        try {
            JsonNode node = Json.parse(line);
            if (node.isString()) {
                entries.add(node.asString());
            }
        } catch (JacksonException e) {
            return; // half a line of a chat that was killed
        }
    }

    /** Keeps an entry. */
    void add(String entry) {
        if (entry.isBlank() || entry.startsWith(" ")) {
            return;
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            create(file);
            append(file, entry);
        } catch (IOException e) {
            return; // a read-only store keeps none
        }
    }

    private void rewrite(List<String> entries) throws IOException {
        Path fresh = file.resolveSibling(
                file.getFileName() + "." + ProcessHandle.current().pid());
        create(fresh);
        for (String entry : entries) {
            append(fresh, entry);
        }
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void append(Path to, String entry) throws IOException {
        Files.write(to, (Json.line(entry) + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
    }

    private static void create(Path path) throws IOException {
        if (!Files.exists(path)) {
            boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
            FileAttribute<?>[] attributes = posix
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                    }
                    : new FileAttribute<?>[0];
            Files.createFile(path, attributes);
        }
    }
}
