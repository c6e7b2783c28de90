package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.format.JsonText;
import dev.jemma.infer.constraint.NumberText.Bound;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Schemas without combinations: types, values, and what holds for strings and numbers. */
final class TypeCompiler {
    private static final List<String> TYPES =
            List.of("null", "boolean", "integer", "number", "string", "array", "object");
    private static final int MAX_VALUES = 10_000;

    /** The types that a word is about; a schema that says no type means those of its words. */
    private static final Map<String, String> TYPE_OF_WORD = Map.ofEntries(
            Map.entry("properties", "object"),
            Map.entry("required", "object"),
            Map.entry("additionalProperties", "object"),
            Map.entry("minProperties", "object"),
            Map.entry("maxProperties", "object"),
            Map.entry("items", "array"),
            Map.entry("prefixItems", "array"),
            Map.entry("additionalItems", "array"),
            Map.entry("minItems", "array"),
            Map.entry("maxItems", "array"),
            Map.entry("uniqueItems", "array"),
            Map.entry("pattern", "string"),
            Map.entry("format", "string"),
            Map.entry("minLength", "string"),
            Map.entry("maxLength", "string"),
            Map.entry("minimum", "number"),
            Map.entry("maximum", "number"),
            Map.entry("exclusiveMinimum", "number"),
            Map.entry("exclusiveMaximum", "number"),
            Map.entry("multipleOf", "number"));

    private final JsonParts parts;
    private final Expressions e;
    private final SchemaDocument document;
    private final ContainerCompiler containers;

    TypeCompiler(JsonParts parts, SchemaDocument document, ToIntFunction<Object> inner) {
        this.parts = parts;
        this.document = document;
        e = parts.e;
        containers = new ContainerCompiler(parts, document, inner);
    }

    int any() {
        return parts.any();
    }

    /** @param schema where the words come from, for errors */
    int compile(Object schema, Map<String, Object> words) {
        if (words.containsKey("const") || words.containsKey("enum")) {
            return values(schema, words);
        }
        Set<String> types = types(schema, words);
        int any = Expressions.NOTHING;
        for (String type : types) {
            any = e.choice(any, typed(schema, type, words));
        }
        return types.isEmpty() && !words.containsKey("type") ? parts.any() : any;
    }

    private int typed(Object schema, String type, Map<String, Object> words) {
        return switch (type) {
            case "null" -> parts.text("null");
            case "boolean" -> e.choice(parts.text("true"), parts.text("false"));
            case "integer", "number" -> number(schema, words, type.equals("integer"));
            case "string" -> string(schema, words);
            case "array" -> containers.array(schema, words);
            default -> containers.object(schema, words);
        };
    }

    private Set<String> types(Object schema, Map<String, Object> words) {
        Set<String> types = new LinkedHashSet<>();
        if (words.containsKey("type")) {
            types.addAll(SchemaMerge.typeNames(words.get("type")));
        } else {
            words.keySet()
                    .forEach(word -> types.addAll(
                            Optional.ofNullable(TYPE_OF_WORD.get(word)).stream().toList()));
        }
        for (String type : types) {
            if (!TYPES.contains(type)) {
                throw document.error(schema, "type \"" + type + "\" is not supported");
            }
        }
        if (types.contains("number")) {
            types.remove("integer");
        }
        if (Boolean.TRUE.equals(words.get("nullable")) && !types.isEmpty()) {
            types.add("null");
        }
        return types;
    }

    /** Values that are listed, as far as the other words let them pass. */
    private int values(Object schema, Map<String, Object> words) {
        List<Object> values = new ArrayList<>();
        if (words.get("enum") instanceof List<?> list) {
            values.addAll(list);
        } else if (words.containsKey("enum")) {
            throw document.error(schema, "\"enum\" should be an array");
        } else {
            values.add(words.get("const"));
        }
        if (values.size() > MAX_VALUES) {
            throw document.error(schema, "\"enum\" has more than " + MAX_VALUES + " values");
        }
        if (words.containsKey("const")) {
            values.removeIf(value -> !value.equals(words.get("const")));
        }
        Map<String, Object> others = new LinkedHashMap<>(words);
        others.remove("const");
        others.remove("enum");
        Set<String> types = types(schema, others);
        if (words.containsKey("type")) {
            values.removeIf(value -> !isOf(types, value));
        }
        others.remove("type");
        others.remove("nullable");
        List<byte[]> texts = new ArrayList<>();
        for (Object value : values) {
            texts.add(compact(schema, value));
        }
        if (!others.isEmpty()) {
            Map<String, Object> typed = new LinkedHashMap<>(others);
            values.stream()
                    .filter(v -> v instanceof Map || v instanceof List)
                    .findAny()
                    .ifPresent(_ -> {
                        throw document.error(
                                schema,
                                "an object or array of \"enum\" or \"const\" beside other words is not supported");
                    });
            for (int i = values.size() - 1; i >= 0; i--) {
                String type = typeOf(values.get(i));
                boolean about = others.keySet().stream().anyMatch(word -> type.equals(TYPE_OF_WORD.get(word)));
                if (about && !matches(typed(schema, type, typed), texts.get(i))) {
                    texts.remove(i);
                }
            }
        }
        return WordTree.of(e, texts);
    }

    private boolean matches(int expression, byte[] text) {
        int at = expression;
        for (byte b : text) {
            at = e.table(at)[b & 0xFF];
        }
        return e.nullable(at);
    }

