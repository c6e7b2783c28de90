package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.JsonLines.Line;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.model.ModelFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma embed}: texts to vectors of unit length, by an EmbeddingGemma model; many texts share a batch. */
@Command(
        name = "embed",
        description = "Turn texts into vectors (EmbeddingGemma).",
        footer = {
            "",
            "Prompts that the model was trained with: query, document, question-answering, fact-checking,",
            "code-retrieval, classification, clustering, similarity, summarization; none for the text alone.",
            "Queries and documents of one search take different ones. Any other text is put in front",
            "as it is.",
            "",
            "Examples:",
            "  jemma embed \"which planet is red?\" --json",
            "  jemma embed --prompt document --title Mars \"Mars is called …\"",
            "  jemma embed --prompt document --jsonl docs.jsonl --out vectors.jsonl",
            "        lines {\"text\": …, \"title\"?: …, \"prompt\"?: …} to {\"embedding\": […], \"tokens\": n}"
        })
final class EmbedCommand implements Callable<Integer> {
    /** Texts that wait in the engine, so that its batches are full. */
    private static final int IN_FLIGHT = 64;

    private final Console console;

    @Parameters(paramLabel = "TEXT", arity = "0..*", description = "Texts; standard input if there are none.")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "An EmbeddingGemma model: a name, a GGUF file, a folder, or hf:owner/repo[:file]"
                    + " (default: ${DEFAULT-VALUE}).")
    private String model = "embeddinggemma-300m";

    @Option(
            names = "--prompt",
            paramLabel = "NAME|TEXT",
            description = "What stands in front of each text (default: query); see below.")
    private String prompt = EmbeddingPrompt.QUERY.label();

    @Option(names = "--title", paramLabel = "TEXT", description = "Title of the documents, for --prompt document.")
    private Optional<String> title = Optional.empty();

    @Option(
            names = "--size",
            paramLabel = "N",
            description = "Keep the first N numbers and scale to length 1 again; made for 128, 256, 512 and 768"
                    + " (default: all).")
    private Optional<Integer> size = Optional.empty();

    @Option(
            names = "--jsonl",
            paramLabel = "IN",
            description = "A file of lines {\"text\", \"title\"?, \"prompt\"?}; - for standard input.")
    private Optional<String> jsonl = Optional.empty();

    @Option(
            names = "--out",
            paramLabel = "OUT",
            description = "Where the lines {\"embedding\"} go (default: standard output).")
    private Optional<String> out = Optional.empty();

    @Option(names = "--json", description = "Print the vectors of the arguments as JSON.")
    private boolean json;

    @Mixin
    private RunOptions run = new RunOptions();

    EmbedCommand(Console console) {
        this.console = console;
    }

    /** A line of the output file. */
    record Vector(float[] embedding, int tokens) {}

    /** One text in {@code --json}. */
    record Embedded(String text, String prompt, float[] embedding, int tokens) {}

    /** What {@code --json} prints. */
    record Report(Environment environment, String model, int size, List<Embedded> embeddings) {}

    private record Item(String prefix, String text) {}

    private record Pending(CompletableFuture<float[]> vector, int tokens) {}

    @Override
    public Integer call() {
        if (jsonl.isPresent() && (!texts.isEmpty() || json)) {
            throw new MisuseException(
                    "--jsonl takes its texts from the file and writes JSON as it is:" + " leave out TEXT and --json");
        }
        if (out.isPresent() && jsonl.isEmpty()) {
            throw new MisuseException("--out goes with --jsonl; use > to write vectors of arguments to a file");
        }
        if (title.isPresent() && !prompt.equals(EmbeddingPrompt.DOCUMENT.label())) {
            throw new MisuseException("--title goes with --prompt document");
        }
        ModelLocator.Located located = run.locator(console).locate(model);
        check(located);
        List<Item> items = items();
        try (RunOptions.Opened opened = run.open(console, located)) {
            if (jsonl.isPresent()) {
                writeLines(opened.model(), items);
            } else {
                print(opened, items);
            }
        }
        return Jemma.OK;
    }

    /** Tells from the header, before weights are read. */
    private void check(ModelLocator.Located located) {
        try (ModelFiles files = ModelFiles.open(located.path())) {
            if (!files.config().embedsText()) {
                throw new JemmaException(located.name() + " is a "
                        + files.config().architecture().title()
                        + " model, which does not embed; name an EmbeddingGemma model with -m");
            }
            int most = files.config().hiddenSize();
            if (size.isPresent() && (size.get() < 1 || size.get() > most)) {
                throw new MisuseException("--size must be from 1 to " + most + ", not " + size.get());
            }
        }
    }

    private List<Item> items() {
        if (jsonl.isPresent()) {
            return JsonLines.read(console, jsonl.get()).stream().map(this::item).toList();
        }
        List<String> given = texts.isEmpty() ? List.of(Input.text(console, "the text")) : texts;
        String prefix = prefix(prompt, title);
        return given.stream().map(text -> new Item(prefix, text)).toList();
    }

    private Item item(Line line) {
        String name = line.find("prompt").isPresent() ? line.text("prompt") : prompt;
        Optional<String> own = line.find("title").isPresent() ? Optional.of(line.text("title")) : title;
        return new Item(prefix(name, own), line.text("text"));
    }

    private static String prefix(String prompt, Optional<String> title) {
        if (prompt.equals(EmbeddingPrompt.DOCUMENT.label())) {
            return EmbeddingPrompt.document(title.orElse(""));
        }
        return EmbeddingPrompt.ofLabel(prompt).map(EmbeddingPrompt::prefix).orElse(prompt);
    }

    private void writeLines(LanguageModel languageModel, List<Item> items) {
        try (Writer writer = JsonLines.writer(console, out.orElse("-"));
                Progress bar = console.progress("embedding", items.size(), Progress.Unit.of("texts"))) {
            embed(languageModel, items, (_, vector) -> {
                JsonLines.write(writer, vector);
                bar.advance(1);
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void print(RunOptions.Opened opened, List<Item> items) {
        List<Embedded> done = new ArrayList<>();
        embed(
                opened.model(),
                items,
                (item, v) -> done.add(new Embedded(item.text(), item.prefix(), v.embedding(), v.tokens())));
        if (json) {
            console.println(Json.pretty(new Report(
                    opened.environment(Optional.empty()),
                    opened.located().name(),
                    done.isEmpty() ? 0 : done.getFirst().embedding().length,
                    done)));
            return;
        }
        for (Embedded embedded : done) {
            float[] vector = embedded.embedding();
            console.println(IntStream.range(0, vector.length)
                    .mapToObj(i -> Float.toString(vector[i]))
                    .collect(Collectors.joining(" ")));
        }
    }

    /** Vectors in order; so many texts at once that batches are full, not so many that memory is. */
    private void embed(LanguageModel languageModel, List<Item> items, BiConsumer<Item, Vector> done) {
        Deque<Pending> running = new ArrayDeque<>();
        int given = 0;
        for (Item item : items) {
            while (given < items.size() && running.size() < IN_FLIGHT) {
                Item next = items.get(given);
                int[] ids = EmbeddingPrompt.ids(languageModel.tokenizer(), next.prefix(), next.text());
                running.add(new Pending(submit(languageModel, ids, given + 1), ids.length));
                given++;
            }
            Pending first = running.remove();
            float[] vector = await(first.vector());
            done.accept(item, new Vector(cut(vector), first.tokens()));
        }
    }

    private static CompletableFuture<float[]> submit(LanguageModel languageModel, int[] ids, int number) {
        try {
            return languageModel.engine().embed(ids);
        } catch (JemmaException e) {
            throw new JemmaException("text " + number + ": " + e.getMessage(), e);
        }
    }

    private static float[] await(CompletableFuture<float[]> vector) {
        try {
            return vector.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new JemmaException("the text could not be embedded: " + e.getMessage(), e);
        }
    }

    private float[] cut(float[] vector) {
        return size.isEmpty() ? Arrays.copyOf(vector, vector.length) : EmbeddingHead.truncated(vector, size.get());
    }
}
