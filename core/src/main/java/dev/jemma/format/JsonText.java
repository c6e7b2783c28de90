package dev.jemma.format;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Plain values (Map, List, String, Number, Boolean, {@link Json#NULL}) as JSON text. */
public final class JsonText {
    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonText() {}

    /** UTF-8 without spaces. */
    public static byte[] compact(Object value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            write(generator, value);
        }
        return out.toByteArray();
    }

    /** UTF-8 with a field or element a line, two spaces deeper at each level, and a line end at the close. */
    public static byte[] indented(Object value) {
        StringBuilder text = new StringBuilder();
        indent(value, "\n", text);
        return text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Writes {@link #indented} text to a file, which appears only when it is whole. */
    public static void write(Path file, Object value) {
        try (OutputFile out = OutputFile.create(file)) {
            out.write(indented(value));
            out.commit();
        }
    }

    private static void write(JsonGenerator generator, Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                generator.writeStartObject();
                map.forEach((key, child) -> {
                    generator.writeName(String.valueOf(key));
                    write(generator, child);
                });
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray();
                list.forEach(child -> write(generator, child));
                generator.writeEndArray();
            }
            case String s -> generator.writeString(s);
            case Boolean b -> generator.writeBoolean(b);
            case Double d when !Double.isFinite(d) -> generator.writeNull();
            case Double d -> generator.writeNumber(d);
            case Number n -> generator.writeNumber(n.longValue());
            case Json.Null nothing -> generator.writeNull();
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        }
    }

    private static void indent(Object value, String lineStart, StringBuilder text) {
        String deeper = lineStart + "  ";
        String comma = "";
        switch (value) {
            case Map<?, ?> map
            when !map.isEmpty() -> {
                text.append('{');
                for (Map.Entry<?, ?> field : map.entrySet()) {
                    text.append(comma).append(deeper);
                    text.append(string(String.valueOf(field.getKey()))).append(": ");
                    indent(field.getValue(), deeper, text);
                    comma = ",";
                }
                text.append(lineStart).append('}');
            }
            case List<?> list
            when !list.isEmpty() -> {
                text.append('[');
                for (Object child : list) {
                    text.append(comma).append(deeper);
                    indent(child, deeper, text);
                    comma = ",";
                }
                text.append(lineStart).append(']');
            }
            default -> text.append(string(value));
        }
    }

    private static String string(Object value) {
        return new String(compact(value), StandardCharsets.UTF_8);
    }
}
