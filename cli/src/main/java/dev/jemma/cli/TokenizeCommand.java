package dev.jemma.cli;

import dev.jemma.cli.JsonLines.Line;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma tokenize}: text to token ids, of one text or of a file of them. Reads a model's header, never its weights. */
@Command(
        name = "tokenize",
        description = "Turn text into token ids.",
        footer = {
            "",
            "Text is plain unless --special says otherwise: a <bos> written out is five characters.",
            "Text from standard input is taken as it is, with the line break at its end.",
            "",
            "Examples:",
            "  jemma tokenize \"The capital of France is\"",
            "  jemma tokenize --pieces --bos \"naïve café\"",
            "  jemma tokenize --jsonl texts.jsonl --out ids.jsonl    {\"text\": …} to {\"ids\": […]}",
            "  jemma tokenize -m tokenizer.model < book.txt"
        })
final class TokenizeCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "TEXT", arity = "0..1", description = "The text; standard input if there is none.")
    private Optional<String> text = Optional.empty();

    @Mixin
    private TokenizerOptions source = new TokenizerOptions();

    @Option(names = "--special", description = "Special tokens that are written out, as <bos>, become their ids.")
    private boolean special;

    @Option(names = "--bos", description = "Put <bos> in front.")
    private boolean bos;

    @Option(names = "--pieces", description = "Show each token's piece of the vocabulary too.")
    private boolean pieces;

    @Option(names = "--jsonl", paramLabel = "IN", description = "A file of lines {\"text\"}; - for standard input.")
    private Optional<String> jsonl = Optional.empty();

    @Option(
            names = "--out",
            paramLabel = "OUT",
            description = "Where the lines {\"ids\"} go (default: standard output).")
    private Optional<String> out = Optional.empty();

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    TokenizeCommand(Console console) {
        this.console = console;
    }

    /** One text's tokens; {@code pieces} only where they are asked for. */
    record Tokens(int[] ids, Optional<List<String>> pieces) {}

    /** What {@code --json} prints. */
    record Report(Environment environment, int count, int[] ids, Optional<List<String>> pieces) {}

    @Override
    public Integer call() {
        if (jsonl.isPresent()) {
            if (text.isPresent() || json) {
                throw new MisuseException("--jsonl takes its texts from the file and writes JSON as it is:"
                        + " leave out TEXT and --json");
            }
            lines(jsonl.get(), source.open(console));
            return Jemma.OK;
        }
        if (out.isPresent()) {
            throw new MisuseException("--out goes with --jsonl; use > to write one text's tokens to a file");
        }
        Tokenizer tokenizer = source.open(console);
        Tokens tokens = tokens(tokenizer, text.orElseGet(() -> Input.text(console, "the text")));
        if (json) {
            console.println(
                    Json.pretty(new Report(Environment.plain(), tokens.ids().length, tokens.ids(), tokens.pieces())));
        } else if (tokens.pieces().isPresent()) {
            for (int i = 0; i < tokens.ids().length; i++) {
                console.println(
                        tokens.ids()[i] + "\t" + oneLine(tokens.pieces().get().get(i)));
            }
        } else {
            console.println(
                    Arrays.stream(tokens.ids()).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
        }
        return Jemma.OK;
    }

    private Tokens tokens(Tokenizer tokenizer, String of) {
        int[] ids = tokenizer.encode(of, special);
        int[] all = bos ? tokenizer.withBos(ids) : ids;
        Optional<List<String>> shown = Optional.empty();
        if (pieces) {
            List<String> names = new ArrayList<>(all.length);
            for (int id : all) {
                names.add(tokenizer.piece(id));
            }
            shown = Optional.of(names);
        }
        return new Tokens(all, shown);
    }

    private static String oneLine(String piece) {
        return piece.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
    }

    private void lines(String in, Tokenizer tokenizer) {
        List<Line> lines = JsonLines.read(console, in);
        try (Writer writer = JsonLines.writer(console, out.orElse("-"));
                Progress bar = console.progress("tokenizing", lines.size(), Progress.Unit.of("texts"))) {
            for (Line line : lines) {
                JsonLines.write(writer, tokens(tokenizer, line.text("text")));
                bar.advance(1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
