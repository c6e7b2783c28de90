package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.convert.ModelShape;
import dev.jemma.convert.Quantization;
import dev.jemma.infer.EngineException;
import dev.jemma.infer.EngineOptions;
import dev.jemma.infer.LanguageModel;
import dev.jemma.machine.Machine;
import dev.jemma.model.ModelLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code jemma bench}: how fast a model runs here, measured like llama-bench, and how near that is to what the machine
 * can do. Requests go through the engine as anybody's do; its prefix cache is off.
 */
@Command(
        name = "bench",
        description = "Measure how fast a model reads and writes.",
        footer = {
            "",
            "ppN: tokens/s of a prompt of N random tokens. tgN: tokens/s of N generated tokens; tgN@dD",
            "behind D other tokens; tgNxR of R sequences at once, all together. Figures are mean ±",
            "standard deviation over the repetitions, after warm-up runs that do not count. Beside them",
            "stands how much of the machine's own limits that is: the bytes of the weights (and keys and",
            "values) that must be read against what its memory gives, the multiply-adds against what it",
            "does in float32 (8-bit kernels can pass 100 %%). Without MODEL: the default, gemma3-270m.",
            "",
            "Shapes for --random: tiny, gemma-2b, gemma-7b, gemma2-2b, gemma2-9b, gemma3-270m, gemma3-1b,",
            "gemma3-4b. The file is written to the folder for temporary files and deleted afterwards.",
            "",
            "Examples:",
            "  jemma bench gemma3-270m",
            "  jemma bench model.gguf -p 128,512,2048 -g 128 -r 5 --json",
            "  jemma bench model.gguf -p 0 -g 64 -d 0,4096 -b 1,4,16,32",
            "  jemma bench --random gemma-2b --type Q4_0",
            "  jemma bench gemma3-270m --train lora -r 3 -w 1",
            "",
            "'jemma bench serve' measures a server under load; see its --help."
        })
