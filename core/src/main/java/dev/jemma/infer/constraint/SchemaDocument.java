package dev.jemma.infer.constraint;

import dev.jemma.format.Json;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The text of a schema: where each part stands, what a reference points to, and which words are known at all. */
final class SchemaDocument {
    private static final int MAX_BYTES = 1 << 20;

    /** Say something about a document, but nothing that it must be. */
    private static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "id",
            "$comment",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "example",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "contentMediaType",
            "contentEncoding",
            "externalDocs",
            "discriminator",
            "xml");

    static final Set<String> COMBINATIONS = Set.of("$ref", "allOf", "anyOf", "oneOf");

    private static final Set<String> SUPPORTED = Set.of(
            "type",
            "nullable",
            "enum",
            "const",
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties",
            "items",
            "prefixItems",
            "additionalItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "pattern",
            "format",
            "minLength",
            "maxLength",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf");

    private final Object root;
    private final IdentityHashMap<Object, String> places =
            new IdentityHashMap<>(); // JSON pointers of objects and arrays

    SchemaDocument(byte[] utf8) {
        if (utf8.length > MAX_BYTES) {
            throw new ConstraintException("the schema has " + utf8.length + " bytes, more than " + MAX_BYTES);
        }
        root = Json.parse(utf8, "schema").raw();
        place(root, "#");
    }

    Object root() {
        return root;
    }

    private void place(Object value, String pointer) {
        if (value instanceof Map<?, ?> map) {
            places.put(value, pointer);
            map.forEach((key, child) -> place(
                    child,
                    pointer + "/" + String.valueOf(key).replace("~", "~0").replace("/", "~1")));
        } else if (value instanceof List<?> list) {
            places.put(value, pointer);
            for (int i = 0; i < list.size(); i++) {
                place(list.get(i), pointer + "/" + i);
            }
        }
    }

    String place(Object schema) {
        return places.getOrDefault(schema, "#");
    }

    /** Gives a schema that was put together of others their place. */
    void place(Object made, Object like) {
        places.put(made, place(like));
    }

    ConstraintException error(Object schema, String problem) {
        return new ConstraintException("schema " + place(schema) + ": " + problem);
    }

    /** The words of a schema that say what a document must be; refuses those that nobody here understands. */
    Map<String, Object> assertions(Object schema) {
        if (!(schema instanceof Map<?, ?> map)) {
            throw error(schema, "a schema is an object, true or false");
        }
        Map<String, Object> words = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            String word = String.valueOf(key);
            if (word.equals("$id") && !place(schema).equals("#")) {
                throw error(schema, "\"$id\" inside a schema is not supported");
            }
            if (SUPPORTED.contains(word) || COMBINATIONS.contains(word)) {
                words.put(word, value);
            } else if (!ANNOTATIONS.contains(word) && !word.startsWith("x-")) {
                throw error(schema, "\"" + word + "\" is not supported");
            }
        });
        return words;
    }

    /** What a reference within this document points to. */
    Object target(Object schema, Object reference) {
        if (!(reference instanceof String text)) {
            throw error(schema, "\"$ref\" should be a string");
        }
        if (!text.equals("#") && !text.startsWith("#/")) {
            throw error(
                    schema,
                    "$ref \"" + text + "\" leaves the document: only #/… is followed; put what it means into $defs");
        }
        Object at = root;
        String[] steps = text.equals("#") ? new String[0] : text.substring(2).split("/", -1);
        for (String step : steps) {
            String name = decoded(step).replace("~1", "/").replace("~0", "~");
            Object next = null;
            if (at instanceof Map<?, ?> map) {
                next = map.get(name);
            } else if (at instanceof List<?> list && name.matches("\\d{1,6}") && Integer.parseInt(name) < list.size()) {
                next = list.get(Integer.parseInt(name));
            }
            if (next == null) {
                throw error(schema, "$ref \"" + text + "\" points to nothing");
            }
            at = next;
        }
        return at;
    }

    private static String decoded(String step) {
        if (step.indexOf('%') < 0) {
            return step;
        }
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        byte[] bytes = step.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            int high = bytes[i] == '%' && i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = high >= 0 ? Character.digit(bytes[i + 2], 16) : -1;
            out.write(low >= 0 ? 16 * high + low : bytes[i]);
            i += low >= 0 ? 2 : 0;
        }
        return out.toString(java.nio.charset.StandardCharsets.UTF_8);
    }
}
