package dev.jemma.serve.protocol;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A prompt or an input as OpenAI takes it: text, or token ids that are used as they are. */
public sealed interface PromptInput {
    /** Plain text; control tokens spelled out in it are text. */
    record Text(String text) implements PromptInput {}

    /** Ids, which should begin with {@code <bos>}. */
    record Ids(int[] ids) implements PromptInput {}

    /** Most ids of one prompt that are read at all; the context is the narrower limit. */
    int MAX_IDS = 1 << 20;

    /** One text, several, one array of ids, or several. */
    static List<PromptInput> read(Fields fields, String name, int most) {
        JsonNode value = fields.find(name)
                .orElseThrow(() -> Fields.wrong(fields.path(name), "a text, token ids, or an array of either"));
        String path = fields.path(name);
        if (value.isString()) {
            return List.of(new Text(Fields.text(value, path)));
        }
        List<JsonNode> entries = Fields.entries(value, path, MAX_IDS);
        if (entries.isEmpty()) {
            throw Fields.wrong(path, "a text, token ids, or an array of either; it is empty");
        }
        if (entries.getFirst().isNumber()) {
            return List.of(ids(value, path));
        }
        if (entries.size() > most) {
            throw ApiException.invalid(path, "'" + path + "' has " + entries.size() + " entries; at most " + most);
        }
        List<PromptInput> all = new ArrayList<>();
        for (JsonNode entry : entries) {
            String where = path + "[" + all.size() + "]";
            all.add(entry.isArray() ? ids(entry, where) : new Text(Fields.text(entry, where)));
        }
        return List.copyOf(all);
    }

    private static Ids ids(JsonNode value, String path) {
        List<JsonNode> entries = Fields.entries(value, path, MAX_IDS);
        if (entries.isEmpty()) {
            throw Fields.wrong(path, "at least one token id");
        }
        int[] ids = new int[entries.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) Fields.whole(entries.get(i), path + "[" + i + "]", 0, Integer.MAX_VALUE);
        }
        return new Ids(ids);
    }
}
