package dev.jemma.cli;

import dev.jemma.infer.Completion;
import dev.jemma.infer.FinishReason;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationDefaults;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SamplingOptions;
import dev.jemma.infer.TokenLogprob;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma generate}: continues a prompt and streams the text, or answers a file of requests as one batch. */
@Command(
        name = "generate",
        description = "Continue a prompt, or answer a file of requests.",
        footer = {
            "",
            "Lines of --jsonl: {\"prompt\": \"…\"}, {\"ids\": […]} (used as they are) or",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"…\"}]}. Results come in the same order:",
            "{\"text\", \"ids\", \"finish_reason\", \"logprobs\"}.",
            "With --json-schema or --regex an answer is complete unless tokens run out first (finish_reason length).",
            "--lookup and --draft change how fast tokens come, never which.",
            "Values not given here come from the model's generation_config.json, else they are built in:",
            "greedy for a base model; temperature 1, top-k 64, top-p 0.95 for an instruction-tuned one."
        })
final class GenerateCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "PROMPT",
            arity = "0..1",
            description = "Text to continue; standard input if it is absent.")
    private Optional<String> prompt = Optional.empty();

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "Short name, GGUF file, Hugging Face folder or hf:owner/repo[:file] (default: gemma3-270m).")
    private String reference = "";

    @Mixin
    private RunOptions run = new RunOptions();

    @Mixin
    private SamplingFlags flags = new SamplingFlags();

    @Mixin
    private SpeculationFlags guessing = new SpeculationFlags();

    @Mixin
    private ConstraintFlags form = new ConstraintFlags();

    @Option(names = "--special", description = "Control tokens spelled out in the prompt are control tokens.")
    private boolean special;

    @Option(names = "--samples", paramLabel = "N", description = "Number of answers to the prompt (default: 1).")
    private int samples = 1;

    @Option(names = "--logprobs", paramLabel = "K", description = "Log-probabilities, with the K best alternatives.")
    private Optional<Integer> logprobs = Optional.empty();

    @Option(names = "--jsonl", paramLabel = "FILE", description = "Requests, one a line; - for standard input.")
    private Optional<String> requests = Optional.empty();

    @Option(names = "--out", paramLabel = "FILE", description = "Where the results of --jsonl go (default: -).")
    private String out = "-";

    @Option(names = "--json", description = "Print the answer as JSON.")
    private boolean json;

    @Option(names = "--trace", description = "Print each step's name, shape, norm and time to standard error.")
    private boolean trace;

    GenerateCommand(Console console) {
        this.console = console;
    }

    /** What {@code --json} prints. */
    record Report(Environment environment, List<GenerationOutput> answers, Timing timing) {}

    @Override
    public Integer call() throws IOException {
        check();
        String text = requests.isPresent() ? "" : prompt.orElseGet(this::readPrompt);
        Optional<Grammar> grammar = form.grammar(console);
        int code;
        Path model;
        try (SpeculationFlags.Prepared prepared = guessing.prepare(console, run);
                RunOptions.Opened opened = run.open(console, reference, prepared.speculation())) {
            model = opened.located().path();
            code = generate(opened, text, grammar);
        }
        StartCache.makeLater(model);
        return code;
    }

    private int generate(RunOptions.Opened opened, String text, Optional<Grammar> grammar) throws IOException {
        LanguageModel model = opened.model();
        GenerationDefaults defaults = model.defaults();
        SamplingOptions sampling = flags.sampling(defaults);
        console.note(opened.located().name() + ", " + model.kernels() + ", " + model.threads() + " threads, context "
                + model.engine().options().contextLength() + ": " + flags.describe(defaults, sampling));
        if (trace) {
            model.engine().probe(new Tracer(console));
        }
        Optional<TokenConstraint> constraint = ConstraintFlags.of(model, grammar);
        if (requests.isPresent()) {
            new GenerationBatch(console, model, flags, sampling, special, samples, logprobs, constraint)
                    .run(requests.get(), out);
            return Jemma.OK;
        }
        return one(opened, text, sampling, constraint);
    }

    private void check() {
        guessing.check();
        if (requests.isPresent() && prompt.isPresent()) {
            throw new MisuseException("give either a PROMPT or --jsonl, not both");
        }
        if (samples < 1 || logprobs.filter(k -> k < 0).isPresent()) {
            throw new MisuseException("--samples must be at least 1 and --logprobs at least 0");
        }
    }

    private String readPrompt() {
        if (console.terminals().in()) {
            throw new MisuseException("there is no PROMPT: give it as an argument, or through standard input");
        }
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[8192];
        try (var in = console.input()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                text.append(buffer, 0, n);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private int one(
            RunOptions.Opened opened, String text, SamplingOptions sampling, Optional<TokenConstraint> constraint) {
        LanguageModel model = opened.model();
        int[] ids = model.tokenizer().withBos(model.tokenizer().encode(text, special));
        RequestBuilder builder = flags.apply(model.request(ids), sampling).samples(samples);
        logprobs.ifPresent(builder::logprobs);
        constraint.ifPresent(builder::constraint);
        GenerationRequest request = builder.build();
        boolean stream = !json && samples == 1;
        Timing.Clock clock = new Timing.Clock(ids.length);
        Generation generation;
        synchronized (console) { // the prompt is shown once it is accepted, and before the first token
            generation = model.generate(request, token -> {
                clock.token();
                if (stream) {
                    console.print(ModelText.shown(console, token.text()));
                    console.flush();
                }
            });
            if (stream) {
                console.print(text);
                console.flush();
            }
        }
        List<Completion> answers;
        Timing timing;
        try (Interrupts _ = new Interrupts(generation::cancel)) {
            answers = generation.await();
            timing = clock.stop(generation.speculation());
            show(opened, text, sampling, answers, timing);
            console.flush();
        }
        boolean cut = answers.stream().anyMatch(a -> a.finishReason() == FinishReason.CANCELLED);
        return cut ? Jemma.INTERRUPTED : Jemma.OK;
    }

    private void show(
            RunOptions.Opened opened, String text, SamplingOptions sampling, List<Completion> answers, Timing timing) {
        if (json) {
            List<GenerationOutput> outputs =
                    answers.stream().map(GenerationOutput::of).toList();
            Optional<Long> seed = sampling.greedy() ? Optional.empty() : Optional.of(sampling.seed());
            console.println(Json.pretty(new Report(opened.environment(seed), outputs, timing)));
        } else {
            print(text, answers, samples == 1);
        }
        console.note(timing.toString());
    }

    private void print(String text, List<Completion> answers, boolean streamed) {
        if (streamed) {
            console.println("");
        } else {
            for (int i = 0; i < answers.size(); i++) {
                console.println("[" + (i + 1) + "] " + text
                        + ModelText.shown(console, answers.get(i).text()));
            }
        }
        if (logprobs.isPresent()) {
            for (Completion answer : answers) {
                for (TokenLogprob token : answer.logprobs()) {
                    console.println(String.format(Locale.ROOT, "%8d %9.4f", token.id(), token.logprob()));
                }
            }
        }
    }
}
