package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.hub.HubSettings;
import dev.jemma.cli.hub.StreamingEndpoint;
import dev.jemma.cli.load.Asker;
import dev.jemma.cli.load.Completions;
import dev.jemma.cli.load.Lengths;
import dev.jemma.cli.load.LoadReport;
import dev.jemma.cli.load.LoadResult;
import dev.jemma.cli.load.LoadRun;
import dev.jemma.cli.load.Trace;
import dev.jemma.cli.report.ChartFile;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code jemma bench serve}: what a server gives under load, whether it is ours or another one. */
@Command(
        name = "serve",
        description = "Measure an OpenAI-compatible server under load.",
        footer = {
            "",
            "Answers are greedy and streamed. Tokens are counted by the server if it tells; otherwise a piece",
            "of a stream is one. With --rate a request goes out when it is due, whether earlier ones are",
            "answered or not, and its time counts from then. The same --seed asks the same. Ctrl-C ends the",
            "run and prints what there is.",
            "",
            "Examples:",
            "  jemma bench serve --streams 16 -p 128 -g 64 --duration 60",
            "  jemma bench serve --rate 4 -p 32-256 -g 16-128 --requests 500 --deadline 5 --chart load.html",
            "  jemma bench serve --url http://localhost:8000/v1 -m name --prompts prompts.jsonl --json"
        })
final class BenchServeCommand implements Callable<Integer> {
    private static final int DEFAULT_STREAMS = 8;
    private static final int DEFAULT_REQUESTS = 100;
    private static final int MOST_STREAMS = 10_000;

    private final Console console;

    @Option(names = "--url", paramLabel = "URL", description = "The server's address (default: ${DEFAULT-VALUE}).")
    private String url = "http://localhost:8080/v1";

    @Option(
            names = {"-m", "--model"},
            paramLabel = "NAME",
            description = "Which of its models to ask (default: leave it to the server).")
    private Optional<String> model = Optional.empty();

    @Option(names = "--api-key-env", paramLabel = "NAME", description = "Variable that holds the server's key.")
    private Optional<String> keyVariable = Optional.empty();

    @Option(names = "--streams", paramLabel = "N", description = "Requests at a time (default: 8).")
    private Optional<Integer> streams = Optional.empty();

    @Option(
            names = "--rate",
            paramLabel = "R",
            description = "Instead of --streams: requests that arrive a second, on average and at random (Poisson).")
    private Optional<Double> rate = Optional.empty();

    @Option(
            names = "--requests",
            paramLabel = "N",
            description = "Most requests (default: 100, or no limit with" + " --duration).")
    private Optional<Integer> requests = Optional.empty();

    @Option(names = "--duration", paramLabel = "SECONDS", description = "Send no request after so long.")
    private Optional<Integer> durationSeconds = Optional.empty();

