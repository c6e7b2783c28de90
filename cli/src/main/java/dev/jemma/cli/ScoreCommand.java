package dev.jemma.cli;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.ScoreResult;
import dev.jemma.infer.TextScoring;
import dev.jemma.infer.TokenLogprob;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jemma score}: log-probabilities of given texts. */
@Command(
        name = "score",
        description = "Log-probabilities of given continuations or texts.",
        footer = {
            "",
            "Lines {\"context\", \"continuation\"} give {\"logprob\", \"greedy\", \"tokens\", \"token_logprobs\"};",
            "context and continuation are joined as EleutherAI's lm-evaluation-harness does, <bos> in front.",
            "Lines {\"ids\"} (used as they are, <bos> included) give {\"token_logprobs\"}: log p(ids[i+1] | ids[..i])."
        })
final class ScoreCommand implements Callable<Integer> {
    /** Texts that the engine has before the oldest one is written: more than a batch, and no whole file of results. */
    private static final int AHEAD = 256;

    private final Console console;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "Short name, GGUF file, Hugging Face folder or hf:owner/repo[:file] (default: gemma3-270m).")
    private String reference = "";

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(
            names = "--jsonl",
            paramLabel = "FILE",
            required = true,
            description = "What to score; - for standard input.")
    private String in = "-";

    @Option(names = "--out", paramLabel = "FILE", description = "Where the results go (default: -).")
    private String out = "-";

    @Option(names = "--top", paramLabel = "K", description = "Also the K best ids and logits at every position.")
    private int top;

    @Option(names = "--special", description = "Control tokens spelled out in the texts are control tokens.")
    private boolean special;

    ScoreCommand(Console console) {
        this.console = console;
    }

    /** A line whose result is on its way. */
    private record Pending(JsonLines.Line line, ScoreRequest request, CompletableFuture<ScoreResult> result) {}

    /** The best tokens at a position. */
    record Best(int[] ids, float[] logits) {
        static Best of(List<TokenLogprob.Alternative> top) {
            int[] ids = new int[top.size()];
            float[] logits = new float[top.size()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = top.get(i).id();
                logits[i] = top.get(i).logit();
            }
            return new Best(ids, logits);
        }
    }

    /** Result of a line with a continuation. */
    record Continuation(
            double logprob, boolean greedy, int[] tokens, float[] tokenLogprobs, Optional<List<Best>> top) {}

    /** Result of a line with ids. */
    record Ids(float[] tokenLogprobs, Optional<List<Best>> top) {}

    @Override
    public Integer call() throws IOException {
        if (top < 0) {
            throw new MisuseException("--top must be at least 0");
        }
        List<JsonLines.Line> lines = JsonLines.read(console, in);
        try (RunOptions.Opened opened = run.open(console, reference);
                Writer writer = JsonLines.writer(console, out);
                Progress bar = console.progress("scoring", lines.size(), Progress.Unit.of("texts"))) {
            Deque<Pending> pending = new ArrayDeque<>();
            for (JsonLines.Line line : lines) {
                pending.add(submit(line, opened.model()));
                if (pending.size() > AHEAD) {
                    write(writer, pending.remove(), bar);
                }
            }
            while (!pending.isEmpty()) {
                write(writer, pending.remove(), bar);
            }
        }
        return Jemma.OK;
    }

    private Pending submit(JsonLines.Line line, LanguageModel model) {
        ScoreRequest request = request(line, model);
        try {
            return new Pending(line, request, model.engine().submit(request));
        } catch (RuntimeException e) {
            throw line.error(String.valueOf(e.getMessage()));
        }
    }

    private void write(Writer writer, Pending oldest, Progress bar) throws IOException {
        JsonLines.write(writer, output(oldest.line, oldest.request, oldest.result));
        bar.advance(1);
    }

    private ScoreRequest request(JsonLines.Line line, LanguageModel model) {
        if (line.find("ids").isPresent()) {
            int[] ids = line.ids("ids");
            if (ids.length == 0) {
                throw line.error("\"ids\" must hold at least one token");
            }
            return new ScoreRequest(ids, 1, top);
        }
        if (line.find("continuation").isEmpty()) {
            throw line.error("needs \"context\" and \"continuation\", or \"ids\"");
        }
        return TextScoring.request(model.tokenizer(), line.text("context"), line.text("continuation"), special, top);
    }

    private Object output(JsonLines.Line line, ScoreRequest request, CompletableFuture<ScoreResult> future) {
        ScoreResult result;
        try {
            result = future.join();
        } catch (CompletionException e) {
            throw line.error(String.valueOf(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
        }
        Optional<List<Best>> best = top == 0
                ? Optional.empty()
                : Optional.of(result.top().stream().map(Best::of).toList());
        if (line.find("ids").isPresent()) {
            return new Ids(result.logprobs(), best);
        }
        int[] tokens = java.util.Arrays.copyOfRange(request.ids(), request.firstTarget(), request.ids().length);
        return new Continuation(result.sum(), result.allGreedy(), tokens, result.logprobs(), best);
    }
}
