package dev.jemma.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file {@code index.json} beside shards: what they were made of and what is in each. It is written last, so a folder
 * without it holds nothing.
 *
 * @param key of {@link ContentKey}
 * @param tokenizer fingerprint of the vocabulary
 * @param vocabulary its size, above every token
 */
record ShardIndex(
        String key, String tokenizer, int vocabulary, List<Entry> train, List<Entry> heldOut, Preparation preparation) {
    static final int VERSION = 1;
    static final String NAME = "index.json";

    private static final String FORMAT = "jemma-shards";
    private static final long MAX_BYTES = 64L << 20;

    /** One shard. */
    record Entry(String file, long bytes, long examples, long tokens, long crc32c) {}

    ShardIndex {
        train = List.copyOf(train);
        heldOut = List.copyOf(heldOut);
    }

    void write(Path folder) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("format", FORMAT);
        json.put("version", VERSION);
        json.put("key", key);
        json.put("tokenizer", tokenizer);
        json.put("vocabulary", vocabulary);
        put(json.putArray("train"), train);
        put(json.putArray("held_out"), heldOut);
        json.set("preparation", preparation.toJson());
        String text = json.toPrettyString() + "\n";
        try (AtomicFile file = AtomicFile.create(folder.resolve(NAME))) {
            file.write(StandardCharsets.UTF_8.encode(text));
            file.commit();
        }
    }

    private static void put(ArrayNode array, List<Entry> entries) {
        for (Entry entry : entries) {
            array.addObject()
                    .put("file", entry.file())
                    .put("bytes", entry.bytes())
                    .put("examples", entry.examples())
                    .put("tokens", entry.tokens())
                    .put("crc32c", entry.crc32c());
        }
    }

    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(NAME));
    }

    /** @throws DataException if it is missing or damaged */
    static ShardIndex read(Path folder) {
        Path file = folder.resolve(NAME);
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new DataException(file + ": is no index of shards: too large");
            }
            JsonNode json = JsonRecords.MAPPER.readTree(Files.readAllBytes(file));
            if (!json.path("format").asString("").equals(FORMAT)) {
                throw new DataException(file + ": is no index of shards");
            }
            if (json.path("version").asInt(0) != VERSION) {
                throw new DataException(file + ": is of another version of Jemma; prepare the data again");
            }
            return new ShardIndex(
                    json.path("key").asString(),
                    json.path("tokenizer").asString(),
                    json.path("vocabulary").asInt(),
                    entries(json.path("train")),
                    entries(json.path("held_out")),
                    Preparation.fromJson(json.path("preparation")));
        } catch (IOException e) {
            throw Input.failure(file.toString(), e);
        } catch (JacksonException e) {
            throw new DataException(file + ": is damaged; prepare the data again", e);
        }
    }

    private static List<Entry> entries(JsonNode array) {
        List<Entry> entries = new ArrayList<>();
        for (JsonNode entry : array) {
            entries.add(new Entry(
                    entry.path("file").asString(),
                    entry.path("bytes").asLong(),
                    entry.path("examples").asLong(),
                    entry.path("tokens").asLong(),
                    entry.path("crc32c").asLong()));
        }
        return entries;
    }
}
