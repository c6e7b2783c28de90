package dev.jemma.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What became of training data: the counts that every run prints before its first step.
 *
 * @param files files read
 * @param records records read; a text file's documents count as records
 * @param schemas schemas found, with how many files had each
 * @param documents records' documents that were kept (a record may hold several)
 * @param examples examples to train on; long text gives several
 * @param truncated chats whose end was cut off
 * @param dropped documents that were dropped, by reason
 * @param pairs preference pairs, which are checked and counted only
 * @param tokens tokens of the examples to train on
 * @param trainedTokens how many of them are targets
 * @param heldOut examples kept apart for evaluation
 * @param heldOutTokens tokens of these
 * @param longest tokens of the longest example
 * @param lengths how many examples have up to 16, 32, 64, … tokens, held out ones included
 */
public record Preparation(
        int files,
        long records,
        Map<String, Integer> schemas,
        long documents,
        long examples,
        long truncated,
        Map<String, Long> dropped,
        long pairs,
        long tokens,
        long trainedTokens,
        long heldOut,
        long heldOutTokens,
        int longest,
        List<Long> lengths) {
    /** Most tokens of an example in the first of {@link #lengths}; each further one has twice as many. */
    public static final int FIRST_LENGTH = 16;

    public Preparation {
        schemas = new TreeMap<>(schemas);
        dropped = new TreeMap<>(dropped);
        lengths = List.copyOf(lengths);
    }

    /** All that was dropped. */
    public long allDropped() {
        return dropped.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The counts in a sentence or two, in one line. */
    public String summary() {
        StringBuilder text = new StringBuilder();
        if (pairs > 0) {
            text.append(count(pairs)).append(" preference pairs; ");
        }
        text.append("kept ").append(count(examples)).append(examples == 1 ? " example (" : " examples (");
        text.append(count(tokens))
                .append(" tokens, ")
                .append(count(trainedTokens))
                .append(" trained)");
        text.append(", truncated ")
                .append(count(truncated))
                .append(", dropped ")
                .append(count(allDropped()));
        if (!dropped.isEmpty()) {
            text.append(dropped.entrySet().stream()
                    .map(one -> one.getKey() + " " + count(one.getValue()))
                    .collect(Collectors.joining(", ", " (", ")")));
        }
        if (heldOut > 0) {
            text.append("; held out ")
                    .append(count(heldOut))
                    .append(" (")
                    .append(count(heldOutTokens))
                    .append(" tokens)");
        }
        return text.toString();
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("files", files);
        json.put("records", records);
        schemas.forEach(json.putObject("schemas")::put);
        json.put("documents", documents);
        json.put("examples", examples);
        json.put("truncated", truncated);
        dropped.forEach(json.putObject("dropped")::put);
        json.put("pairs", pairs);
        json.put("tokens", tokens);
        json.put("trained_tokens", trainedTokens);
        json.put("held_out", heldOut);
        json.put("held_out_tokens", heldOutTokens);
        json.put("longest", longest);
        ArrayNode counts = json.putArray("lengths");
        lengths.forEach(counts::add);
        return json;
    }

    static Preparation fromJson(JsonNode json) {
        Map<String, Integer> schemas = new TreeMap<>();
        json.path("schemas")
                .properties()
                .forEach(one -> schemas.put(one.getKey(), one.getValue().asInt()));
        Map<String, Long> dropped = new TreeMap<>();
        json.path("dropped")
                .properties()
                .forEach(one -> dropped.put(one.getKey(), one.getValue().asLong()));
        List<Long> lengths = new ArrayList<>();
        json.path("lengths").forEach(one -> lengths.add(one.asLong()));
        return new Preparation(
                json.path("files").asInt(),
                json.path("records").asLong(),
                schemas,
                json.path("documents").asLong(),
                json.path("examples").asLong(),
                json.path("truncated").asLong(),
                dropped,
                json.path("pairs").asLong(),
                json.path("tokens").asLong(),
                json.path("trained_tokens").asLong(),
                json.path("held_out").asLong(),
                json.path("held_out_tokens").asLong(),
                json.path("longest").asInt(),
                lengths);
    }
}