    private byte[] compact(Object schema, Object value) {
        if (parts.writing == Writing.MARKED) {
            return Writing.marked(value);
        }
        if (value instanceof Double d && d == Math.rint(d) && Math.abs(d) < 1e15) {
            return compact(schema, d.longValue());
        }
        if (value instanceof Double d) {
            return BigDecimal.valueOf(d).toString().getBytes(UTF_8);
        }
        if (value instanceof String s) {
            byte[] text = s.getBytes(UTF_8);
            if (!new String(text, UTF_8).equals(s)) {
                throw document.error(schema, "half a character in a value");
            }
            return JsonText.compact(s);
        }
        return JsonText.compact(value);
    }

    private static String typeOf(Object value) {
        return switch (value) {
            case String _ -> "string";
            case Number _ -> "number";
            case Boolean _ -> "boolean";
            case List<?> _ -> "array";
            case Map<?, ?> _ -> "object";
            default -> "null";
        };
    }

    private static boolean isOf(Set<String> types, Object value) {
        boolean whole = value instanceof Long || (value instanceof Double d && d == Math.rint(d));
        return types.contains(typeOf(value)) || (whole && types.contains("integer"));
    }

    private int string(Object schema, Map<String, Object> words) {
        int min = containers.count(schema, words, "minLength", 0);
        int max = containers.count(schema, words, "maxLength", Expressions.UNLIMITED);
        if (max < min) {
            return Expressions.NOTHING;
        }
        List<Integer> contents = new ArrayList<>();
        if (words.get("pattern") instanceof String pattern) {
            contents.add(pattern(schema, pattern, true));
        } else if (words.containsKey("pattern")) {
            throw document.error(schema, "\"pattern\" should be a string");
        }
        if (words.containsKey("format")) {
            String format = String.valueOf(words.get("format"));
            String pattern = StringFormats.pattern(format)
                    .orElseThrow(() -> document.error(schema, "format \"" + format + "\" is not supported"));
            contents.add(pattern(schema, pattern, false));
        }
        if (contents.isEmpty()) {
            return parts.quoted(parts.characters(min, max));
        }
        boolean anyLength = min == 0 && max == Expressions.UNLIMITED;
        if (contents.size() == 1 && anyLength) {
            return parts.quoted(contents.getFirst());
        }
        if (!anyLength) {
            contents.add(parts.characters(min, max));
        }
        String what = "schema " + document.place(schema) + ": \"pattern\" or \"format\" with a length";
        Automaton all = Automaton.of(e, contents.getFirst(), what);
        for (int content : contents.subList(1, contents.size())) {
            all = all.start() < 0 ? all : Automaton.both(all, Automaton.of(e, content, what), what);
        }
        return parts.quoted(e.lexical(all, all.start()));
    }

    private int pattern(Object schema, String pattern, boolean within) {
        try {
            return within ? Regex.within(e, parts.inString, pattern) : Regex.whole(e, parts.inString, pattern);
        } catch (ConstraintException wrong) {
            throw document.error(schema, String.valueOf(wrong.getMessage()));
        }
    }

    private int number(Object schema, Map<String, Object> words, boolean whole) {
        if (words.containsKey("format")
                && !Set.of("int32", "int64", "float", "double").contains(String.valueOf(words.get("format")))) {
            throw document.error(schema, "format \"" + words.get("format") + "\" of a number is not supported");
        }
        Optional<Bound> least = bound(schema, words, "minimum", "exclusiveMinimum");
        Optional<Bound> most = bound(schema, words, "maximum", "exclusiveMaximum");
        if ("int32".equals(words.get("format"))) {
            least = least.or(() -> Optional.of(new Bound(BigDecimal.valueOf(Integer.MIN_VALUE), false)));
            most = most.or(() -> Optional.of(new Bound(BigDecimal.valueOf(Integer.MAX_VALUE), false)));
        }
        int fractionDigits = NumberText.fractionDigits();
        int step = 1;
        boolean integer = whole;
        if (words.containsKey("multipleOf")) {
            BigDecimal given = number(schema, words, "multipleOf").stripTrailingZeros();
            boolean digits =
                    given.signum() > 0 && given.unscaledValue().equals(java.math.BigInteger.ONE) && given.scale() > 0;
            if (digits && given.scale() <= fractionDigits) {
                fractionDigits = given.scale();
            } else {
                try {
                    step = NumberText.checkedStep(given);
                } catch (ConstraintException wrong) {
                    throw document.error(schema, "\"multipleOf\" " + wrong.getMessage());
                }
                integer = true;
            }
        }
        if (integer) {
            return parts.numbers.integers(least, most, step);
        }
        boolean free = least.isEmpty() && most.isEmpty() && !words.containsKey("multipleOf");
        return free ? parts.numbers.any() : parts.numbers.decimals(least, most, fractionDigits);
    }

    private Optional<Bound> bound(Object schema, Map<String, Object> words, String word, String open) {
        Optional<Bound> bound = Optional.empty();
        if (words.containsKey(word)) {
            bound = Optional.of(new Bound(number(schema, words, word), Boolean.TRUE.equals(words.get(open))));
        }
        if (words.get(open) instanceof Boolean || !words.containsKey(open)) {
            return bound; // true and false are how old schemas say it
        }
        Bound other = new Bound(number(schema, words, open), true);
        if (bound.isEmpty()) {
            return Optional.of(other);
        }
        int order = other.value().compareTo(bound.get().value());
        boolean tighter = word.equals("minimum") ? order >= 0 : order <= 0;
        return tighter ? Optional.of(other) : bound;
    }

    private BigDecimal number(Object schema, Map<String, Object> words, String word) {
        if (words.get(word) instanceof Number n) {
            return SchemaMerge.decimal(n);
        }
        throw document.error(schema, "\"" + word + "\" should be a number");
    }
}
