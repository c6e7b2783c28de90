package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.infer.Engine;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.ScoreResult;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code jemma perplexity}: mean negative log-likelihood of a text file, in windows that do not overlap: window w is
 * {@code <bos>} and the next N − 1 tokens of the file; control tokens spelled out in it are text.
 */
@Command(name = "perplexity", description = "Perplexity of a text file.")
final class PerplexityCommand implements Callable<Integer> {
    private static final int AHEAD = 4; // windows under way: enough to keep batches full

    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "Short name, GGUF file, folder or hf:owner/repo[:file].")
    private String reference = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "A text file in UTF-8.")
    private Path file = Path.of("");

    @Option(names = "--window", paramLabel = "N", description = "Tokens of a window, <bos> included (default: 1024).")
    private int window = 1024;

    @Option(names = "--windows", paramLabel = "N", description = "Only the first N windows.")
    private Optional<Integer> limit = Optional.empty();

    @Option(names = "--json", description = "Print the result as JSON, each window's figures included.")
    private boolean json;

    @Mixin
    private RunOptions run = new RunOptions();

    PerplexityCommand(Console console) {
        this.console = console;
    }

    /** Mean negative log-likelihood of one window, natural log. */
    record Window(int targets, double meanNll) {}

    /** What {@code --json} prints. */
    record Report(
            Environment environment,
            String file,
            int window,
            long fileTokens,
            long targets,
            double meanNll,
            double perplexity,
            List<Window> windows) {}

    @Override
    public Integer call() throws IOException {
        if (window < 2 || limit.filter(n -> n < 1).isPresent()) {
            throw new MisuseException("--window must be at least 2 and --windows at least 1");
        }
        String text = read();
        try (RunOptions.Opened opened = run.open(console, reference)) {
            LanguageModel model = opened.model();
            int[] ids = model.tokenizer().encode(text);
            int count = Math.min(limit.orElse(Integer.MAX_VALUE), Math.ceilDiv(ids.length, window - 1));
            if (count == 0) {
                throw new JemmaException(file + " is empty: there is nothing to measure");
            }
            List<Window> windows = measure(model, ids, count);
            long targets = windows.stream().mapToLong(Window::targets).sum();
            double nll =
                    windows.stream().mapToDouble(w -> w.meanNll() * w.targets()).sum() / targets;
            if (json) {
                console.println(Json.pretty(new Report(
                        opened.environment(Optional.empty()),
                        file.toString(),
                        window,
                        ids.length,
                        targets,
                        nll,
                        Math.exp(nll),
                        windows)));
            } else {
                console.println(String.format(
                        Locale.ROOT,
                        "perplexity %.4f, mean NLL %.6f over %,d tokens in %d windows of %d",
                        Math.exp(nll),
                        nll,
                        targets,
                        windows.size(),
                        window));
            }
        }
        return Jemma.OK;
    }

    private String read() {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw new JemmaException(file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + JsonLines.reason(e), e);
        }
    }

    private List<Window> measure(LanguageModel model, int[] ids, int count) {
        Engine engine = model.engine();
        List<Window> windows = new ArrayList<>(count);
        Deque<CompletableFuture<ScoreResult>> running = new ArrayDeque<>();
        try (Progress bar = console.progress(
                "perplexity", Math.min(ids.length, (long) count * (window - 1)), Progress.Unit.of("tokens"))) {
            for (int w = 0; w < count || !running.isEmpty(); ) {
                if (w < count && running.size() < AHEAD) {
                    int from = w * (window - 1);
                    int[] part = model.tokenizer()
                            .withBos(java.util.Arrays.copyOfRange(ids, from, Math.min(ids.length, from + window - 1)));
                    running.add(engine.submit(new ScoreRequest(part, 1, 0)));
                    w++;
                    continue;
                }
                ScoreResult result = running.remove().join();
                windows.add(new Window(result.logprobs().length, -result.sum() / result.logprobs().length));
                bar.advance(result.logprobs().length);
            }
        }
        return windows;
    }
}
