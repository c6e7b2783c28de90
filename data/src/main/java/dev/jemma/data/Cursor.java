package dev.jemma.data;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where a run stands in its data: enough to go on at the exact example, and at the exact token of a text that was cut. All
 * that a {@link BatchSource} remembers is in here. Its JSON form is small (about twenty bytes for each example of the
 * look-ahead).
 *
 * @param source what the cursor belongs to; a source refuses the cursor of another one
 * @param batches batches handed out
 * @param rows rows handed out
 * @param drawnRows rows of all examples drawn so far, those that wait included: it decides the stage of a mixture
 * @param drawn by set of examples, how many of it were drawn
 * @param waiting examples that were drawn and are not wholly handed out, oldest first
 */
public record Cursor(String source, long batches, long rows, long drawnRows, List<Long> drawn, List<Waiting> waiting) {
    /**
     * An example of the look-ahead.
     *
     * @param set number of its set in the mixture, 0 where there is one
     * @param ordinal how many examples of that set were drawn before it
     * @param rowsDone rows of it that were handed out
     */
    public record Waiting(int set, long ordinal, int rowsDone) {}

    public Cursor {
        drawn = List.copyOf(drawn);
        waiting = List.copyOf(waiting);
    }

    /** This cursor as one line of JSON. */
    public String toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("source", source);
        json.put("batches", batches);
        json.put("rows", rows);
        json.put("drawn_rows", drawnRows);
        ArrayNode counts = json.putArray("drawn");
        drawn.forEach(counts::add);
        ArrayNode list = json.putArray("waiting");
        for (Waiting one : waiting) {
            list.addArray().add(one.set()).add(one.ordinal()).add(one.rowsDone());
        }
        return json.toString();
    }

    /**
     * Reads {@link #toJson}.
     *
     * @throws DataException if the text is no cursor
     */
    public static Cursor fromJson(String text) {
        try {
            JsonNode json = JsonMapper.shared().readTree(text);
            List<Long> drawn = new ArrayList<>();
            for (JsonNode count : field(json, "drawn")) {
                drawn.add(number(count));
            }
            List<Waiting> waiting = new ArrayList<>();
            for (JsonNode one : field(json, "waiting")) {
                if (one.size() != 3) {
                    throw new DataException("a waiting example has three numbers, not " + one);
                }
                waiting.add(new Waiting(
                        Math.toIntExact(number(one.get(0))), number(one.get(1)), Math.toIntExact(number(one.get(2)))));
            }
            return new Cursor(
                    field(json, "source").asString(),
                    number(field(json, "batches")),
                    number(field(json, "rows")),
                    number(field(json, "drawn_rows")),
                    drawn,
                    waiting);
        } catch (JacksonException | ArithmeticException | DataException e) {
            throw new DataException(
                    "the place in the training data cannot be read: " + e.getMessage() + "; take an older checkpoint",
                    e);
        }
    }

    private static JsonNode field(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (value.isMissingNode()) {
            throw new DataException("\"" + name + "\" is missing");
        }
        return value;
    }

    private static long number(JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
            throw new DataException("a count was expected, not " + value);
        }
        return value.asLong();
    }
}
