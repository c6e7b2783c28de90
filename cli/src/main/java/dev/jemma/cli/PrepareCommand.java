package dev.jemma.cli;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.data.DataJob;
import dev.jemma.data.DataOptions;
import dev.jemma.data.Example;
import dev.jemma.data.Examples;
import dev.jemma.data.Mixture;
import dev.jemma.data.Preference;
import dev.jemma.data.Preparation;
import dev.jemma.data.PreparationListener;
import dev.jemma.data.Preparer;
import dev.jemma.data.Shards;
import dev.jemma.data.Stage;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma prepare}: checks training data, shows what would be trained, and writes it as tokens. */
@Command(
        name = "prepare",
        description = "Check training data, show what is trained, write it as tokens.",
        footer = {
            "",
            "Schemas are found from the first record of each file: text, messages, prompt-completion,",
            "instruction, sharegpt, message-tree, preference. Trained tokens are coloured, or in brackets",
            "where there is no colour.",
            "",
            "Examples:",
            "  jemma prepare chats.jsonl --show 3",
            "  jemma prepare stories/ --split blank --max-length 512 --eval-split 0.05 --out tokens/",
            "  jemma prepare mixture.yaml -m tokenizer.model --out tokens/",
            "  jemma prepare stories/=0.9 chats.jsonl=0.1"
        })
final class PrepareCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "DATA",
            arity = "1..*",
            description =
                    "Files and folders (.txt, .md, .json, .jsonl, with .gz or .zst too; .parquet), PATH=WEIGHT of a"
                            + " mixture, or a mixture's YAML file.")
    private List<String> data = List.of();

    @Mixin
    private TokenizerOptions source = new TokenizerOptions();

    @Option(names = "--show", paramLabel = "N", description = "Print the first N examples.")
    private int show;

    @Option(names = "--out", paramLabel = "DIR", description = "Write the tokens into this folder.")
    private Optional<Path> out = Optional.empty();

    @Mixin
    private DataFlags reading = new DataFlags();

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Most tokens of an example: longer text is cut into pieces, a longer chat loses its end.")
    private Optional<Integer> maxLength = Optional.empty();

    @Option(
            names = "--eval-split",
            paramLabel = "PART",
            description = "Hold out this part for evaluation, such as 0.05; which examples depends on their content.")
    private Optional<Double> evalSplit = Optional.empty();

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Threads that tokenize (default: one for each processor).")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--json", description = "Print the counts as JSON.")
    private boolean json;

    PrepareCommand(Console console) {
        this.console = console;
    }

    /** One source's counts; {@code name} only in a mixture. */
    record Counted(Optional<String> name, Preparation counts) {}

    /** What {@code --json} prints. */
    record Report(Environment environment, List<Counted> sources) {}

    @Override
    public Integer call() {
        if (show < 0 || threads.orElse(1) < 1) {
            throw new MisuseException("--show is 0 or more, --threads 1 or more");
        }
        DataOptions options = options();
        Optional<Mixture> mixture = DataFlags.mixture(data, options);
        Tokenizer tokenizer = source.open(console);
        ChatTemplate template = DataJob.templateOf(tokenizer);
        source.model(console)
                .flatMap(path -> Templates.warningForData(path, template))
                .ifPresent(console::warn);
        PreparedText text = new PreparedText(console, tokenizer);
        List<Counted> all = new ArrayList<>();
        if (mixture.isPresent()) {
            for (Mixture.Source one : mixture.get().sources()) {
                if (!json) {
                    console.println(one.name());
                }
                DataJob job = new DataJob(one.data(), tokenizer, template, one.options(), threads());
                Preparation counts = prepare(job, out.map(folder -> folder.resolve(one.name())), text);
                all.add(new Counted(Optional.of(one.name()), counts));
            }
            if (!json) {
                List<Stage> stages = mixture.get().stages();
                stages.forEach(
                        stage -> console.println("until " + stage.until() + " of the run: weights " + stage.weights()));
            }
        } else {
            List<Path> paths = data.stream().map(Path::of).toList();
            DataJob job = new DataJob(paths, tokenizer, template, options, threads());
            all.add(new Counted(Optional.empty(), prepare(job, out, text)));
        }
        if (json) {
            console.println(Json.pretty(new Report(Environment.plain(), all)));
        }
        return Jemma.OK;
    }

    private int threads() {
        return threads.orElse(Runtime.getRuntime().availableProcessors());
    }

    private DataOptions options() {
        DataOptions.Builder options = reading.builder();
        maxLength.ifPresent(options::maxLength);
        evalSplit.ifPresent(options::heldOut);
        return options.build();
    }

    private Preparation prepare(DataJob job, Optional<Path> folder, PreparedText text) {
        List<Example> first = new ArrayList<>();
        Preparation counts;
        if (folder.isPresent()) {
            try (Shards shards = written(job, folder.get())) {
                counts = shards.preparation();
                Examples train = shards.train();
                for (int i = 0; i < Math.min(show, train.size()); i++) {
                    first.add(train.get(i));
                }
            }
        } else {
            try (Progress bar = bar()) {
                counts = Preparer.run(
                        job,
                        (example, heldOut) -> {
                            if (!heldOut && first.size() < show) {
                                first.add(example);
                            }
                        },
                        listener(bar));
            }
        }
        if (!json) {
            first.forEach(text::example);
            if (counts.pairs() > 0 && show > 0) {
                pairs(job, text);
            }
            text.counts(counts);
        }
        return counts;
    }

    private Shards written(DataJob job, Path folder) {
        Shards shards;
        try (Progress bar = bar()) {
            shards = Shards.prepare(job, folder, listener(bar));
        }
        shards.fault().ifPresent(why -> console.warn(why + " (done: it was made anew)"));
        console.note(folder + (shards.reused() ? " holds these tokens already" : ": written"));
        return shards;
    }

    private void pairs(DataJob job, PreparedText text) {
        List<Preference> first = new ArrayList<>();
        Preparer.pairs(job.sources(), job.options(), pair -> {
            if (first.size() < show) {
                first.add(pair);
            }
        });
        first.forEach(text::pair);
    }

    private Progress bar() {
        return console.progress("tokenizing", 0, Progress.Unit.BYTES);
    }

    private static PreparationListener listener(Progress bar) {
        return (bytes, total) -> {
            bar.total(total);
            bar.at(bytes);
        };
    }
}
