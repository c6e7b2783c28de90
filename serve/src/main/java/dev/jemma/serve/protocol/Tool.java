package dev.jemma.serve.protocol;

import tools.jackson.databind.node.ObjectNode;

/**
 * A function that a model may call.
 *
 * @param name its name
 * @param description what it does, empty if nothing is said
 * @param parameters JSON Schema of its arguments, as the request has it
 */
public record Tool(String name, String description, ObjectNode parameters) {
    /**
     * The schema that arguments are held to: one of objects, and where nothing is said about their properties, of the
     * object that has none.
     */
    public ObjectNode arguments() {
        ObjectNode schema = parameters.deepCopy();
        if (!schema.has("type")) {
            schema.put("type", "object");
        }
        boolean says = schema.properties().stream().anyMatch(word -> switch (word.getKey()) {
            case "properties" -> !word.getValue().isEmpty();
            case "additionalProperties", "required", "$ref", "anyOf", "allOf", "oneOf", "enum", "const" -> true;
            default -> false;
        });
        return says ? schema : schema.put("additionalProperties", false);
    }
}
