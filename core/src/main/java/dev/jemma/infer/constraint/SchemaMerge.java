package dev.jemma.infer.constraint;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Two schemas that hold at once as one, and two of which never both hold. */
final class SchemaMerge {
    private final SchemaDocument document;

    SchemaMerge(SchemaDocument document) {
        this.document = document;
    }

    static BigDecimal decimal(Number n) {
        return n instanceof Long l ? BigDecimal.valueOf(l) : BigDecimal.valueOf(n.doubleValue());
    }

    /** The words of both; {@code where} names the place in errors. */
    Map<String, Object> both(Object where, Map<String, Object> a, Map<String, Object> b) {
        Map<String, Object> merged = new LinkedHashMap<>(a);
        closed(where, a, b);
        closed(where, b, a);
        b.forEach((word, value) -> {
            Object other = a.get(word);
            merged.put(word, other == null || other.equals(value) ? value : merge(where, word, other, value));
        });
        return merged;
    }

    /** What one says of properties or items that it does not name, and the other names: no simple sum. */
    private void closed(Object where, Map<String, Object> a, Map<String, Object> b) {
        boolean items = a.containsKey("items") || a.containsKey("additionalItems");
        if (items && b.containsKey("prefixItems") && !b.get("prefixItems").equals(a.get("prefixItems"))) {
            throw document.error(where, "\"items\" of one part beside \"prefixItems\" of another is not supported");
        }
        if (items && (a.get("items") instanceof List || b.get("items") instanceof List)) {
            throw document.error(where, "a list of \"items\" beside another part is not supported");
        }
        if (!a.containsKey("additionalProperties") || Boolean.TRUE.equals(a.get("additionalProperties"))) {
            return;
        }
        Set<String> own = names(a);
        if (!own.containsAll(names(b))) {
            throw document.error(
                    where, "\"additionalProperties\" of one part beside other properties of another is not supported");
        }
    }

    static Set<String> names(Map<String, Object> words) {
        Set<String> names = new LinkedHashSet<>();
        if (words.get("properties") instanceof Map<?, ?> map) {
            map.keySet().forEach(key -> names.add(String.valueOf(key)));
        }
        return names;
    }

    static Set<String> required(Map<String, Object> words) {
        Set<String> names = new LinkedHashSet<>();
        if (words.get("required") instanceof List<?> list) {
            list.forEach(name -> names.add(String.valueOf(name)));
        }
        return names;
    }

    private Object merge(Object where, String word, Object a, Object b) {
        switch (word) {
            case "minimum", "minLength", "minItems", "minProperties", "exclusiveMinimum" -> {
                if (a instanceof Number x && b instanceof Number y) {
                    return decimal(x).compareTo(decimal(y)) >= 0 ? x : y;
                }
            }
            case "maximum", "maxLength", "maxItems", "maxProperties", "exclusiveMaximum" -> {
                if (a instanceof Number x && b instanceof Number y) {
                    return decimal(x).compareTo(decimal(y)) <= 0 ? x : y;
                }
            }
            case "required" -> {
                Set<Object> names = new LinkedHashSet<>((List<?>) a);
                names.addAll((List<?>) b);
                return List.copyOf(names);
            }
            case "properties" -> {
                return properties(where, (Map<?, ?>) a, (Map<?, ?>) b);
            }
            case "items", "additionalProperties" -> {
                return both(where, a, b);
            }
            case "enum" -> {
                List<Object> some = new ArrayList<>((List<?>) a);
                some.retainAll((List<?>) b);
                return some;
            }
            case "type" -> {
                return types(a, b);
            }
            default -> {}
        }
        throw document.error(where, "two values of \"" + word + "\" at once are not supported");
    }

    private static List<String> types(Object a, Object b) {
        List<String> left = typeNames(a);
        List<String> right = typeNames(b);
        List<String> some = new ArrayList<>();
        for (String type : left) {
            if (right.contains(type) || (type.equals("integer") && right.contains("number"))) {
                some.add(type);
            } else if (type.equals("number") && right.contains("integer")) {
                some.add("integer");
            }
        }
        return some;
    }

    static List<String> typeNames(Object type) {
        return type instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of(String.valueOf(type));
    }

    private Map<String, Object> properties(Object where, Map<?, ?> a, Map<?, ?> b) {
        Map<String, Object> all = new LinkedHashMap<>();
        a.forEach((key, value) -> all.put(String.valueOf(key), value));
        b.forEach((key, value) -> all.merge(String.valueOf(key), value, (x, y) -> x.equals(y) ? x : both(where, x, y)));
        return all;
    }

    private Object both(Object where, Object a, Object b) {
        if (a instanceof Boolean x) {
            return x ? b : a;
        }
        if (b instanceof Boolean y) {
            return y ? a : b;
        }
        Map<String, Object> made = Map.of("allOf", List.of(a, b));
        document.place(made, where);
        return made;
    }

    /**
     * Whether nothing that is generated for one of these holds for the other. Of the properties that a schema does not
     * name, none is generated unless it says so.
     */
    boolean apart(Map<String, Object> a, Map<String, Object> b) {
        return typesApart(a, b) || valuesApart(a, b) || (lacks(a, b) && lacks(b, a)) || discriminated(a, b);
    }

    private static boolean typesApart(Map<String, Object> a, Map<String, Object> b) {
        return a.containsKey("type")
                && b.containsKey("type")
                && !"true".equals(String.valueOf(a.get("nullable")))
                && types(a.get("type"), b.get("type")).isEmpty();
    }

    private static boolean valuesApart(Map<String, Object> a, Map<String, Object> b) {
        List<?> left = values(a);
        List<?> right = values(b);
        return !left.isEmpty() && !right.isEmpty() && left.stream().noneMatch(right::contains);
    }

    private static List<?> values(Map<String, Object> words) {
        if (words.containsKey("const")) {
            return List.of(words.get("const"));
        }
        return words.get("enum") instanceof List<?> list ? list : List.of();
    }

    /** Whether objects of {@code a} are never objects of {@code b}, for want or excess of a property. */
    private static boolean lacks(Map<String, Object> a, Map<String, Object> b) {
        if (!"object".equals(a.get("type")) || !"object".equals(b.get("type"))) {
            return false;
        }
        boolean aGrows = a.containsKey("additionalProperties")
                ? !Boolean.FALSE.equals(a.get("additionalProperties"))
                : names(a).isEmpty();
        boolean bMissing =
                !aGrows && !names(a).containsAll(required(b)) && a.keySet().contains("properties");
        boolean bClosed = Boolean.FALSE.equals(b.get("additionalProperties")) && !names(b).containsAll(required(a));
        return (bMissing && !required(a).containsAll(required(b))) || bClosed;
    }

    /** Whether both need a property that has other values in each. */
    private boolean discriminated(Map<String, Object> a, Map<String, Object> b) {
        Set<String> shared = required(a);
        shared.retainAll(required(b));
        if (!(a.get("properties") instanceof Map<?, ?> left) || !(b.get("properties") instanceof Map<?, ?> right)) {
            return false;
        }
        for (String name : shared) {
            if (left.get(name) instanceof Map<?, ?> x
                    && right.get(name) instanceof Map<?, ?> y
                    && (valuesApart(plain(x), plain(y)) || typesApart(plain(x), plain(y)))) {
                return true;
            }
        }
        return false;
    }

    private static Map<String, Object> plain(Map<?, ?> map) {
        Map<String, Object> words = new LinkedHashMap<>();
        map.forEach((key, value) -> words.put(String.valueOf(key), value));
        return words;
    }
}
