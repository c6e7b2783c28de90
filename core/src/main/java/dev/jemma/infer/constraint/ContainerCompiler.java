package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Objects and arrays. Properties come in the order of the schema, those that are required and not named behind them, and
 * further ones last, where {@code additionalProperties} asks for them or nothing is named at all.
 */
final class ContainerCompiler {
    private static final int MAX_PROPERTIES = 512;
    private static final int MAX_NAME_LENGTH = 512;
    /** Longest name of a property that the schema does not name. */
    private static final int FREE_NAME_LENGTH = 64;

    private final JsonParts parts;
    private final Expressions e;
    private final SchemaDocument document;
    private final ToIntFunction<Object> inner;

    ContainerCompiler(JsonParts parts, SchemaDocument document, ToIntFunction<Object> inner) {
        this.parts = parts;
        this.document = document;
        this.inner = inner;
        e = parts.e;
    }

    /** A count among the words; its absence is {@code absent}. */
    int count(Object schema, Map<String, Object> words, String word, int absent) {
        Object value = words.get(word);
        if (value == null) {
            return absent;
        }
        if (value instanceof Number n && n.doubleValue() >= 0 && n.doubleValue() == Math.rint(n.doubleValue())) {
            return (int) Math.min(n.doubleValue(), Expressions.UNLIMITED);
        }
        throw document.error(schema, "\"" + word + "\" should be a whole number, 0 or more");
    }

    int object(Object schema, Map<String, Object> words) {
        int min = count(schema, words, "minProperties", 0);
        int max = count(schema, words, "maxProperties", Expressions.UNLIMITED);
        Map<String, Object> properties = properties(schema, words);
        Object additional = words.getOrDefault("additionalProperties", properties.isEmpty());
        if (!(additional instanceof Boolean) && !(additional instanceof Map)) {
            throw document.error(schema, "\"additionalProperties\" should be a schema, true or false");
        }
        List<String> required = new ArrayList<>(SchemaMerge.required(words));
        if (words.containsKey("required") && !(words.get("required") instanceof List)) {
            throw document.error(schema, "\"required\" should be an array of names");
        }
        for (String name : required) { // a name that is only here is as free as any other
            properties.putIfAbsent(name, words.getOrDefault("additionalProperties", true));
        }
        if (properties.size() > MAX_PROPERTIES) {
            throw document.error(schema, "more than " + MAX_PROPERTIES + " properties");
        }
        List<JsonParts.Element> elements = new ArrayList<>();
        properties.forEach((name, value) -> {
            if (name.length() > MAX_NAME_LENGTH) {
                throw document.error(schema, "a property's name has more than " + MAX_NAME_LENGTH + " characters");
            }
            elements.add(new JsonParts.Element(
                    parts.pair(parts.key(name), inner.applyAsInt(value)), required.contains(name)));
        });
        int others = others(additional, List.copyOf(properties.keySet()));
        if (others != Expressions.NOTHING && min > required.size() + 1) { // what comes twice would count but once
            throw document.error(
                    schema,
                    "\"minProperties\" above the number of required ones is not supported where others may come");
        }
        return parts.enclosed('{', parts.subset(elements, others, min, max), '}');
    }

    private Map<String, Object> properties(Object schema, Map<String, Object> words) {
        Map<String, Object> properties = parts.writing == Writing.MARKED ? new TreeMap<>() : new LinkedHashMap<>();
        Object value = words.getOrDefault("properties", Map.of());
        if (!(value instanceof Map<?, ?> map)) {
            throw document.error(schema, "\"properties\" should be an object");
        }
        map.forEach((name, property) -> properties.put(String.valueOf(name), property));
        return properties;
    }

    /** A property that the schema does not name; NOTHING if there is none. */
    private int others(Object additional, List<String> names) {
        int value = Boolean.FALSE.equals(additional) ? Expressions.NOTHING : inner.applyAsInt(additional);
        if (value == Expressions.NOTHING) {
            return Expressions.NOTHING;
        }
        int free = parts.freeKey(FREE_NAME_LENGTH);
        int key = free;
        if (!names.isEmpty()) {
            String what = "the names of a schema's properties";
            Automaton other = Automaton.of(e, parts.inString.otherThan(names), what);
            Automaton both = Automaton.both(other, Automaton.of(e, free, what), what);
            key = e.lexical(both, both.start());
        }
        return parts.pair(parts.asKey(key), value);
    }

    int array(Object schema, Map<String, Object> words) {
        int min = count(schema, words, "minItems", 0);
        int max = count(schema, words, "maxItems", Expressions.UNLIMITED);
        List<?> first = List.of();
        Object rest = words.getOrDefault("items", true);
        if (words.get("prefixItems") instanceof List<?> list) {
            first = list;
        } else if (words.containsKey("prefixItems")) {
            throw document.error(schema, "\"prefixItems\" should be an array");
        } else if (rest instanceof List<?> list) { // as older schemas say it
            first = list;
            rest = words.getOrDefault("additionalItems", true);
        }
        if (first.size() > MAX_PROPERTIES) {
            throw document.error(schema, "more than " + MAX_PROPERTIES + " \"prefixItems\"");
        }
        if (max < min) {
            return Expressions.NOTHING;
        }
        if (Boolean.TRUE.equals(words.get("uniqueItems")) && max > 1) {
            return unique(schema, words, min, max);
        }
        int element = max > first.size() ? inner.applyAsInt(rest) : Expressions.NOTHING;
        if (first.isEmpty()) {
            int some = element == Expressions.NOTHING && min == 0 ? Expressions.EMPTY : parts.list(element, min, max);
            return parts.enclosed('[', some, ']');
        }
        int more = e.repeat(
                e.sequence(parts.comma(), element),
                Math.max(0, min - first.size()),
                max == Expressions.UNLIMITED ? max : Math.max(0, max - first.size()));
        int content = more;
        for (int i = first.size() - 1; i >= 0; i--) {
            int one = max > i ? inner.applyAsInt(first.get(i)) : Expressions.NOTHING;
            int here = e.sequence(i == 0 ? Expressions.EMPTY : parts.comma(), one, content);
            content = i >= min ? e.optional(here) : here;
        }
        return parts.enclosed('[', content, ']');
    }

    /** Items that differ are generated where they are listed values: in the order of the list, each once at most. */
    private int unique(Object schema, Map<String, Object> words, int min, int max) {
        if (words.get("items") instanceof Map<?, ?> items
                && items.get("enum") instanceof List<?> values
                && !words.containsKey("prefixItems")
                && values.size() <= MAX_PROPERTIES) {
            BitSet seen = new BitSet();
            List<JsonParts.Element> elements = new ArrayList<>();
            for (Object value : values) {
                Map<String, Object> one = new LinkedHashMap<>();
                items.forEach((word, x) -> one.put(String.valueOf(word), x));
                one.put("enum", List.of(value));
                document.place(one, schema);
                int text = inner.applyAsInt(one);
                if (text != Expressions.NOTHING && !seen.get(text)) {
                    seen.set(text);
                    elements.add(new JsonParts.Element(text, false));
                }
            }
            return parts.enclosed('[', parts.subset(elements, Expressions.NOTHING, min, max), ']');
        }
        throw document.error(
                schema, "\"uniqueItems\" is supported where \"items\" is an \"enum\", or \"maxItems\" is 1");
    }
}
