package dev.jemma.serve;

import dev.jemma.infer.Completion;
import dev.jemma.infer.EngineException;
import dev.jemma.infer.GeneratedToken;
import dev.jemma.infer.ScoreResult;
import dev.jemma.infer.TokenLogprob;
import dev.jemma.serve.protocol.Wire;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import tools.jackson.databind.node.ObjectNode;

/** Answers of {@code /v1/completions}, with the prompt in front where it was asked for. */
final class CompletionShape implements Shape {
    /**
     * A prompt that is to be echoed.
     *
     * @param text how it is shown
     * @param ids its tokens
     * @param scores their log-probabilities from the second on, if they were asked for
     */
    record Echo(String text, int[] ids, Optional<CompletableFuture<ScoreResult>> scores) {}

    private final TokenText tokens;
    private final boolean logprobs;
    private final Set<Integer> endIds;
    private final long promptTokens;
    private final int samples;
    private final boolean onlyEcho;
    private final List<Echo> echoes;
    private final Map<Integer, Integer> offsets = new HashMap<>(); // in a stream's text, by choice

    /**
     * @param samples answers to each prompt
     * @param onlyEcho whether the answers' own tokens are left out
     * @param echoes one a prompt, or none at all
     */
    CompletionShape(
            TokenText tokens,
            boolean logprobs,
            Set<Integer> endIds,
            long promptTokens,
            int samples,
            boolean onlyEcho,
            List<Echo> echoes) {
        this.tokens = tokens;
        this.logprobs = logprobs;
        this.endIds = endIds;
        this.promptTokens = promptTokens;
        this.samples = samples;
        this.onlyEcho = onlyEcho;
        this.echoes = echoes;
    }

    @Override
    public String wholeObject() {
        return "text_completion";
    }

    @Override
    public String pieceObject() {
        return "text_completion";
    }

    @Override
    public boolean ends(int id) {
        return endIds.contains(id);
    }

    @Override
    public long promptTokens() {
        return promptTokens;
    }

    @Override
    public Optional<ObjectNode> opening(int index) {
        if (echoes.isEmpty()) {
            return Optional.empty();
        }
        Echo echo = echoes.get(index / samples);
        ObjectNode choice = Wire.object().put("index", index).put("text", echo.text());
        if (logprobs) {
            TokenText.Table table = tokens.new Table(0);
            prompt(table, echo);
            offsets.put(index, table.offset());
            choice.set("logprobs", table.node());
        } else {
            choice.putNull("logprobs");
        }
        choice.putNull("finish_reason");
        return Optional.of(choice);
    }

    @Override
    public List<ObjectNode> pieces(int index, GeneratedToken token) {
        if (onlyEcho || !says(token)) {
            return List.of();
        }
        ObjectNode choice = Wire.object().put("index", index).put("text", token.text());
        Optional<TokenLogprob> shown = token.logprob().filter(t -> !ends(t.id()));
        if (logprobs && shown.isPresent()) {
            TokenText.Table table = tokens.new Table(offsets.getOrDefault(index, 0)).add(shown.get());
            offsets.put(index, table.offset());
            choice.set("logprobs", table.node());
        } else {
            choice.putNull("logprobs");
        }
        choice.putNull("finish_reason");
        return List.of(choice);
    }

    @Override
    public List<ObjectNode> endings(int index, Completion answer) {
        ObjectNode choice = Wire.object().put("index", index).put("text", "");
        choice.putNull("logprobs");
        choice.put("finish_reason", onlyEcho ? "length" : Answers.finish(answer.finishReason()));
        return List.of(choice);
    }

    @Override
    public ObjectNode whole(int index, Completion answer) {
        Optional<Echo> echo = echoes.isEmpty() ? Optional.empty() : Optional.of(echoes.get(index / samples));
        String own = onlyEcho ? "" : answer.text();
        ObjectNode choice = Wire.object()
                .put("index", index)
                .put("text", echo.map(Echo::text).orElse("") + own);
        if (logprobs) {
            TokenText.Table table = tokens.new Table(0);
            echo.ifPresent(e -> prompt(table, e));
            if (!onlyEcho) {
                List<TokenLogprob> all = answer.logprobs();
                all.subList(0, Math.min(all.size(), Answers.shown(answer, endIds)))
                        .forEach(table::add);
            }
            choice.set("logprobs", table.node());
        } else {
            choice.putNull("logprobs");
        }
        choice.put("finish_reason", onlyEcho ? "length" : Answers.finish(answer.finishReason()));
        return choice;
    }

    private static void prompt(TokenText.Table table, Echo echo) {
        table.first(echo.ids()[0]);
        echo.scores().map(CompletableFuture::join).ifPresent(scores -> {
            for (int i = 1; i < echo.ids().length; i++) {
                table.add(new TokenLogprob(
                        echo.ids()[i], scores.logprobs()[i - 1], scores.top().get(i - 1)));
            }
        });
    }

    @Override
    public void prepare() {
        for (Echo echo : echoes) {
            try {
                echo.scores().ifPresent(CompletableFuture::join);
            } catch (CompletionException | CancellationException e) {
                throw new EngineException("the prompt's log-probabilities could not be computed", e);
            }
        }
    }

    @Override
    public void cancel() {
        echoes.forEach(echo -> echo.scores().ifPresent(scores -> scores.cancel(true)));
    }
}
