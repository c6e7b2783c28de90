package dev.jemma.cli.load;

import dev.jemma.cli.Json;
import dev.jemma.cli.hub.StreamingEndpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Requests of a load as OpenAI's interface has them: greedy completions or chats, streamed, with their counts at the end. */
public final class Completions implements Asker {
    private final StreamingEndpoint endpoint;
    private final Optional<String> model;
    private final boolean chat;
    private final boolean ignoreEos;

    /**
     * Speaks to this endpoint.
     *
     * @param model the name to ask for, if the server needs one
     * @param chat prompts are messages of a conversation
     * @param ignoreEos answers have all the tokens that they may have; a field that not all servers know
     */
    public Completions(StreamingEndpoint endpoint, Optional<String> model, boolean chat, boolean ignoreEos) {
        this.endpoint = endpoint;
        this.model = model;
        this.chat = chat;
        this.ignoreEos = ignoreEos;
    }

    @Override
    public Usage ask(Call call, Runnable onPiece) throws InterruptedException {
        List<Usage> usage = new ArrayList<>();
        endpoint.stream(chat ? "chat/completions" : "completions", body(call), data -> {
            JsonNode event = parse(data);
            if (event.has("error")) {
                throw new StreamingEndpoint.FailedException(
                        "error in the stream", event.path("error").toString());
            }
            JsonNode choice = event.path("choices").path(0);
            JsonNode text = chat ? choice.at("/delta/content") : choice.path("text");
            if (text.isString() && !text.asString().isEmpty()) {
                onPiece.run();
            }
            JsonNode counts = event.path("usage");
            if (counts.isObject()) {
                usage.add(new Usage(count(counts, "prompt_tokens"), count(counts, "completion_tokens")));
            }
        });
        return usage.isEmpty() ? new Usage(OptionalLong.empty(), OptionalLong.empty()) : usage.getLast();
    }

    private String body(Call call) {
        Map<String, Object> body = new LinkedHashMap<>();
        model.ifPresent(name -> body.put("model", name));
        if (chat) {
            body.put("messages", List.of(Map.of("role", "user", "content", call.prompt())));
        } else {
            body.put("prompt", call.prompt());
        }
        body.put("max_tokens", call.maxTokens());
        body.put("temperature", 0);
        if (ignoreEos) {
            body.put("ignore_eos", true);
        }
        body.put("stream", true);
        body.put("stream_options", Map.of("include_usage", true));
        return Json.line(body);
    }

    private static JsonNode parse(String data) {
        try {
            return Json.parse(data);
        } catch (JacksonException e) {
            throw new StreamingEndpoint.FailedException("an event that is no JSON", data, e);
        }
    }

    private static OptionalLong count(JsonNode counts, String name) {
        JsonNode count = counts.path(name);
        return count.isIntegralNumber() && count.asLong() >= 0 ? OptionalLong.of(count.asLong()) : OptionalLong.empty();
    }
}
