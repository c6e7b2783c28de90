package dev.jemma.format;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object in file order: two arrays, and a lookup by binary search. An ordinary hash map takes
 * twenty times the bytes of the text that made it, which a hostile file would use.
 */
final class JsonFields extends AbstractMap<String, Object> {
    static final JsonFields EMPTY = new JsonFields(new Object[0], 0, 0);

    private final String[] keys; // sorted
    private final int[] order; // order[i]: where in the sorted arrays the file's field i stands
    private final Object[] values; // of the sorted keys

    /** From {@code flat[from … to)}: key, value, key, value … */
    JsonFields(Object[] flat, int from, int to) {
        int n = (to - from) / 2;
        keys = new String[n];
        values = new Object[n];
        order = new int[n];
        for (int i = 0; i < n; i++) {
            keys[i] = (String) flat[from + 2 * i];
        }
        Arrays.sort(keys);
        for (int i = 0; i < n; i++) {
            order[i] = Arrays.binarySearch(keys, (String) flat[from + 2 * i]);
            values[order[i]] = flat[from + 2 * i + 1];
        }
    }

    /** A key that occurs more than once, or null. */
    @Nullable String repeated() {
        for (int i = 1; i < keys.length; i++) {
            if (keys[i].equals(keys[i - 1])) {
                return keys[i];
            }
        }
        return null;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        int at = key instanceof String name ? Arrays.binarySearch(keys, name) : -1;
        return at < 0 ? null : values[at];
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
                return Arrays.stream(order)
                        .mapToObj(at -> Map.entry(keys[at], values[at]))
                        .iterator();
            }

            @Override
            public int size() {
                return keys.length;
            }
        };
    }
}
