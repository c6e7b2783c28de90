package dev.jemma.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A record as it was read, whatever the file's format: a JSON object, or a bare string for text. */
record Row(Place place, JsonNode value) {
    /** The field of this name, unless it is absent or null. */
    Optional<JsonNode> find(String field) {
        JsonNode node = value.path(field);
        return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
    }

    boolean isText(String field) {
        return find(field).filter(JsonNode::isString).isPresent();
    }

    /** A text field; the error says which is missing. */
    String text(String field, Schema schema) {
        return find(field)
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue)
                .orElseThrow(() -> missing("the text field \"" + field + "\"", schema));
    }

    DataException missing(String what, Schema schema) {
        return place.error("needs " + what + " (this file is of the schema " + schema.label() + "; --schema takes it as"
                + " another); it has " + fields());
    }

    /** The names of the fields, for messages. */
    String fields() {
        if (!value.isObject()) {
            return "no fields";
        }
        List<String> names = new ArrayList<>();
        for (String name : value.propertyNames()) {
            if (names.size() == 12) {
                names.add("…");
                break;
            }
            names.add(name.length() > 40 ? name.substring(0, 40) + "…" : name);
        }
        return names.isEmpty() ? "no fields" : "the fields " + String.join(", ", names);
    }
}
