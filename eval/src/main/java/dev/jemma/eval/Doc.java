package dev.jemma.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * One row of a data set.
 *
 * @param index of the row in its split, from 0
 * @param place where it stands, for messages
 * @param value the row, a JSON object
 */
public record Doc(int index, String place, JsonNode value) {
    /** Whether the field is there and not null. */
    public boolean has(String field) {
        return find(field).isPresent();
    }

    /** The field, unless it is absent or null. */
    public Optional<JsonNode> find(String field) {
        JsonNode node = value.path(field);
        return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
    }

    /** A field of any kind. */
    public JsonNode get(String field) {
        return find(field).orElseThrow(() -> error("needs the field \"" + field + "\""));
    }

    /** A field of text; numbers and truth values are spelled out. */
    public String text(String field) {
        return text(field, get(field));
    }

    /** The same of a value that stands inside the field {@code field}. */
    public String text(String field, JsonNode node) {
        if (!node.isValueNode()) {
            throw error("\"" + field + "\" must be text");
        }
        return node.asString();
    }

    /** A whole number, also one that stands as text. */
    public int integer(String field) {
        JsonNode node = get(field);
        try {
            double value = node.isNumber() ? node.doubleValue() : Double.parseDouble(node.asString());
            if (value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE) {
                return (int) value;
            }
        } catch (RuntimeException e) {
            throw error("\"" + field + "\" must be a whole number", e);
        }
        throw error("\"" + field + "\" must be a whole number");
    }

    /** A list of texts. */
    public List<String> texts(String field) {
        return texts(field, get(field));
    }

    /** The texts of a list that stands inside the field {@code field}. */
    public List<String> texts(String field, JsonNode array) {
        if (!array.isArray()) {
            throw error("\"" + field + "\" must be a list of texts");
        }
        List<String> all = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            if (!element.isValueNode()) {
                throw error("\"" + field + "\" must be a list of texts");
            }
            all.add(element.asString());
        }
        return all;
    }

    /** What is wrong with this row. */
    public EvalException error(String problem) {
        return new EvalException(place + ": " + problem);
    }

    private EvalException error(String problem, Throwable cause) {
        return new EvalException(place + ": " + problem, cause);
    }
}
