package dev.jemma.serve;

import dev.jemma.infer.Completion;
import dev.jemma.infer.GeneratedToken;
import dev.jemma.infer.TokenLogprob;
import dev.jemma.serve.protocol.Wire;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Answers of {@code /v1/chat/completions}. */
record ChatShape(TokenText tokens, boolean logprobs, Set<Integer> endIds, long promptTokens) implements Shape {
    @Override
    public String wholeObject() {
        return "chat.completion";
    }

    @Override
    public String pieceObject() {
        return "chat.completion.chunk";
    }

    @Override
    public boolean ends(int id) {
        return endIds.contains(id);
    }

    @Override
    public Optional<ObjectNode> opening(int index) {
        ObjectNode choice = choice(index);
        choice.putObject("delta").put("role", "assistant").put("content", "");
        choice.putNull("logprobs");
        choice.putNull("finish_reason");
        return Optional.of(choice);
    }

    @Override
    public List<ObjectNode> pieces(int index, GeneratedToken token) {
        if (!says(token)) {
            return List.of();
        }
        ObjectNode choice = choice(index);
        choice.putObject("delta").put("content", token.text());
        tokens.chatEntries(
                choice,
                logprobs,
                token.logprob().filter(t -> !ends(t.id())).stream().toList());
        choice.putNull("finish_reason");
        return List.of(choice);
    }

    @Override
    public List<ObjectNode> endings(int index, Completion answer) {
        ObjectNode choice = choice(index);
        choice.putObject("delta");
        choice.putNull("logprobs");
        choice.put("finish_reason", Answers.finish(answer.finishReason()));
        return List.of(choice);
    }

    @Override
    public ObjectNode whole(int index, Completion answer) {
        ObjectNode choice = choice(index);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", answer.text())
                .putNull("refusal");
        List<TokenLogprob> all = answer.logprobs();
        tokens.chatEntries(choice, logprobs, all.subList(0, Math.min(all.size(), Answers.shown(answer, endIds))));
        choice.put("finish_reason", Answers.finish(answer.finishReason()));
        return choice;
    }

    private static ObjectNode choice(int index) {
        return Wire.object().put("index", index);
    }
}
