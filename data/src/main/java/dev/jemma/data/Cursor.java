package dev.jemma.data;

import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run stands in its data.
 *
 * @param source what the cursor belongs to
 * @param batches batches handed out
 * @param rows rows handed out
 * @param drawnRows rows of all examples drawn so far
 * @param drawn by set of examples, how many of it were drawn
 * @param waiting examples that were drawn and are not wholly handed out, oldest first
 */
public record Cursor(String source, long batches, long rows, long drawnRows, List<Long> drawn, List<Waiting> waiting) {
    /** An example of the look-ahead. */
    public record Waiting(int set, long ordinal, int rowsDone) {}

    public Cursor {
        drawn = List.copyOf(drawn);
        waiting = List.copyOf(waiting);
    }

    /** This cursor as one line of JSON. */
    public String toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("source", source);
        json.put("batches", batches);
        json.put("rows", rows);
        return new String(JsonText.compact(json), StandardCharsets.UTF_8);
    }

    /** Reads {@link #toJson}. */
    public static Cursor fromJson(String text) {
        Json json = Json.parse(text.getBytes(StandardCharsets.UTF_8), "the place in the training data");
        return new Cursor(
                json.get("source").asString(),
                json.get("batches").asLong(),
                json.get("rows").asLong(),
                0,
                List.of(),
                List.of());
    }
}
