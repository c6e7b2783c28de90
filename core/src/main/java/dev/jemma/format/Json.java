package dev.jemma.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value of a JSON file that knows where it stands, so that a wrong one is reported as
 * {@code config.json: text_config.hidden_size should be …}. A field that is absent and one that is null are the same.
 * Immutable.
 */
public final class Json {
    /** What null is read as. */
    public static final Object NULL = Null.NULL;

    /** The type of {@link #NULL}. */
    enum Null {
        NULL;

        @Override
        public String toString() {
            return "null";
        }
    }

    private static final long MAX_FILE_BYTES = 64L << 20;

    private final Object value;
    private final String source;
    private final @Nullable Json parent; // the path is put together only when a message needs it
    private final String key; // "" for the root and for elements of an array
    private final int index;

    private Json(Object value, String source) {
        this(value, source, null, "", 0);
    }

    private Json(Object value, String source, @Nullable Json parent, String key, int index) {
        this.value = value;
        this.source = source;
        this.parent = parent;
        this.key = key;
        this.index = index;
    }

    /** Reads a file of at most 64 MiB. */
    public static Json read(Path file) {
        byte[] bytes = FileBytes.readAll(file, MAX_FILE_BYTES);
        return new Json(JsonReader.read(bytes, 0, bytes.length, file.toString()), file.toString());
    }

    /** Parses UTF-8 text; {@code source} names it in messages. */
    public static Json parse(byte[] utf8, String source) {
        return new Json(JsonReader.read(utf8, 0, utf8.length, source), source);
    }

    /** The file that the value comes from, for messages. */
    public String source() {
        return source;
    }

    /** The value itself: Map, List, String, Long, Double or Boolean; null is an object that prints as null. */
    public Object raw() {
        return value;
    }

    /** Whether this is the literal null. */
    public boolean isNull() {
        return value.equals(NULL);
    }

    /** Whether this is an object. */
    public boolean isObject() {
        return value instanceof Map;
    }

    /** Whether this is an array. */
    public boolean isArray() {
        return value instanceof List;
    }

    /** Whether this is a string. */
    public boolean isString() {
        return value instanceof String;
    }

    /** Whether this is a number, whole or not. */
    public boolean isNumber() {
        return value instanceof Number;
    }

    /** Whether this is true or false. */
    public boolean isBool() {
        return value instanceof Boolean;
    }

    /** The names of an object's fields, in file order. */
    public Set<String> keys() {
        return fields().keySet();
    }

    /** The field of this name, unless it is absent or null. */
    public Optional<Json> find(String key) {
        Object child = fields().get(key);
        return child == null || child.equals(NULL)
                ? Optional.empty()
                : Optional.of(new Json(child, source, this, key, 0));
    }

    /** The field of this name. */
    public Json get(String key) {
        return find(key)
                .orElseThrow(() -> new FormatException(source + ": " + Names.shown(childPath(key)) + " is missing"));
    }

    /** Whether the field is there and not null. */
    public boolean has(String key) {
        return find(key).isPresent();
    }

    /** A member as text; empty if it is absent or null. */
    public Optional<String> string(String key) {
        return find(key).map(Json::asString);
    }

    /** A member as a whole number; empty if it is absent or null. */
    public OptionalLong integer(String key) {
        return find(key).map(child -> OptionalLong.of(child.asLong())).orElse(OptionalLong.empty());
    }

    /** A member as a number; empty if it is absent or null. */
    public OptionalDouble real(String key) {
        return find(key).map(child -> OptionalDouble.of(child.asDouble())).orElse(OptionalDouble.empty());
    }

    /** A member as a truth value; empty if it is absent or null. */
    public Optional<Boolean> bool(String key) {
        return find(key).map(Json::asBool);
    }

    /** This value as text. Throws a {@link FormatException} if it is none. */
    public String asString() {
        if (value instanceof String s) {
            return s;
        }
        throw wrong("a string");
    }

    /** A whole number; 8192.0 counts as one. */
    public long asLong() {
        if (value instanceof Long n) {
            return n;
        }
        if (value instanceof Double d && d == Math.rint(d) && Math.abs(d) <= 1L << 53) {
            return d.longValue();
        }
        throw wrong("a whole number");
    }

    /** A whole number of 32 bits. */
    public int asInt() {
        long n = asLong();
        if (n != (int) n) {
            throw wrong("a whole number of 32 bits");
        }
        return (int) n;
    }

    /** This value as a number. Throws a {@link FormatException} if it is none. */
    public double asDouble() {
        if (value instanceof Number n) {
            return n.doubleValue();
        }
        throw wrong("a number");
    }

    /** This value as a truth value. Throws a {@link FormatException} if it is none. */
    public boolean asBool() {
        if (value instanceof Boolean b) {
            return b;
        }
        throw wrong("true or false");
    }

    /** The elements of an array. */
    public List<Json> items() {
        if (!(value instanceof List<?> list)) {
            throw wrong("an array");
        }
        List<Json> items = new ArrayList<>(list.size());
        for (Object item : list) {
            items.add(new Json(item, source, this, "", items.size()));
        }
        return items;
    }

    /** An error about this value: its file, its place, and {@code problem}. */
    public FormatException error(String problem) {
        return new FormatException(source + ": " + (parent == null ? "the file" : Names.shown(path())) + " " + problem);
    }

    private Map<String, Object> fields() {
        if (value instanceof JsonFields fields) {
            return fields;
        }
        throw wrong("an object");
    }

    private String childPath(String child) {
        return parent == null ? child : path() + "." + child;
    }

    /** Where the value stands: "a.b[3]". */
    private String path() {
        if (parent == null) {
            return "";
        }
        return key.isEmpty() ? parent.path() + "[" + index + "]" : parent.childPath(key);
    }

    private FormatException wrong(String wanted) {
        String found = switch (value) {
            case Map<?, ?> map -> "an object";
            case List<?> list -> "an array";
            case String s -> "\"" + Names.shown(s) + "\"";
            default -> String.valueOf(value);
        };
        return error("should be " + wanted + ", not " + found);
    }

    @Override
    public String toString() {
        return source + (parent == null ? "" : ": " + path());
    }
}
