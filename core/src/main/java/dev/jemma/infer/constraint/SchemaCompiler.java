package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From a JSON Schema to an expression for its documents. References become references of the expression where the schema
 * is recursive; combinations are worked out to alternatives that have none, and {@link TypeCompiler} makes expressions of
 * those.
 */
final class SchemaCompiler {
    private static final int MAX_SCHEMAS = 20_000;
    private static final int MAX_ALTERNATIVES = 1_000;
    private static final int MAX_DEPTH = 128;

    private final Expressions e;
    private final SchemaDocument document;
    private final SchemaMerge merge;
    private final TypeCompiler types;
    private final IdentityHashMap<Object, Integer> done = new IdentityHashMap<>();
    private final IdentityHashMap<Object, Integer> doing = new IdentityHashMap<>(); // 0 until somebody refers to it
    private Set<Object> leftmost = identitySet(); // of those, what no text has come between
    private int schemas;
    private int depth;

    private SchemaCompiler(JsonParts parts, SchemaDocument document) {
        this.e = parts.e;
        this.document = document;
        merge = new SchemaMerge(document);
        types = new TypeCompiler(parts, document, this::inner);
    }

    /** The documents of a schema, written so. */
    static int compile(JsonParts parts, byte[] schema) {
        SchemaDocument document = new SchemaDocument(schema);
        return new SchemaCompiler(parts, document).value(document.root());
    }

    private static Set<Object> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** A schema inside an object or array, where text has come before. */
    private int inner(Object schema) {
        Set<Object> outside = leftmost;
        leftmost = identitySet();
        try {
            return value(schema);
        } finally {
            leftmost = outside;
        }
    }

    private int value(Object schema) {
        if (schema instanceof Boolean all) {
            return all ? types.any() : Expressions.NOTHING;
        }
        Integer known = done.get(schema);
        if (known != null) {
            return known;
        }
        Integer reference = doing.get(schema);
        if (reference != null) {
            if (leftmost.contains(schema)) {
                throw document.error(schema, "refers to itself without anything in between");
            }
            if (reference == 0) {
                reference = e.reference(false);
                doing.put(schema, reference);
            }
            return reference;
        }
        if (++schemas > MAX_SCHEMAS || ++depth > MAX_DEPTH) {
            throw document.error(schema, "the schema is too large or too deep");
        }
        doing.put(schema, 0);
        leftmost.add(schema);
        int body = body(schema);
        leftmost.remove(schema);
        int referred = doing.getOrDefault(schema, 0);
        doing.remove(schema);
        depth--;
        if (referred != 0) {
            e.define(referred, body);
            body = referred;
        }
        done.put(schema, body);
        return body;
    }

    private int body(Object schema) {
        Map<String, Object> words = document.assertions(schema);
        if (words.size() == 1 && words.containsKey("$ref")) {
            return value(document.target(schema, words.get("$ref")));
        }
        if (words.size() == 1 && words.get("anyOf") instanceof List<?> branches) {
            return e.choice(branches.stream().mapToInt(this::value).toArray());
        }
        int any = Expressions.NOTHING;
        if (words.size() == 1 && words.get("oneOf") instanceof List<?> branches) {
            separate(schema, branches);
            return e.choice(branches.stream().mapToInt(this::value).toArray());
        }
        for (Map<String, Object> one : alternatives(schema, identitySet())) {
            any = e.choice(any, types.compile(schema, one));
        }
        return any;
    }

    /** What a schema comes to when combinations are worked out; any of these may hold. */
    private List<Map<String, Object>> alternatives(Object schema, Set<Object> inside) {
        if (schema instanceof Boolean all) {
            return all ? List.of(Map.of()) : List.of();
        }
        if (!inside.add(schema) || inside.size() > MAX_DEPTH) {
            throw document.error(schema, "refers to itself without anything in between");
        }
        Map<String, Object> words = document.assertions(schema);
        Map<String, Object> own = new LinkedHashMap<>(words);
        SchemaDocument.COMBINATIONS.forEach(own::remove);
        List<Map<String, Object>> all = List.of(own);
        if (words.containsKey("$ref")) {
            all = both(schema, all, alternatives(document.target(schema, words.get("$ref")), inside));
        }
        for (Object part : list(schema, words, "allOf")) {
            all = both(schema, all, alternatives(part, inside));
        }
        for (String word : List.of("anyOf", "oneOf")) {
            if (words.containsKey(word)) {
                List<?> branches = list(schema, words, word);
                List<Map<String, Object>> either = new ArrayList<>();
                branches.forEach(branch -> either.addAll(alternatives(branch, inside)));
                if (word.equals("oneOf")) {
                    separateWith(schema, all, branches, inside);
                }
                all = both(schema, all, either);
            }
        }
        inside.remove(schema);
        return all;
    }

    private List<?> list(Object schema, Map<String, Object> words, String word) {
        Object value = words.getOrDefault(word, List.of());
        if (value instanceof List<?> list) {
            return list;
        }
        throw document.error(schema, "\"" + word + "\" should be an array");
    }

    private List<Map<String, Object>> both(Object schema, List<Map<String, Object>> a, List<Map<String, Object>> b) {
        if ((long) a.size() * b.size() > MAX_ALTERNATIVES) {
            throw document.error(schema, "its combinations come to more than " + MAX_ALTERNATIVES + " alternatives");
        }
        List<Map<String, Object>> all = new ArrayList<>();
        for (Map<String, Object> x : a) {
            for (Map<String, Object> y : b) {
                e.spend(1);
                all.add(merge.both(schema, x, y));
            }
        }
        schemas += all.size();
        if (schemas > MAX_SCHEMAS) {
            throw document.error(schema, "the schema is too large");
        }
        return all;
    }

    private void separate(Object schema, List<?> branches) {
        separateWith(schema, List.of(Map.of()), branches, identitySet());
    }

    /** One and only one of these may hold: refused unless no two ever do. */
    private void separateWith(Object schema, List<Map<String, Object>> beside, List<?> branches, Set<Object> inside) {
        List<List<Map<String, Object>>> each = new ArrayList<>();
        for (Object branch : branches) {
            each.add(both(schema, beside, alternatives(branch, inside)));
        }
        for (int i = 0; i < each.size(); i++) {
            for (int j = 0; j < i; j++) {
                for (Map<String, Object> x : each.get(i)) {
                    e.spend(1);
                    for (Map<String, Object> y : each.get(j)) {
                        if (!merge.apart(x, y)) {
                            throw document.error(
                                    schema,
                                    "\"oneOf\": its parts " + j + " and " + i
                                            + " may both hold; say \"anyOf\" if that does not matter");
                        }
                    }
                }
            }
        }
    }
}
