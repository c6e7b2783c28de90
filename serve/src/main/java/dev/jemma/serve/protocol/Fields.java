package dev.jemma.serve.protocol;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a JSON object, each asked for by its name, type and range. {@link #end} refuses what nobody asked for, so
 * that no field is passed over in silence. A null counts as absent, as OpenAI's clients send it.
 */
public final class Fields {
    private static final int SHOWN_NAME = 64;

    private final ObjectNode node;
    private final String path;
    private final Set<String> known = new HashSet<>();

    Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** The path of a field in the request, as {@code param} says it. */
    public String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** A field as it is; empty if it is absent or null. */
    public Optional<JsonNode> find(String name) {
        known.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    /** Text. */
    public Optional<String> string(String name) {
        return find(name).map(value -> text(value, path(name)));
    }

    /** A truth value. */
    public boolean bool(String name, boolean otherwise) {
        return find(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw wrong(path(name), "true or false");
                    }
                    return value.booleanValue();
                })
                .orElse(otherwise);
    }

    /** A whole number of a range. */
    public OptionalInt integer(String name, int min, int max) {
        return find(name)
                .map(value -> OptionalInt.of((int) whole(value, path(name), min, max)))
                .orElseGet(OptionalInt::empty);
    }

    /** A whole number of 64 bits. */
    public OptionalLong integer64(String name) {
        return find(name)
                .map(value -> OptionalLong.of(whole(value, path(name), Long.MIN_VALUE, Long.MAX_VALUE)))
                .orElseGet(OptionalLong::empty);
    }

    /** A number of a range. */
    public OptionalDouble number(String name, double min, double max) {
        return find(name)
                .map(value -> OptionalDouble.of(real(value, path(name), min, max)))
                .orElseGet(OptionalDouble::empty);
    }

    /** An object's fields. */
    public Optional<Fields> object(String name) {
        return find(name).map(value -> object(value, path(name)));
    }

    /** An object's fields by their names, for objects whose names are data. */
    public Map<String, JsonNode> map(String name) {
        Map<String, JsonNode> entries = new java.util.LinkedHashMap<>();
        find(name).ifPresent(value -> {
            if (!(value instanceof ObjectNode object)) {
                throw wrong(path(name), "an object");
            }
            object.properties().forEach(e -> entries.put(e.getKey(), e.getValue()));
        });
        return entries;
    }

    /** The entries of an array, as they are. */
    public List<JsonNode> array(String name, int most) {
        return find(name).map(value -> entries(value, path(name), most)).orElse(List.of());
    }

    /** One text, or an array of texts. */
    public List<String> strings(String name, int most) {
        return find(name)
                .map(value -> {
                    if (value.isString()) {
                        return List.of(text(value, path(name)));
                    }
                    List<String> texts = new ArrayList<>();
                    for (JsonNode entry : entries(value, path(name), most)) {
                        texts.add(text(entry, path(name) + "[" + texts.size() + "]"));
                    }
                    return List.copyOf(texts);
                })
                .orElse(List.of());
    }

    /** Fields that may be there and change nothing; the documentation lists them. */
    public void ignore(String... names) {
        known.addAll(List.of(names));
    }

    /** A field that must not be there, and why. */
    public void refuse(String name, String why) {
        find(name).ifPresent(value -> {
            boolean nothing = (value.isContainer() && value.isEmpty()) || (value.isBoolean() && !value.booleanValue());
            if (!nothing) {
                throw ApiException.unsupported(path(name), "'" + path(name) + "' is not supported: " + why);
            }
        });
    }

    /**
     * Refuses what was not asked for.
     *
     * @throws ApiException that names the first unknown field
     */
    public void end() {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!known.contains(field.getKey())) {
                String name = path(shown(field.getKey()));
                throw ApiException.unsupported(name, "unknown field '" + name + "'");
            }
        }
    }

    static Fields object(JsonNode value, String path) {
        if (!(value instanceof ObjectNode object)) {
            throw wrong(path, "an object");
        }
        return new Fields(object, path);
    }

    static List<JsonNode> entries(JsonNode value, String path, int most) {
        if (!value.isArray()) {
            throw wrong(path, "an array");
        }
        if (value.size() > most) {
            throw ApiException.invalid(path, "'" + path + "' has " + value.size() + " entries; at most " + most);
        }
        return List.copyOf(value.values());
    }

    static String text(JsonNode value, String path) {
        if (!value.isString()) {
            throw wrong(path, "a text");
        }
        String text = value.stringValue();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (!Character.isHighSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw ApiException.invalid(path, "'" + path + "' holds half of a surrogate pair");
                }
                i++;
            }
        }
        return text;
    }

    static long whole(JsonNode value, String path, long min, long max) {
        boolean fits = value.isIntegralNumber() && value.canConvertToLong();
        if (!fits || value.longValue() < min || value.longValue() > max) {
            throw wrong(path, min == Long.MIN_VALUE ? "a whole number" : "a whole number from " + min + " to " + max);
        }
        return value.longValue();
    }

    static double real(JsonNode value, String path, double min, double max) {
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (!(number >= min && number <= max)) {
            throw wrong(path, "a number from " + plain(min) + " to " + plain(max));
        }
        return number;
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    static ApiException wrong(String path, String expected) {
        return ApiException.invalid(path, "'" + path + "' must be " + expected);
    }

    private static String shown(String name) {
        String printable = name.replaceAll("\\P{Graph}", "?");
        return printable.substring(0, Math.min(SHOWN_NAME, printable.length()));
    }
}
