package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.serve.TinyServer.Reply;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * A chat's first choice as a client sees it.
 *
 * @param calls name and arguments of each, a space in between
 */
record ToolAnswer(String content, List<String> calls, String finish) {
    static ToolAnswer whole(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        JsonNode choice = reply.json().at("/choices/0");
        List<String> calls = StreamSupport.stream(
                        choice.at("/message/tool_calls").spliterator(), false)
                .map(call -> call.at("/function/name").asString() + " "
                        + call.at("/function/arguments").asString())
                .toList();
        return new ToolAnswer(
                choice.at("/message/content").asString(""),
                calls,
                choice.get("finish_reason").asString());
    }

    /** Put together of a stream. */
    static ToolAnswer streamed(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        StringBuilder content = new StringBuilder();
        Map<Integer, String> calls = new TreeMap<>();
        String finish = "";
        for (JsonNode event : reply.events()) {
            JsonNode choice = event.get("choices").get(0);
            content.append(choice.at("/delta/content").asString(""));
            for (JsonNode call : choice.at("/delta/tool_calls")) {
                int index = call.get("index").asInt();
                if (call.has("id")) {
                    assertThat(calls).doesNotContainKey(index);
                    assertThat(call.get("type").asString()).isEqualTo("function");
                    calls.put(index, call.at("/function/name").asString() + " ");
                }
                assertThat(calls).containsKey(index);
                calls.merge(index, call.at("/function/arguments").asString(), String::concat);
            }
            finish = choice.get("finish_reason").asString("");
        }
        return new ToolAnswer(content.toString(), List.copyOf(calls.values()), finish);
    }
}
