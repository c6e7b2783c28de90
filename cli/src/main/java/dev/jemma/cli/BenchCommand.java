package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.infer.EngineException;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.ModelLoader;
import dev.jemma.tokenizer.SpecialTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code jemma bench}: how fast a model runs here, measured like llama-bench: ppN reads a prompt of N random tokens, tgN
 * generates N tokens from an empty context. Requests go through the engine as anybody's do; its prefix cache is off.
 */
@Command(
        name = "bench",
        description = "Measure how fast a model reads and writes.",
        footer = {
            "",
            "ppN: tokens/s of a prompt of N random tokens. tgN: tokens/s of N generated tokens.",
            "Figures are mean ± standard deviation over the repetitions, after warm-up runs that do not",
            "count. Without MODEL: the default model, gemma3-270m.",
            "",
            "Examples:",
            "  jemma bench gemma3-270m",
            "  jemma bench model.gguf -p 128,512,2048 -g 128 -r 5 --json"
        })
final class BenchCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ModelArgument model = new ModelArgument();

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

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Mixin
    private RunOptions run = new RunOptions();

    BenchCommand(Console console) {
        this.console = console;
    }

    private record Test(String name, int prompt, int generate) {
        int tokens() {
            return prompt + generate;
        }
    }

    /**
     * One test's figures.
     *
     * @param tokensPerSecond mean over the samples
     * @param deviation standard deviation of the samples
     * @param samples tokens per second of each run
     */
    record Result(
            String test,
            int promptTokens,
            int generatedTokens,
            double tokensPerSecond,
            double deviation,
            double[] samples) {
        static Result of(String test, int prompt, int generated, double[] samples) {
            double mean = Arrays.stream(samples).average().orElse(0);
            double squares =
                    Arrays.stream(samples).map(s -> (s - mean) * (s - mean)).sum();
            double deviation = samples.length > 1 ? Math.sqrt(squares / (samples.length - 1)) : 0;
            return new Result(test, prompt, generated, mean, deviation, samples);
        }
    }

    /** What {@code --json} prints. */
    record Report(
            Environment environment,
            String model,
            String architecture,
            long modelBytes,
            long parameters,
            int warmUps,
            List<Result> results) {}

    @Override
    public Integer call() {
        List<Test> tests = tests();
        ModelLocator.Located located =
                run.locator(console).locate(model.reference().orElse(""));
        try (RunOptions.Opened opened =
                run.open(console, located, options -> options.prefixCache(false).sequences(1))) {
            refuseTooLong(opened.model(), tests);
            Report report = measure(opened, tests);
            console.print(json ? Json.pretty(report) + System.lineSeparator() : table(report));
        }
        return Jemma.OK;
    }

    private List<Test> tests() {
        if (repetitions < 1 || warmUps < 0) {
            throw new MisuseException("--repetitions must be at least 1 and --warm-up at least 0");
        }
        List<Test> tests = new ArrayList<>();
        for (int n : promptTokens.isEmpty() ? List.of(512) : promptTokens) {
            add(tests, n, new Test("pp" + n, n, 0));
        }
        for (int n : generateTokens.isEmpty() ? List.of(128) : generateTokens) {
            add(tests, n, new Test("tg" + n, 0, n));
        }
        if (tests.isEmpty()) {
            throw new MisuseException("nothing to measure: give -p or -g a number above 0");
        }
        return tests;
    }

    private static void add(List<Test> tests, int n, Test test) {
        if (n < 0) {
            throw new MisuseException("a number of tokens cannot be " + n);
        }
        if (n > 0) {
            tests.add(test);
        }
    }

    private static void refuseTooLong(LanguageModel languageModel, List<Test> tests) {
        if (languageModel.config().embedsText()) {
            throw new EngineException("an embedding model does not generate text; bench measures models that do");
        }
        int context = languageModel.engine().options().contextLength();
        for (Test test : tests) {
            if (test.tokens() + 1 > context) {
                throw new MisuseException(test.name() + " needs a context of " + (test.tokens() + 1) + " tokens, but "
                        + context + " is in force; see --context");
            }
        }
    }

    private Report measure(RunOptions.Opened opened, List<Test> tests) {
        LanguageModel languageModel = opened.model();
        SplittableRandom random = new SplittableRandom(seed);
        List<Result> results = new ArrayList<>();
        long runs = (long) tests.size() * (warmUps + repetitions);
        try (Progress bar = console.progress("measuring", runs, Progress.Unit.of("runs"))) {
            for (Test test : tests) {
                bar.label("measuring " + test.name());
                double[] samples = new double[repetitions];
                for (int i = -warmUps; i < repetitions; i++) {
                    double seconds = seconds(languageModel, test, random);
                    if (i >= 0) {
                        samples[i] = test.tokens() / seconds;
                    }
                    bar.advance(1);
                }
                results.add(Result.of(test.name(), test.prompt(), test.generate(), samples));
            }
        }
        var config = languageModel.config();
        return new Report(
                json
                        ? opened.environment(Optional.of(seed))
                        : Environment.of(languageModel.threads(), Optional.empty(), Optional.of(seed)),
                opened.located().name(),
                config.architecture().ggufName(),
                ModelLoader.bytesToRead(languageModel.files()),
                config.embeddingParameters() + config.nonEmbeddingParameters(),
                warmUps,
                results);
    }

    /** One run, from handing in the request to its last token. */
    private static double seconds(LanguageModel languageModel, Test test, SplittableRandom random) {
        int[] prompt = test.prompt() > 0
                ? randomPrompt(languageModel, test.prompt(), random)
                : new int[] {languageModel.tokenizer().special().bos()};
        GenerationRequest request = GenerationRequest.greedy(prompt, Math.max(1, test.generate()), Set.of());
        AtomicLong lastNanos = new AtomicLong();
        long startNanos = System.nanoTime();
        languageModel.generate(request, _ -> lastNanos.set(System.nanoTime())).await();
        return (lastNanos.get() - startNanos) / 1e9;
    }

    private static int[] randomPrompt(LanguageModel languageModel, int length, SplittableRandom random) {
        SpecialTokens special = languageModel.tokenizer().special();
        int size = Math.min(
                languageModel.tokenizer().vocabularySize(),
                languageModel.config().vocabularySize());
        int[] ids = random.ints(length, 0, size).toArray();
        for (int i = 0; i < length; i++) {
            while (special.isSpecial(ids[i])) {
                ids[i] = random.nextInt(size);
            }
        }
        ids[0] = special.bos();
        return ids;
    }

    private static String table(Report report) {
        StringBuilder text =
                new StringBuilder(String.format("| model | size | parameters | kernels | threads | test | tokens/s |%n"
                        + "|---|---:|---:|---|---:|---|---:|%n"));
        for (Result result : report.results()) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s %s | %s | %.2f M | %s | %d | %s | %.2f ± %.2f |%n",
                    report.architecture(),
                    report.model(),
                    Units.bytes(report.modelBytes()),
                    report.parameters() / 1e6,
                    report.environment().provider(),
                    report.environment().threads(),
                    result.test(),
                    result.tokensPerSecond(),
                    result.deviation()));
        }
        return text.toString();
    }
}
