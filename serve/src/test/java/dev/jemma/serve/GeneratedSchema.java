package dev.jemma.serve;

import java.util.Random;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Schemas as applications send them, by chance: records with fields of all kinds, lists, variants, trees. */
final class GeneratedSchema {
    private static final String[] NAMES = {
        "id", "title", "größe", "start date", "tags", "price", "count", "done", "note", "kind", "x\"y", "parent"
    };
    private static final String[] FORMATS = {
        "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid"
    };
    private static final String[] PATTERNS = {
        "^[A-Z]{3}$", "^\\d{4}-\\d{2}$", "^(low|medium|high)$", "^[a-zäöü]{1,8}( [a-z]{1,8})?$", "^#[0-9a-f]{6}$"
    };

    private final Random random;
    private final JsonNodeFactory json = JsonNodeFactory.instance;

    private GeneratedSchema(long seed) {
        random = new Random(seed);
    }

    /** A schema; the same seed gives the same one. */
    static String of(long seed) {
        GeneratedSchema made = new GeneratedSchema(seed);
        return (seed % 8 == 7 ? made.tree() : made.any(2)).toString();
    }

    private ObjectNode typed(String type) {
        return json.objectNode().put("type", type);
    }

    private ObjectNode any(int depth) {
        return switch (random.nextInt(depth > 0 ? 11 : 6)) {
            case 0 -> typed("string").put("maxLength", 1 + random.nextInt(30)).put("minLength", random.nextInt(2));
            case 1 -> typed("string").put("format", FORMATS[random.nextInt(FORMATS.length)]);
            case 2 -> typed("string").put("pattern", PATTERNS[random.nextInt(PATTERNS.length)]);
            case 3 -> number();
            case 4 -> typed(random.nextBoolean() ? "boolean" : "null");
            case 5 -> choice();
            case 6, 7, 8 -> object(depth);
            case 9 -> array(depth);
            default -> variants(depth);
        };
    }

    private ObjectNode number() {
        int low = random.nextInt(2000) - 1000;
        ObjectNode whole = typed("integer").put("minimum", low).put("maximum", low + random.nextInt(1500));
        return switch (random.nextInt(5)) {
            case 0 -> whole;
            case 1 -> typed("integer").put("multipleOf", 5).put("exclusiveMinimum", low);
            case 2 -> typed("number").put("minimum", low / 8.0).put("exclusiveMaximum", low / 8.0 + 40);
            case 3 -> typed("number").put("multipleOf", 0.01).put("minimum", 0);
            default -> typed("number");
        };
    }

    private ObjectNode choice() {
        ObjectNode node = json.objectNode();
        ArrayNode values = node.putArray("enum");
        values.add("red").add("dark red").add(random.nextInt(100)).addNull().add(true);
        values.addObject().put("of", "é\n");
        return node;
    }

    private ObjectNode object(int depth) {
        ObjectNode node = typed("object");
        ObjectNode properties = node.putObject("properties");
        ArrayNode required = json.arrayNode();
        int from = random.nextInt(NAMES.length);
        for (int i = random.nextInt(5); i >= 0; i--) {
            String name = NAMES[(from + i) % NAMES.length];
            properties.set(name, any(depth - 1));
            if (random.nextInt(3) > 0) {
                required.add(name);
            }
        }
        node.set("required", required);
        return random.nextInt(3) > 0 ? node.put("additionalProperties", false) : node;
    }

    private ObjectNode array(int depth) {
        ObjectNode node = typed("array").put("minItems", random.nextInt(2)).put("maxItems", 1 + random.nextInt(3));
        if (random.nextInt(4) == 0) {
            node.putArray("prefixItems").add(any(depth - 1));
        }
        node.set("items", any(depth - 1));
        return node;
    }

    /** Two kinds of objects that a field tells apart, or nothing. */
    private ObjectNode variants(int depth) {
        ObjectNode node = json.objectNode();
        ArrayNode parts = node.putArray("anyOf");
        for (String kind : new String[] {"first", "second"}) {
            ObjectNode part = typed("object").put("additionalProperties", false);
            part.putObject("properties").putObject("kind").put("const", kind);
            part.withObject("properties").set("value", any(depth - 1));
            part.putArray("required").add("kind").add("value");
            parts.add(part);
        }
        parts.add(typed("null"));
        return node;
    }

    private ObjectNode tree() {
        ObjectNode node = json.objectNode().put("$ref", "#/$defs/node");
        ObjectNode part = node.putObject("$defs").putObject("node").put("type", "object");
        ObjectNode properties = part.putObject("properties");
        properties.set("value", any(1));
        properties
                .putObject("children")
                .put("type", "array")
                .put("maxItems", 1)
                .putObject("items")
                .put("$ref", "#/$defs/node");
        part.putArray("required").add("value");
        return node;
    }
}