    @Option(
            names = {"-p", "--prompt-words"},
            paramLabel = "N[-M]",
            description = "Words of a prompt, frequent English ones, about a token each (default: ${DEFAULT-VALUE}).")
    private String promptWords = "128";

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description = "Instead: prompts in turn, a line {\"prompt\": …} each, with \"max_tokens\" if wanted.")
    private Optional<String> prompts = Optional.empty();

    @Option(
            names = {"-g", "--max-tokens"},
            paramLabel = "N[-M]",
            description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
    private String maxTokens = "64";

    @Option(names = "--chat", description = "Ask for answers of a conversation instead of continuations.")
    private boolean chat;

    @Option(
            names = "--ignore-eos",
            description = "Answers go on to their most tokens; Jemma, llama-server and vLLM know the field.")
    private boolean ignoreEos;

    @Option(names = "--deadline", paramLabel = "SECONDS", description = "Also say how many whole answers come in time.")
    private Optional<Double> deadlineSeconds = Optional.empty();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Give an answer up after so long (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds = 300;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Requests before the run that do not count (default: ${DEFAULT-VALUE}).")
    private int warmUps;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of prompts, lengths and arrivals (default:" + " ${DEFAULT-VALUE}).")
    private long seed = 42;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(names = "--chart", paramLabel = "FILE", description = "Times over the run, as FILE.html or FILE.png.")
    private Optional<Path> chart = Optional.empty();

    private Optional<LoadRun> current = Optional.empty();
    private boolean stopped;

    BenchServeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        URI base = address();
        Optional<List<Trace.Prompt>> asked = prompts.map(this::read);
        Lengths words = lengths("--prompt-words", promptWords);
        Lengths answers = lengths("--max-tokens", maxTokens);
        Optional<String> key = EndpointFlags.key(console, keyVariable);
        HubSettings settings = HubSettings.of(console.environment());
        try (Interrupts _ = new Interrupts(this::stop); // until all is printed
                StreamingEndpoint endpoint =
                        new StreamingEndpoint(settings, base, key, Duration.ofSeconds(timeoutSeconds))) {
            Asker asker = new Completions(endpoint, model, chat, ignoreEos);
            OptionalInt atATime =
                    rate.isPresent() ? OptionalInt.empty() : OptionalInt.of(streams.orElse(DEFAULT_STREAMS));
            if (warmUps > 0) {
                Trace other = new Trace(~seed, OptionalDouble.empty(), asked, words, answers);
                OptionalInt few = OptionalInt.of(atATime.orElse(DEFAULT_STREAMS));
                run("warming up", asker, other, new LoadRun.Amount(few, OptionalInt.of(warmUps), Optional.empty()));
            }
            OptionalDouble perSecond = rate.map(OptionalDouble::of).orElse(OptionalDouble.empty());
            OptionalInt most = requests.map(OptionalInt::of)
                    .orElse(durationSeconds.isPresent() ? OptionalInt.empty() : OptionalInt.of(DEFAULT_REQUESTS));
            LoadResult result = run(
                    "asking " + base.getAuthority(),
                    asker,
                    new Trace(seed, perSecond, asked, words, answers),
                    new LoadRun.Amount(atATime, most, durationSeconds.map(Duration::ofSeconds)));
            print(base, result);
        }
        return Jemma.OK;
    }

    private void print(URI base, LoadResult result) {
        LoadReport report = result.report(
                base.toString(),
                model,
                load(),
                seed,
                deadlineSeconds.map(OptionalDouble::of).orElse(OptionalDouble.empty()));
        console.print(json ? Json.pretty(report) + System.lineSeparator() : report.text());
        console.flush();
        chart.ifPresent(file -> ChartFile.write(
                file, "Load on " + base.getAuthority(), report.text(), "seconds of the run", result.charts()));
        if (report.answered() == 0) {
            throw new JemmaException(base + " answered no request"
                    + report.details().stream().findFirst().map(d -> ": " + d).orElse(""));
        }
    }

    private synchronized void stop() {
        stopped = true;
        current.ifPresent(LoadRun::stop);
    }

    private synchronized void begin(LoadRun run) {
        current = Optional.of(run);
        if (stopped) {
            run.stop();
        }
    }

    private LoadResult run(String label, Asker asker, Trace trace, LoadRun.Amount amount) throws InterruptedException {
        try (Progress bar = console.progress(label, amount.requests().orElse(0), Progress.Unit.of("requests"))) {
            LoadRun run = new LoadRun(asker, trace, amount, () -> bar.advance(1));
            begin(run);
            return run.run();
        }
    }

    private void check() {
        if (rate.isPresent() && streams.isPresent()) {
            throw new MisuseException("--rate and --streams do not go together");
        }
        if (rate.filter(r -> !(r > 0) || r > 1e6).isPresent()) {
            throw new MisuseException("--rate must be a number of requests a second above 0");
        }
        if (streams.filter(n -> n < 1 || n > MOST_STREAMS).isPresent()) {
            throw new MisuseException("--streams must be from 1 to " + MOST_STREAMS);
        }
        if (requests.filter(n -> n < 1).isPresent()
                || durationSeconds.filter(n -> n < 1).isPresent()
                || timeoutSeconds < 1) {
            throw new MisuseException("--requests, --duration and --timeout must be at least 1");
        }
        if (deadlineSeconds.filter(s -> !(s > 0)).isPresent() || warmUps < 0) {
            throw new MisuseException("--deadline must be above 0, and --warm-up not below");
        }
        if (chart.filter(file -> !ChartFile.isKnown(file)).isPresent()) {
            throw new MisuseException("--chart writes FILE.html or FILE.png");
        }
    }

    /** The address before {@code /completions}; one without a path is completed. */
    private URI address() {
        URI base = EndpointFlags.address("--url", url);
        return base.getPath().isEmpty() ? URI.create(base + "/v1") : base;
    }

    private static Lengths lengths(String flag, String text) {
        try {
            return Lengths.parse(flag, text);
        } catch (JemmaException e) {
            throw new MisuseException(String.valueOf(e.getMessage()));
        }
    }

    private List<Trace.Prompt> read(String file) {
        List<Trace.Prompt> all = JsonLines.read(console, file).stream()
                .map(BenchServeCommand::prompt)
                .toList();
        if (all.isEmpty()) {
            throw new JemmaException(file + " has no prompts");
        }
        return all;
    }

    private static Trace.Prompt prompt(JsonLines.Line line) {
        OptionalInt most = OptionalInt.empty();
        Optional<JsonNode> given = line.find("max_tokens");
        if (given.isPresent()) {
            if (!given.get().isInt() || given.get().asInt() < 1) {
                throw line.error("\"max_tokens\" must be a number of at least 1");
            }
            most = OptionalInt.of(given.get().asInt());
        }
        return new Trace.Prompt(line.text("prompt"), most);
    }

    private String load() {
        String arrivals = rate.map(r -> String.format(Locale.ROOT, "%.2f requests/s arrive", r))
                .orElseGet(() -> streams.orElse(DEFAULT_STREAMS) + " requests at a time");
        return arrivals + ", prompts " + prompts.map(file -> "of " + file).orElse("of " + promptWords + " words")
                + ", answers of at most " + maxTokens + " tokens" + (ignoreEos ? ", all of them" : "")
                + (chat ? ", chats" : "");
    }
}
