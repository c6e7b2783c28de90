package dev.jemma.data;

import dev.jemma.format.Json;
import java.util.Map;

/**
 * Where a run stands in its data.
 *
 * @param position batches that were taken
 */
public record Cursor(long position) {
    /** As fields of a JSON object. */
    public Map<String, Object> toJson() {
        return Map.of("position", position);
    }

    /** From the fields of a JSON object. */
    public static Cursor fromJson(Json json) {
        return new Cursor(json.get("position").asLong());
    }
}
