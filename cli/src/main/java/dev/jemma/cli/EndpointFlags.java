package dev.jemma.cli;

import dev.jemma.cli.hub.Endpoint;
import dev.jemma.cli.hub.HubSettings;
import dev.jemma.eval.Form;
import dev.jemma.eval.Task;
import dev.jemma.eval.remote.EndpointScorer;
import dev.jemma.infer.TokenizerLoader;
import dev.jemma.tokenizer.Tokenizer;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The flags of an evaluation by an endpoint instead of a model of this process; a picocli mixin. */
final class EndpointFlags {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final List<String> OWN =
            List.of("--api-key-env", "--tokenizer", "--concurrency", "--tries", "--timeout");
    private static final List<String> LOCAL = List.of(
            "--threads", "--exact", "--embedding-scale", "--kv-memory", "--kv-type", "--batch-rows", "--adapter");

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            description = "An OpenAI-compatible endpoint, such as http://localhost:8080/v1, answers instead of a model"
                    + " of this process; --model is then the name that it knows.")
    private Optional<String> baseUrl = Optional.empty();

    @Option(names = "--api-key-env", paramLabel = "NAME", description = "Variable that holds the endpoint's key.")
    private Optional<String> keyVariable = Optional.empty();

    @Option(
            names = "--tokenizer",
            paramLabel = "MODEL",
            description = "Tokenizer of the endpoint's model: prompts are then token ids (default: text).")
    private Optional<String> tokenizer = Optional.empty();

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "Requests that the endpoint gets at a time (default: ${DEFAULT-VALUE}).")
    private int concurrency = 8;

    @Option(
            names = "--tries",
            paramLabel = "N",
            description = "Times that a request to the endpoint is tried (default: ${DEFAULT-VALUE}).")
    private int tries = 5;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long the endpoint may take for an answer (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds = 300;

    /** Whether an endpoint is asked. */
    boolean given() {
        return baseUrl.isPresent();
    }

    /**
     * Whether the flags go together, before anything is read or opened.
     *
     * @param given flags of the command line
     * @param model as {@code --model} has it
     * @param chat whether prompts are conversations
     */
    void check(
            ParseResult given,
            Console console,
            String model,
            RunOptions run,
            Collection<List<Task>> tasks,
            boolean chat) {
        if (baseUrl.isEmpty()) {
            first(given, OWN).ifPresent(flag -> {
                throw new MisuseException(flag + " is for an endpoint: name it with --base-url");
            });
            return;
        }
        first(given, LOCAL).ifPresent(flag -> {
            throw new MisuseException(flag + " is for a model of this process: leave it out with --base-url");
        });
        if (concurrency < 1 || tries < 1 || timeoutSeconds < 1) {
            throw new MisuseException("--concurrency, --tries and --timeout must be at least 1");
        }
        if (model.isEmpty()) {
            throw new MisuseException("say with --model which of the endpoint's models to ask");
        }
        if (run.contextTokens().isPresent() && tokenizer.isEmpty()) {
            throw new MisuseException(
                    "--context needs --tokenizer where an endpoint answers: text has no known length");
        }
        Optional<Task> scored = tasks.stream()
                .flatMap(List::stream)
                .filter(task -> !(task.form() instanceof Form.Generation))
                .findFirst();
        if (chat && scored.isPresent()) {
            throw new MisuseException(
                    scored.get().name() + " needs log-likelihoods, which an endpoint does not tell in a"
                            + " conversation: leave out --apply-chat-template, or take only tasks that generate");
        }
        URI base = address("--base-url", baseUrl.get());
        Endpoint.check(base, key(console, keyVariable));
    }

    private static Optional<String> first(ParseResult given, List<String> flags) {
        return flags.stream().filter(given::hasMatchedOption).findFirst();
    }

    /** The key that a variable of the environment holds, if one is named. */
    static Optional<String> key(Console console, Optional<String> variable) {
        return variable.map(name -> Optional.ofNullable(console.environment().get(name))
                .filter(value -> !value.isBlank())
                .orElseThrow(() -> new MisuseException("--api-key-env: the variable " + name + " is not set")));
    }

    /** The model behind the endpoint; the flags are checked. */
    EvalModel open(Console console, String model, RunOptions run, long seed) {
        URI base = address("--base-url", baseUrl.orElseThrow());
        HubSettings settings = HubSettings.of(console.environment());
        Optional<String> key = key(console, keyVariable);
        Optional<Tokenizer> ids =
                tokenizer.map(name -> TokenizerLoader.load(run.locator(console).resolve(name)));
        OptionalInt context = run.contextTokens();
        Endpoint endpoint = new Endpoint(settings, base, key, Duration.ofSeconds(timeoutSeconds));
        EndpointScorer scorer = new EndpointScorer(
                endpoint,
                new EndpointScorer.Settings(base.toString(), model, ids, context, concurrency, tries, FIRST_PAUSE));
        Map<String, Object> facts = new TreeMap<>(Map.of("base_url", base.toString(), "model", model));
        tokenizer.ifPresent(name -> facts.put("tokenizer", name));
        return new EvalModel(
                scorer, model, facts, Environment.of(0, Optional.empty(), Optional.of(seed)), endpoint::close);
    }

    /** An address of a server, as a flag gives it, without what follows the common part of its paths. */
    static URI address(String flag, String text) {
        try {
            URI uri = URI.create(text.strip().replaceAll("/+$", "").replaceAll("/(chat/)?completions$", ""));
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null && uri.getUserInfo() == null && uri.getQuery() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new MisuseException(flag + " is not an address: " + text);
        }
        throw new MisuseException(
                flag + " must be an http or https address with a host, such as http://localhost:8080/v1");
    }
}
