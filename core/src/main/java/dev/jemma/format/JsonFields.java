package dev.jemma.format;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object in file order: one array of keys and values, searched through when it is short; a longer
 * one has its keys sorted beside it. An ordinary hash map takes twenty times the bytes of the text that made it, which a
 * hostile file would use.
 */
final class JsonFields extends AbstractMap<String, Object> {
    private static final int SHORT = 8;
    private static final String[] NO_KEYS = {};
    private static final int[] NO_PLACES = {};

    static final JsonFields EMPTY = new JsonFields(new Object[0], 0, 0);

    private final Object[] flat; // key, value, key, value …
    private final String[] sortedKeys; // only if there are more than SHORT fields
    private final int[] places; // places[i]: the number of the field whose key is sortedKeys[i]

    /** From {@code scratch[from … to)}: key, value, key, value … */
    JsonFields(Object[] scratch, int from, int to) {
        flat = Arrays.copyOfRange(scratch, from, to);
        int n = flat.length / 2;
        if (n <= SHORT) {
            sortedKeys = NO_KEYS;
            places = NO_PLACES;
            return;
        }
        sortedKeys = new String[n];
        for (int i = 0; i < n; i++) {
            sortedKeys[i] = key(i);
        }
        Arrays.sort(sortedKeys);
        places = new int[n];
        for (int i = 0; i < n; i++) {
            places[Arrays.binarySearch(sortedKeys, key(i))] = i;
        }
    }

    private String key(int field) {
        return (String) flat[2 * field];
    }

    private Object value(int field) {
        return flat[2 * field + 1];
    }

    /** A key that occurs more than once, or null. */
    @Nullable String repeated() {
        for (int i = 1; i < sortedKeys.length; i++) {
            if (sortedKeys[i].equals(sortedKeys[i - 1])) {
                return sortedKeys[i];
            }
        }
        for (int i = 1; sortedKeys.length == 0 && i < flat.length / 2; i++) {
            if (find(key(i)) < i) {
                return key(i);
            }
        }
        return null;
    }

    /** The number of the (first) field of this name; −1 if there is none. */
    private int find(String name) {
        if (sortedKeys.length > 0) {
            int at = Arrays.binarySearch(sortedKeys, name);
            return at < 0 ? -1 : places[at];
        }
        for (int i = 0; i < flat.length / 2; i++) {
            if (flat[2 * i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        int field = key instanceof String name ? find(name) : -1;
        return field < 0 ? null : value(field);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return get(key) != null;
    }

    @Override
    public Set<Map.Entry<String, Object>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Map.Entry<String, Object>> iterator() {
                return IntStream.range(0, flat.length / 2)
                        .mapToObj(i -> Map.entry(key(i), value(i)))
                        .iterator();
            }

            @Override
            public int size() {
                return flat.length / 2;
            }
        };
    }
}
