package dev.jemma.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The small reference models of core's tests, and a way to run the command line on them in this process. */
final class TinyModels {
    /** What one run printed and how it ended. */
    record Outcome(int code, String out, String err) {
        JsonNode json() {
            return Json.parse(out);
        }

        List<JsonNode> lines() {
            return out.lines().map(Json::parse).toList();
        }
    }

    private TinyModels() {}

    /** A file or folder of the golden models. */
    static Path golden(String relative) {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir.resolve("core/src/test/resources/golden/models").resolve(relative);
    }

    static String gguf(String name) {
        return golden("gguf/" + name + ".gguf").toString();
    }

    /** A reference folder with its tokenizer beside it, as models are published; makes it in {@code under}. */
    static Path folder(Path under, String name) {
        Path folder = under.resolve(name);
        try {
            Files.createDirectories(folder);
            for (String file : List.of("config.json", "model.safetensors")) {
                Files.copy(golden(name).resolve(file), folder.resolve(file));
            }
            Files.copy(golden("tokenizer/tokenizer.model"), folder.resolve("tokenizer.model"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    static JsonNode samples() {
        try {
            return Json.parse(Files.readString(golden("tokenizer/samples.json"), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Outcome run(Path home, String... args) {
        return typed(home, "", args);
    }

    /** A run with this on standard input. */
    static Outcome typed(Path home, String input, String... args) {
        Map<String, String> environment = Map.of("JEMMA_HOME", home.toString(), "JEMMA_OFFLINE", "1");
        TestConsole console = new TestConsole(environment, Console.Terminals.NONE, input);
        int code = Jemma.run(console.console(), args);
        return new Outcome(code, console.out(), console.err());
    }

    static int[] ints(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).asInt();
        }
        return ids;
    }

    static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) array.get(i).asDouble();
        }
        return values;
    }
}
