package dev.jemma.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Texts to measure with. The shared folder is that of {@code -Djemma.shared}, else {@code ../shared}; English comes from
 * the folder of {@code -Djemma.bench.text}, else {@code data/text/books} in the shared one; code is that of this project,
 * in the working folder.
 */
final class BenchmarkTexts {
    // First and last letters of alphabets that the golden texts are filled up with.
    private static final int[][] ALPHABETS = {
        {'a', 'z'},
        {0x3B1, 0x3C9},
        {0x430, 0x44F},
        {0x5D0, 0x5EA},
        {0x627, 0x64A},
        {0x905, 0x939},
        {0xE01, 0xE2E},
        {0xAC00, 0xD7A3},
        {0x3041, 0x3096},
        {0x4E00, 0x9FA5}
    };

    private BenchmarkTexts() {}

    static Path shared(String relative) {
        return Path.of(System.getProperty("jemma.shared", "../shared")).resolve(relative);
    }

    /** English books, cut at about so many bytes. */
    static String english(int bytes) {
        String folder =
                System.getProperty("jemma.bench.text", shared("data/text/books").toString());
        StringBuilder text = new StringBuilder();
        for (Path file : files(Path.of(folder), _ -> true)) {
            if (text.length() < bytes) {
                text.append(read(file));
            }
        }
        return cut(text.toString(), bytes);
    }

    /** Texts of the golden files in many scripts, then source code, then words of random letters, so many bytes. */
    static String mixed(int bytes) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String name : List.of("gemma", "gemma3")) {
            for (String kind : List.of("documents", "encode")) {
                for (String line :
                        Files.readAllLines(shared("golden/tokenizer/" + name + "_" + kind + ".jsonl"), UTF_8)) {
                    text.append(text(line)).append('\n');
                }
            }
        }
        for (Path file : files(Path.of(""), path -> path.toString().endsWith(".java"))) {
            if (text.toString().getBytes(UTF_8).length < 0.9 * bytes) {
                text.append(read(file));
            }
        }
        Random random = new Random(1);
        while (text.length() < bytes) {
            int[] letters = ALPHABETS[random.nextInt(ALPHABETS.length)];
            for (int words = random.nextInt(20); words > 0; words--) {
                for (int i = 1 + random.nextInt(8); i > 0; i--) {
                    text.appendCodePoint(letters[0] + random.nextInt(letters[1] - letters[0] + 1));
                }
                text.append(words == 1 ? "\n" : " ");
            }
        }
        return cut(text.toString(), bytes);
    }

    private static List<Path> files(Path folder, Predicate<Path> wanted) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).filter(wanted).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String cut(String text, int bytes) {
        byte[] utf8 = text.getBytes(UTF_8);
        int end = Math.min(bytes, utf8.length);
        while (end < utf8.length && (utf8[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(utf8, 0, end, UTF_8);
    }

    // The field "text" of a JSON record.
    private static String text(String json) {
        try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            for (String name; (name = parser.nextName()) != null; ) {
                JsonToken value = parser.nextToken();
                if (name.equals("text") && value == JsonToken.VALUE_STRING) {
                    return parser.getString();
                }
                parser.skipChildren();
            }
            return "";
        }
    }
}
