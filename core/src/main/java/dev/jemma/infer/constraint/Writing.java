package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** How values are written: as JSON, or as FunctionGemma was trained to write the arguments of a call. */
enum Writing {
    /** JSON. */
    JSON,
    /**
     * Like JSON without white space, but strings stand as they are between two {@code <escape>} tokens, names stand bare,
     * and come in alphabetical order. Control tokens are the bytes that {@link TokenTrie} gives them.
     */
    MARKED;

    /** {@code <start_function_call>}. */
    static final int CALL = TokenTrie.FIRST_MARK;
    /** {@code <end_function_call>}. */
    static final int CALL_END = TokenTrie.FIRST_MARK + 1;
    /** {@code <escape>}. */
    static final int ESCAPE = TokenTrie.FIRST_MARK + 2;

    private static final Pattern BARE = Pattern.compile("[^\\p{Cntrl}{}\\[\\]:,\"]{1,512}");

    /** The byte on both sides of a string. */
    int quote() {
        return this == JSON ? '"' : ESCAPE;
    }

    /**
     * Whether a property can have this name.
     *
     * @throws ConstraintException if not
     */
    void check(String name) {
        if (this == MARKED && !BARE.matcher(name).matches()) {
            throw new ConstraintException("a parameter's name holds a sign that this model's calls have for themselves"
                    + " (one of {}[]:,\" or a control character), or is empty: give it another name");
        }
    }

    /** A value as {@link #MARKED}. */
    static byte[] marked(Object value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        marked(value, out);
        return out.toByteArray();
    }

    private static void marked(Object value, ByteArrayOutputStream out) {
        switch (value) {
            case String text -> {
                out.write(ESCAPE);
                out.writeBytes(text.getBytes(UTF_8));
                out.write(ESCAPE);
            }
            case List<?> list -> {
                out.write('[');
                for (int i = 0; i < list.size(); i++) {
                    if (i > 0) {
                        out.write(',');
                    }
                    marked(list.get(i), out);
                }
                out.write(']');
            }
            case Map<?, ?> map -> {
                Map<String, Object> sorted = new TreeMap<>();
                map.forEach((name, child) -> sorted.put(String.valueOf(name), child));
                out.write('{');
                String before = "";
                for (Map.Entry<String, Object> entry : sorted.entrySet()) {
                    MARKED.check(entry.getKey());
                    out.writeBytes((before + entry.getKey() + ":").getBytes(UTF_8));
                    marked(entry.getValue(), out);
                    before = ",";
                }
                out.write('}');
            }
            case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> plain(d.longValue(), out);
            case Double d -> plain(BigDecimal.valueOf(d), out);
            default -> plain(value, out);
        }
    }

    private static void plain(Object value, ByteArrayOutputStream out) {
        out.writeBytes(value.toString().getBytes(UTF_8));
    }
}
