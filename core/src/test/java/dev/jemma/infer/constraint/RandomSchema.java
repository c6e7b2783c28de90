package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Schemas of many kinds, by chance; each has documents. */
final class RandomSchema {
    private static final String[] NAMES = {
        "id", "name", "größe", "a\"b", "tags", "x\\y", "created at", "π", "value", "n1", "na", "nam"
    };
    private static final String[] FORMATS = {
        "date-time", "date", "time", "email", "uuid", "ipv4", "ipv6", "uri", "hostname", "duration", "uri-reference"
    };
    private static final String[] PATTERNS = {
        "^[A-Z]{2}-\\d{4}$",
        "^(red|green|blue)$",
        "[0-9]",
        "^\\S+$",
        "^[^\"]*\"[a-f]+$",
        "^(\\w+ ?){1,4}$",
        "x|^y",
        "^é.{2}$"
    };

    private final Random random;

    RandomSchema(Random random) {
        this.random = random;
    }

    /** A whole schema; some with definitions that refer to themselves. */
    Map<String, Object> next() {
        Map<String, Object> root = schema(3);
        if (random.nextInt(4) == 0) {
            Map<String, Object> node = new LinkedHashMap<>();
            Map<String, Object> properties = new LinkedHashMap<>();
            properties.put("value", schema(1));
            properties.put("next", Map.of("anyOf", List.of(Map.of("$ref", "#/$defs/node"), Map.of("type", "null"))));
            properties.put("children", Map.of("type", "array", "items", Map.of("$ref", "#/$defs/node"), "maxItems", 2));
            node.put("type", "object");
            node.put("properties", properties);
            node.put("required", List.of("value"));
            root = new LinkedHashMap<>(Map.of("type", "array", "items", Map.of("$ref", "#/$defs/node"), "minItems", 1));
            root.put("$defs", Map.of("node", node));
        }
        root.put("title", "by chance");
        return root;
    }

    private Map<String, Object> schema(int depth) {
        return switch (random.nextInt(depth > 0 ? 12 : 7)) {
            case 0 -> string();
            case 1 -> integer();
            case 2 -> number();
            case 3 -> new LinkedHashMap<>(Map.of("type", random.nextBoolean() ? "boolean" : "null"));
            case 4 -> new LinkedHashMap<>(Map.of("enum", List.of("on", "off", "off\n", 3, 2.5, true, List.of(1, "x"))));
            case 5 -> new LinkedHashMap<>(Map.of("const", random.nextBoolean() ? "c\u0001\"" : 17));
            case 6 ->
                new LinkedHashMap<>(
                        Map.of("type", List.of("string", "integer", "null"), "maxLength", 4, "minimum", -3));
            case 7, 8 -> object(depth);
            case 9 -> array(depth);
            case 10 -> new LinkedHashMap<>(Map.of("anyOf", List.of(schema(depth - 1), schema(depth - 1))));
            default -> both(depth);
        };
    }

    private Map<String, Object> string() {
        Map<String, Object> s = new LinkedHashMap<>(Map.of("type", "string"));
        switch (random.nextInt(5)) {
            case 0 -> s.put("format", FORMATS[random.nextInt(FORMATS.length)]);
            case 1 -> s.put("pattern", PATTERNS[random.nextInt(PATTERNS.length)]);
            case 2 -> {
                s.put("minLength", random.nextInt(3));
                s.put("maxLength", 3 + random.nextInt(200));
            }
            case 3 -> {
                s.put("pattern", "^[a-zé]+( [a-zé]+)*$");
                s.put("minLength", 5);
                s.put("maxLength", 9);
            }
            default -> {}
        }
        return s;
    }

    private Map<String, Object> integer() {
        Map<String, Object> s = new LinkedHashMap<>(Map.of("type", "integer"));
        int low = random.nextInt(4000) - 2000;
        switch (random.nextInt(5)) {
            case 0 -> s.put("minimum", low);
            case 1 -> s.put("exclusiveMaximum", low);
            case 2 -> {
                s.put("minimum", low);
                s.put("maximum", low + random.nextInt(3000));
            }
            case 3 -> {
                s.put("multipleOf", 1 + random.nextInt(12));
                s.put("exclusiveMinimum", low);
                s.put("maximum", low + 1000);
            }
            default -> {}
        }
        return s;
    }

    private Map<String, Object> number() {
        Map<String, Object> s = new LinkedHashMap<>(Map.of("type", "number"));
        double low = (random.nextInt(40_000) - 20_000) / 100.0;
        switch (random.nextInt(5)) {
            case 0 -> s.put("minimum", low);
            case 1 -> s.put("maximum", low);
            case 2 -> {
                s.put("exclusiveMinimum", low);
                s.put("exclusiveMaximum", low + 1 + random.nextInt(1000) / 8.0);
            }
            case 3 -> {
                s.put("multipleOf", 0.01);
                s.put("minimum", low);
            }
            default -> {}
        }
        return s;
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> s = new LinkedHashMap<>(Map.of("type", "object"));
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (int n = random.nextInt(6); n > 0; n--) {
            String name = NAMES[random.nextInt(NAMES.length)];
            properties.put(name, schema(depth - 1));
            if (random.nextBoolean() && !required.contains(name)) {
                required.add(name);
            }
        }
        s.put("properties", properties);
        s.put("required", required);
        switch (random.nextInt(5)) {
            case 0 -> s.put("additionalProperties", false);
            case 1 -> s.put("additionalProperties", schema(0));
            case 2 -> s.put("minProperties", required.size());
            case 3 -> s.put("maxProperties", required.size() + 1);
            default -> {}
        }
        return s;
    }

    private Map<String, Object> array(int depth) {
        Map<String, Object> s = new LinkedHashMap<>(Map.of("type", "array"));
        int min = random.nextInt(3);
        s.put("minItems", min);
        if (random.nextBoolean()) {
            s.put("maxItems", min + random.nextInt(4));
        }
        switch (random.nextInt(4)) {
            case 0 -> {
                s.put("prefixItems", List.of(schema(depth - 1), schema(0)));
                s.put("items", random.nextBoolean() && min < 3 ? false : schema(0));
            }
            case 1 -> {
                s.put("items", Map.of("enum", List.of("a", "b", "c", "d")));
                s.put("uniqueItems", true);
            }
            default -> s.put("items", schema(depth - 1));
        }
        return s;
    }

    private Map<String, Object> both(int depth) {
        Map<String, Object> first = object(depth);
        first.remove("additionalProperties");
        first.remove("maxProperties");
        first.remove("minProperties");
        Map<String, Object> extra = Map.of(
                "type",
                "object",
                "required",
                List.of("kind"),
                "properties",
                Map.of("kind", Map.of("type", "string", "maxLength", 8)));
        if (random.nextBoolean()) {
            return new LinkedHashMap<>(Map.of("allOf", List.of(first, extra)));
        }
        Map<String, Object> left = Map.of(
                "type",
                "object",
                "required",
                List.of("kind"),
                "properties",
                Map.of("kind", Map.of("const", "l"), "a", schema(0)));
        Map<String, Object> right = Map.of(
                "type",
                "object",
                "required",
                List.of("kind"),
                "properties",
                Map.of("kind", Map.of("const", "r"), "b", schema(0)));
        return new LinkedHashMap<>(Map.of("oneOf", List.of(left, right)));
    }
}
