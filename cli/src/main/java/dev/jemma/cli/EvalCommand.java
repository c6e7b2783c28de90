package dev.jemma.cli;

import dev.jemma.eval.AnswerCache;
import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Questions;
import dev.jemma.eval.Task;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.report.Comparison;
import dev.jemma.eval.report.ResultTable;
import dev.jemma.eval.report.RunFacts;
import dev.jemma.eval.report.RunFiles;
import dev.jemma.eval.task.Benchmarks;
import dev.jemma.eval.yaml.TaskFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jemma eval}: benchmarks, prompted and scored as EleutherAI's lm-evaluation-harness does. */
@Command(
        name = "eval",
        description = "Benchmarks of a model, as lm-evaluation-harness runs them.",
        footer = {
            "",
            "Answers are kept in OUT/answers.jsonl: the same command goes on where an earlier one ended.",
            "Tasks are names (see --list), groups of them, FILE.yaml for one of your own, or text:FILE for the",
            "perplexity of a text file."
        })
final class EvalCommand implements Callable<Integer> {
    private static final String SUITE = "gemma";

    private final Console console;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "Short name, GGUF file, Hugging Face folder or hf:owner/repo[:file] (default: gemma3-270m).")
    private String reference = "";

    @Option(names = "--tasks", paramLabel = "NAME,…", split = ",", description = "Which tasks or groups to run.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--suite", paramLabel = "gemma", description = "The 18 of the Gemma paper, with its shots.")
    private Optional<String> suite = Optional.empty();

    @Option(names = "--list", description = "Name all tasks and groups.")
    private boolean list;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder of the data (default: eval-data).")
    private Path data = Path.of("eval-data");

    @Option(names = "--out", paramLabel = "DIR", description = "Where results go (default: eval-out).")
    private Path out = Path.of("eval-out");

    @Option(names = "--limit", paramLabel = "N", description = "Only the first N rows of each task.")
    private Optional<Integer> limit = Optional.empty();

    @Option(names = "--num-fewshot", paramLabel = "N", description = "Examples before each question.")
    private Optional<Integer> shots = Optional.empty();

    @Option(
            names = "--unsafe-code",
            description = "Run the programs that the model writes (HumanEval, MBPP) without a sandbox.")
    private boolean unsafeCode;

    @Option(names = "--apply-chat-template", description = "Prompts are turns of a conversation.")
    private boolean chat;

    @Option(names = "--fewshot-as-multiturn", description = "Each example is a turn of question and answer.")
    private boolean multiturn;

    @Option(names = "--system-instruction", paramLabel = "TEXT", description = "Stands before everything else.")
    private Optional<String> systemInstruction = Optional.empty();

    @Option(
            names = "--gen-kwargs",
            paramLabel = "K=V,…",
            split = ",",
            description = "How answers are generated: temperature, top_p, top_k, seed, max_gen_toks.")
    private Map<String, String> generation = new LinkedHashMap<>();

    @Mixin
    private EndpointFlags endpoint = new EndpointFlags();

    @Mixin
    private RunOptions run = new RunOptions();

    EvalCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (EvalSandbox sandbox = new EvalSandbox(unsafeCode)) {
            return run(sandbox);
        }
    }

    private int run(EvalSandbox sandbox) {
        Benchmarks benchmarks = new Benchmarks(Optional.of(sandbox));
        if (list) {
            benchmarks.groups().keySet().forEach(console::println);
            benchmarks.taskNames().forEach(console::println);
            return Jemma.OK;
        }
        Map<String, List<Task>> tasks = tasks(benchmarks);
        EvaluationOptions options = options();
        endpoint.check(spec.commandLine().getParseResult(), console, reference, run, tasks.values(), chat);
        DataFolder folder = new DataFolder(data);
        List<Questions> questions = EvalPreparation.of(console, tasks, folder, options, sandbox);
        long started = System.currentTimeMillis();
        try (AnswerCache cache = AnswerCache.open(out.resolve("answers.jsonl"));
                EvalModel model = endpoint.given()
                        ? endpoint.open(console, reference, run, options.seed())
                        : EvalModel.local(run, console, reference, options.seed());
                EvalProgress progress = new EvalProgress(console)) {
            List<TaskResult> results =
                    new Evaluation(model.scorer(), folder, options, Optional.of(cache), progress).ask(questions);
            RunFacts made = new RunFacts(
                    model.name(),
                    model.facts(),
                    model.environment(),
                    options,
                    started,
                    (System.currentTimeMillis() - started) / 1000.0);
            RunFiles.write(out, results, benchmarks.groups(), made);
            console.print(ResultTable.of(results, benchmarks.groups()));
            for (TaskResult result : results) {
                if (result.figures().isEmpty()) {
                    console.warn(result.task().name() + ": answers are in " + out + ", but nothing here marks them");
                }
            }
        }
        return Jemma.OK;
    }

    @Command(
            name = "compare",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Compare two runs item by item: paired differences, intervals, McNemar's test.")
    int compare(
            @Parameters(paramLabel = "A", description = "Folder of the first run (its --out).") Path first,
            @Parameters(paramLabel = "B", description = "Folder of the second run.") Path second,
            @Option(
                            names = "--tasks",
                            paramLabel = "NAME,…",
                            split = ",",
                            description = "Only these tasks (default: all, which must be the same).")
                    Set<String> tasks,
            @Option(
                            names = "--items",
                            paramLabel = "N",
                            defaultValue = "20",
                            description = "How many of the items that differ to show (default: 20).")
                    int items,
            @Option(names = "--json", description = "Print everything as JSON.") boolean json) {
        Comparison comparison =
                Comparison.of(first, second, Optional.ofNullable(tasks).orElse(Set.of()));
        console.print(json ? Json.pretty(comparison) + "\n" : comparison.toMarkdown(items));
        return Jemma.OK;
    }

    @Command(
            name = "fetch",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Get the data of benchmarks from where their authors publish them, checked by SHA-256.")
    int fetch(
            @Parameters(paramLabel = "TASK", arity = "0..*", description = "Names of tasks; none lists all.")
                    List<String> tasks,
            @Option(names = "--data", paramLabel = "DIR", description = "Folder of the data (default: eval-data).")
                    Path folder,
            @Option(names = "--offline", description = "Open no connection: only check what is there.")
                    boolean offline) {
        return new EvalFetch(console, Optional.ofNullable(folder).orElse(Path.of("eval-data")), offline)
                .run(Optional.ofNullable(tasks).orElse(List.of()));
    }

    /** The tasks by the names that were asked for, each once. */
    private Map<String, List<Task>> tasks(Benchmarks benchmarks) {
        List<String> wanted = new ArrayList<>(names);
        if (suite.isPresent()) {
            if (!suite.get().equals(SUITE)) {
                throw new MisuseException("there is no suite '" + suite.get() + "'; there is gemma");
            }
            wanted.addAll(Benchmarks.GEMMA_SUITE);
        }
        if (wanted.isEmpty()) {
            throw new MisuseException("say what to run: --tasks piqa,arc_easy or --suite gemma; --list names all");
        }
        Map<String, List<Task>> tasks = new LinkedHashMap<>();
        Set<String> known = new HashSet<>();
        for (String name : wanted) {
            List<Task> found;
            if (name.endsWith(".yaml") || name.endsWith(".yml")) {
                found = List.of(TaskFile.read(Path.of(name)));
            } else if (name.startsWith("text:")) {
                found = List.of(Benchmarks.text(Path.of(name.substring("text:".length()))));
            } else {
                found = find(benchmarks, name.strip());
            }
            tasks.put(
                    name, found.stream().filter(task -> known.add(task.name())).toList());
        }
        return tasks;
    }

    private static List<Task> find(Benchmarks benchmarks, String name) {
        try {
            return benchmarks.find(name);
        } catch (EvalException e) {
            throw new MisuseException(String.valueOf(e.getMessage()));
        }
    }

    private EvaluationOptions options() {
        if (limit.filter(n -> n < 1).isPresent() || shots.filter(n -> n < 0).isPresent()) {
            throw new MisuseException("--limit must be at least 1 and --num-fewshot at least 0");
        }
        if (multiturn && !chat) {
            throw new MisuseException("--fewshot-as-multiturn needs --apply-chat-template");
        }
        EvalSampling sampling = EvalSampling.of(generation);
        return new EvaluationOptions(
                limit.map(OptionalInt::of).orElse(OptionalInt.empty()),
                shots.map(OptionalInt::of).orElse(OptionalInt.empty()),
                suite.isPresent(),
                chat,
                multiturn,
                systemInstruction,
                sampling.maxTokens(),
                sampling.sampling(),
                EvaluationOptions.DEFAULTS.bootstrapRounds(),
                EvaluationOptions.DEFAULTS.seed());
    }
}
