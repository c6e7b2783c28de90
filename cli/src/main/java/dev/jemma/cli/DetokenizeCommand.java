package dev.jemma.cli;

import dev.jemma.cli.JsonLines.Line;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma detokenize}: token ids to text, the way back of {@link TokenizeCommand}. */
@Command(
        name = "detokenize",
        description = "Turn token ids into text.",
        footer = {
            "",
            "Without --special, <bos>, <eos> and <pad> give no text, as with the original tokenizer.",
            "",
            "Examples:",
            "  jemma detokenize 818 5279 529 7001 563",
            "  jemma tokenize \"some text\" | jemma detokenize",
            "  jemma detokenize --jsonl ids.jsonl --out texts.jsonl    {\"ids\": […]} to {\"text\": …}"
        })
final class DetokenizeCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "ID",
            arity = "0..*",
            description = "Token ids, apart by spaces or commas; standard input if there are none.")
    private List<String> words = new ArrayList<>();

    @Mixin
    private TokenizerOptions source = new TokenizerOptions();

    @Option(names = "--special", description = "Show special tokens by their names, as <bos>.")
    private boolean special;

    @Option(names = "--jsonl", paramLabel = "IN", description = "A file of lines {\"ids\"}; - for standard input.")
    private Optional<String> jsonl = Optional.empty();

    @Option(
            names = "--out",
            paramLabel = "OUT",
            description = "Where the lines {\"text\"} go (default: standard output).")
    private Optional<String> out = Optional.empty();

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    DetokenizeCommand(Console console) {
        this.console = console;
    }

    /** A line of the output file. */
    record Text(String text) {}

    /** What {@code --json} prints. */
    record Report(Environment environment, String text) {}

    @Override
    public Integer call() {
        if (jsonl.isPresent()) {
            if (!words.isEmpty() || json) {
                throw new MisuseException("--jsonl takes its ids from the file and writes JSON as it is:"
                        + " leave out the ids and --json");
            }
            lines(jsonl.get(), source.open(console));
            return Jemma.OK;
        }
        if (out.isPresent()) {
            throw new MisuseException("--out goes with --jsonl; use > to write one text to a file");
        }
        int[] ids = ids(words.isEmpty() ? Input.text(console, "token ids") : String.join(" ", words));
        String text = text(source.open(console), ids);
        console.println(json ? Json.pretty(new Report(Environment.plain(), text)) : text);
        return Jemma.OK;
    }

    private static int[] ids(String text) {
        List<Integer> ids = new ArrayList<>();
        for (String word : text.split("[\\s,\\[\\]]+")) {
            if (!word.isEmpty()) {
                try {
                    ids.add(Integer.parseInt(word));
                } catch (NumberFormatException e) {
                    throw new MisuseException("'" + word + "' is not a token id");
                }
            }
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private String text(Tokenizer tokenizer, int[] ids) {
        return tokenizer.decode(ids, special ? SpecialText.SHOW : SpecialText.ORIGINAL);
    }

    private void lines(String in, Tokenizer tokenizer) {
        List<Line> lines = JsonLines.read(console, in);
        try (Writer writer = JsonLines.writer(console, out.orElse("-"));
                Progress bar = console.progress("detokenizing", lines.size(), Progress.Unit.of("lines"))) {
            for (Line line : lines) {
                JsonLines.write(writer, new Text(text(tokenizer, line.ids("ids"))));
                bar.advance(1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
