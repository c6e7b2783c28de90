package dev.jemma.serve.protocol;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What an answer must look like, as {@code response_format} or one of vLLM's {@code guided_…} fields says it. */
public sealed interface AnswerForm {
    /**
     * A document that a JSON Schema allows.
     *
     * @param schema as JSON text
     * @param param the field that holds it
     */
    record JsonSchema(String schema, String param) implements AnswerForm {}

    /** A text that a regular expression matches from end to end. */
    record Pattern(String pattern, String param) implements AnswerForm {}

    /** One of these texts. */
    record Choice(List<String> texts, String param) implements AnswerForm {}

    /** The field that asks for it. */
    String param();

    /** Most texts to choose from. */
    int MAX_CHOICES = 1024;

    /**
     * The form that is asked for, if any text will not do.
     *
     * @throws ApiException if it is not one that is known, or more than one
     */
    static Optional<AnswerForm> read(Fields fields) {
        List<AnswerForm> all = java.util.stream.Stream.of(
                        fields.object("response_format").flatMap(AnswerForm::format),
                        fields.find("guided_json").map(value -> guided(fields, value)),
                        fields.string("guided_regex").<AnswerForm>map(p -> new Pattern(p, fields.path("guided_regex"))),
                        choice(fields))
                .flatMap(Optional::stream)
                .toList();
        if (all.size() > 1) {
            throw ApiException.invalid(
                    all.get(1).param(), "an answer has one form: '" + all.get(0).param() + "' asks for another");
        }
        return all.stream().findFirst();
    }

    private static Optional<AnswerForm> format(Fields format) {
        String path = format.path("type");
        String type = format.string("type")
                .orElseThrow(() -> Fields.wrong(path, "\"text\", \"json_object\" or \"json_schema\""));
        Optional<AnswerForm> form = switch (type) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(new JsonSchema("{\"type\":\"object\"}", path));
            case "json_schema" -> Optional.of(schema(format));
            default ->
                throw ApiException.unsupported(
                        path, "'" + path + "' is \"text\", \"json_object\" or \"json_schema\", nothing else");
        };
        format.end();
        return form;
    }

    private static AnswerForm schema(Fields format) {
        Fields named = format.object("json_schema")
                .orElseThrow(() -> Fields.wrong(format.path("json_schema"), "an object with the schema"));
        named.string("name");
        named.string("description");
        named.bool("strict", true); // answers are held to the schema either way
        String path = named.path("schema");
        JsonNode schema = named.find("schema").orElseThrow(() -> Fields.wrong(path, "a JSON Schema"));
        named.end();
        return new JsonSchema(text(schema), path);
    }

    private static AnswerForm guided(Fields fields, JsonNode value) {
        String path = fields.path("guided_json");
        return new JsonSchema(value.isString() ? Fields.text(value, path) : text(value), path);
    }

    private static Optional<AnswerForm> choice(Fields fields) {
        if (fields.find("guided_choice").isEmpty()) {
            return Optional.empty();
        }
        List<String> texts = fields.strings("guided_choice", MAX_CHOICES);
        if (texts.isEmpty()) {
            throw Fields.wrong(fields.path("guided_choice"), "an array of texts; it is empty");
        }
        return Optional.of(new Choice(texts, fields.path("guided_choice")));
    }

    private static String text(JsonNode value) {
        return new String(Wire.bytes(value), StandardCharsets.UTF_8);
    }
}
