package dev.jemma.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * The list of subcommands, in the order of the help. Adding a command is one line here and one small class, a picocli
 * {@code @Command} that takes the {@link Console} and returns its exit code; a class is loaded only when it is needed.
 */
final class Commands {
    private Commands() {}

    /** The headings of the help. */
    enum Group {
        USE("Use a model"),
        MEASURE("Measure a model"),
        MODELS("Get and keep models"),
        TRAIN("Train a model"),
        FILES("Look into and change files"),
        MACHINE("The machine");

        private final String title;

        Group(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** One subcommand, and commands below it. */
    record Entry(Group group, String name, Function<Console, Callable<Integer>> factory, List<Entry> below) {
        Entry(Group group, String name, Function<Console, Callable<Integer>> factory) {
            this(group, name, factory, List.of());
        }

        Callable<Integer> create(Console console) {
            return factory.apply(console);
        }
    }

    static List<Entry> all() {
        return List.of(
                new Entry(Group.USE, "generate", GenerateCommand::new),
                new Entry(Group.USE, "chat", ChatCommand::new),
                new Entry(Group.USE, "embed", EmbedCommand::new),
                new Entry(Group.USE, "serve", ServeCommand::new),
                new Entry(Group.MEASURE, "score", ScoreCommand::new),
                new Entry(Group.MEASURE, "perplexity", PerplexityCommand::new),
                new Entry(Group.MEASURE, "eval", EvalCommand::new),
                new Entry(
                        Group.MEASURE,
                        "bench",
                        BenchCommand::new,
                        List.of(new Entry(Group.MEASURE, "serve", BenchServeCommand::new))),
                new Entry(Group.MODELS, "pull", PullCommand::new),
                new Entry(Group.MODELS, "import", ImportCommand::new),
                new Entry(Group.MODELS, "list", ListCommand::new),
                new Entry(Group.MODELS, "rm", RmCommand::new),
                new Entry(Group.TRAIN, "train-tokenizer", TrainTokenizerCommand::new),
                new Entry(Group.TRAIN, "prepare", PrepareCommand::new),
                new Entry(Group.TRAIN, "decontaminate", DecontaminateCommand::new),
                new Entry(Group.TRAIN, "plan", PlanCommand::new),
                new Entry(Group.TRAIN, "pretrain", PretrainCommand::new),
                new Entry(Group.TRAIN, "finetune", FinetuneCommand::new),
                new Entry(Group.TRAIN, "merge", MergeCommand::new),
                new Entry(Group.TRAIN, "export", ExportCommand::new),
                new Entry(Group.FILES, "inspect", InspectCommand::new),
                new Entry(Group.FILES, "tokenize", TokenizeCommand::new),
                new Entry(Group.FILES, "detokenize", DetokenizeCommand::new),
                new Entry(Group.FILES, "convert", ConvertCommand::new),
                new Entry(Group.FILES, "quantize", QuantizeCommand::new),
                new Entry(Group.MACHINE, "doctor", DoctorCommand::new));
    }
}