final class BenchCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ModelArgument model = new ModelArgument();

    @Option(
            names = "--random",
            paramLabel = "SHAPE",
            description = "Instead of MODEL: random weights of a published shape; no download.")
    private Optional<String> random = Optional.empty();

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Element type of the random weights; see 'jemma quantize --help' (default: Q4_0).")
    private Optional<String> type = Optional.empty();

    @Option(names = "--keep", paramLabel = "FILE", description = "Write the random weights here and leave them.")
    private Optional<Path> keep = Optional.empty();

    @Option(
            names = {"-p", "--prompt-tokens"},
            paramLabel = "N",
            split = ",",
            description = "Lengths of prompts (default: 512); 0 for none.")
    private List<Integer> promptTokens = new ArrayList<>();

    @Option(
            names = {"-g", "--generate-tokens"},
            paramLabel = "N",
            split = ",",
            description = "Numbers of tokens to generate (default: 128); 0 for none.")
    private List<Integer> generateTokens = new ArrayList<>();

    @Option(
            names = {"-d", "--depth"},
            paramLabel = "N",
            split = ",",
            description = "Tokens before the generated ones (default: 0).")
    private List<Integer> depths = new ArrayList<>();

    @Option(
            names = {"-b", "--rows"},
            paramLabel = "N",
            split = ",",
            description = "Sequences that generate at once (default: 1).")
    private List<Integer> rows = new ArrayList<>();

    @Option(
            names = {"-r", "--repetitions"},
            paramLabel = "N",
            description = "Runs that count, of each test (default: ${DEFAULT-VALUE}).")
    private int repetitions = 5;

    @Option(
            names = {"-w", "--warm-up"},
            paramLabel = "N",
            description = "Runs before them that do not (default: ${DEFAULT-VALUE}).")
    private int warmUps = 2;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the random prompts (default: ${DEFAULT-VALUE}).")
    private long seed = 42;

    @Option(
            names = "--train",
            paramLabel = "full|lora|chats",
            description = "Measure steps of training instead: all weights or an adapter on 512 random tokens, or the"
                    + " adapter on the chats of --data. A repetition is a step.")
    private Optional<String> train = Optional.empty();

    @Option(names = "--data", paramLabel = "FILE", description = "Chats for --train chats.")
    private Optional<Path> data = Optional.empty();

    @Option(names = "--recompute", description = "With --train: compute layers again on the way back.")
    private boolean recompute;

    @Option(names = "--no-probe", description = "Do not measure the machine's limits.")
    private boolean noProbe;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Mixin
    private RunOptions run = new RunOptions();

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (repetitions < 1 || warmUps < 0) {
            throw new MisuseException("--repetitions must be at least 1 and --warm-up at least 0");
        }
        if (train.isPresent()) {
            train(train.get());
            return Jemma.OK;
        }
        if (data.isPresent() || recompute) {
            throw new MisuseException("--data and --recompute go with --train");
        }
        List<BenchTest> tests =
                BenchTest.all(or(promptTokens, 512), or(generateTokens, 128), or(depths, 0), or(rows, 1));
        if (random.isEmpty()) {
            if (type.isPresent() || keep.isPresent()) {
                throw new MisuseException("--type and --keep go with --random");
            }
            measure(run.locator(console).locate(model.reference().orElse("")), tests);
            return Jemma.OK;
        }
        if (model.reference().isPresent()) {
            throw new MisuseException("give either a model or --random");
        }
        Quantization quantization = Conversion.type(type.orElse("Q4_0"));
        try (RandomModelFile file = RandomModelFile.write(console, shape(random.get()), quantization, keep, seed)) {
            measure(file.located(), tests);
        }
        return Jemma.OK;
    }

    private void train(String name) {
        boolean generates =
                Stream.of(promptTokens, generateTokens, depths, rows).anyMatch(list -> !list.isEmpty());
        if (generates || random.isPresent() || type.isPresent() || keep.isPresent()) {
            throw new MisuseException("--train goes with MODEL, -r, -w, -t, --seed, --data and --recompute alone");
        }
        TrainBench.Test test = TrainBench.Test.of(name);
        if (data.isPresent() != (test == TrainBench.Test.CHATS)) {
            throw new MisuseException("--data FILE goes with --train chats, and that with it");
        }
        TrainBench bench = new TrainBench(test, data, recompute, run.threadCount(), warmUps, repetitions, seed);
        TrainBench.Report report =
                bench.run(console, run.locator(console).locate(model.reference().orElse("")));
        console.print(json ? Json.pretty(report) + System.lineSeparator() : report.text());
    }

    private static List<Integer> or(List<Integer> given, int otherwise) {
        return given.isEmpty() ? List.of(otherwise) : given;
    }

    private static ModelShape shape(String label) {
        if (!ModelShape.labels().contains(label)) {
            throw new MisuseException(
                    "there is no shape '" + label + "'; there are " + String.join(", ", ModelShape.labels()));
        }
        return ModelShape.of(label);
    }

    private void measure(ModelLocator.Located located, List<BenchTest> tests) {
        int sequences = tests.stream().mapToInt(BenchTest::rows).max().orElse(1);
        try (RunOptions.Opened opened =
                run.open(console, located, options -> options.prefixCache(false).sequences(sequences))) {
            refuseTooLong(opened.model(), tests);
            BenchReport report = report(opened, tests);
            console.print(json ? Json.pretty(report) + System.lineSeparator() : report.table());
        }
    }

    private static void refuseTooLong(LanguageModel languageModel, List<BenchTest> tests) {
        if (languageModel.config().embedsText()) {
            throw new EngineException("an embedding model does not generate text; bench measures models that do");
        }
        int context = languageModel.engine().options().contextLength();
        for (BenchTest test : tests) {
            if (test.context() > context) {
                throw new MisuseException(test.name() + " needs a context of " + test.context() + " tokens, but "
                        + context + " is in force; see --context");
            }
        }
    }

    private BenchReport report(RunOptions.Opened opened, List<BenchTest> tests) {
        LanguageModel languageModel = opened.model();
        var config = languageModel.config();
        long bytes = ModelLoader.bytesToRead(languageModel.files());
        EngineOptions engine = languageModel.engine().options();
        BenchCosts costs = new BenchCosts(config, engine.kvType(), bytes, engine.maxBatchRows());
        List<double[]> allSamples = new ArrayList<>();
        BenchRun runs = new BenchRun(languageModel, seed);
        long count = (long) tests.size() * (warmUps + repetitions);
        try (Progress bar = console.progress("measuring", count, Progress.Unit.of("runs"))) {
            for (BenchTest test : tests) {
                bar.label("measuring " + test.name());
                double[] samples = new double[repetitions];
                for (int i = -warmUps; i < repetitions; i++) {
                    double tokensPerSecond = runs.tokensPerSecond(test);
                    if (i >= 0) {
                        samples[i] = tokensPerSecond;
                    }
                    bar.advance(1);
                }
                allSamples.add(samples);
            }
        }
        OptionalLong peak = Machine.peakResidentBytes(); // before the probe, which takes memory of its own
        Optional<MachineProbe> machine =
                noProbe ? Optional.empty() : Optional.of(MachineProbe.measure(languageModel.threads()));
        List<BenchReport.Result> results = new ArrayList<>();
        for (int i = 0; i < tests.size(); i++) {
            results.add(BenchReport.Result.of(tests.get(i), allSamples.get(i), costs, machine));
        }
        return new BenchReport(
                json && random.isEmpty()
                        ? opened.environment(Optional.of(seed))
                        : Environment.of(languageModel.threads(), Optional.empty(), Optional.of(seed)),
                machine,
                opened.located().name(),
                config.architecture().ggufName(),
                engine.kvType(),
                bytes,
                config.embeddingParameters() + config.nonEmbeddingParameters(),
                warmUps,
                peak,
                results);
    }
}
