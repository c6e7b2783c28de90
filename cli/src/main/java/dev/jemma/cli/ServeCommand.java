package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.infer.Speculation;
import dev.jemma.serve.ServeOptions;
import dev.jemma.serve.ServedModel;
import dev.jemma.serve.Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma serve}: models behind OpenAI's HTTP interface, until the process is asked to end. */
@Command(
        name = "serve",
        description = "Serve models over HTTP: OpenAI's interface, and a web page at /.",
        footer = {
            "",
            "A MODEL may have a name of its own to be asked for: name=MODEL. Adapters of the first model are",
            "--lora name=DIR, of another --lora model+name=DIR; requests ask for model+name.",
            "The server listens on this machine alone unless --host says otherwise, which needs --api-keys",
            "or --insecure. Ctrl-C or SIGTERM: what runs is finished first. --lookup and --draft change how",
            "fast tokens come, never which. See docs/serving.md.",
        })
final class ServeCommand implements Callable<Integer> {
    private static final Duration PATIENCE_BEYOND_DRAIN = Duration.ofSeconds(15);

    private final Console console;
    private Optional<Logger> httpLog = Optional.empty(); // held: the platform would forget its level

    @Parameters(paramLabel = "MODEL", arity = "0..*", description = "Models (default: gemma3-270m).")
    private List<String> references = new ArrayList<>();

    @Mixin
    private RunOptions run = new RunOptions();

    @Mixin
    private SpeculationFlags speculation = new SpeculationFlags();

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Where to listen (default: 127.0.0.1).")
    private String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "N", description = "Port, 0 for any that is free (default: 8080).")
    private int port = 8080;

    @Option(names = "--api-keys", paramLabel = "FILE", description = "Keys that callers must show, one a line.")
    private Optional<Path> keys = Optional.empty();

    @Option(names = "--insecure", description = "Let everybody who reaches --host use the server.")
    private boolean insecure;

    @Option(names = "--tls-cert", paramLabel = "PEM", description = "Certificate chain for HTTPS.")
    private Optional<Path> certificates = Optional.empty();

    @Option(names = "--tls-key", paramLabel = "PEM", description = "Its private key.")
    private Optional<Path> key = Optional.empty();

    @Option(names = "--allow-host", paramLabel = "NAME", description = "A further name that the server answers to.")
    private List<String> hosts = new ArrayList<>();

    @Option(names = "--allow-origin", paramLabel = "URL", description = "Web pages of this origin may call the server.")
    private List<String> origins = new ArrayList<>();

    @Option(names = "--lora", paramLabel = "NAME=DIR", description = "An adapter to serve as MODEL+NAME.")
    private List<String> adapters = new ArrayList<>();

    @Option(names = "--sequences", paramLabel = "N", description = "Sequences of a model at once (default: 32).")
    private Optional<Integer> sequences = Optional.empty();

    @Option(names = "--max-queue", paramLabel = "N", description = "Requests that may wait (default: 256).")
    private Optional<Integer> queue = Optional.empty();

    @Option(names = "--max-prompt", paramLabel = "TOKENS", description = "Longest prompt (default: the context).")
    private Optional<Integer> prompt = Optional.empty();

    @Option(names = "--max-body", paramLabel = "MIB", description = "Largest body of a request (default: 8).")
    private Optional<Integer> body = Optional.empty();

    @Option(names = "--max-connections", paramLabel = "N", description = "Connections at once (default: 512).")
    private Optional<Integer> connections = Optional.empty();

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest request (default: 600).")
    private Optional<Integer> timeout = Optional.empty();

    @Option(names = "--drain", paramLabel = "SECONDS", description = "Time to finish when asked to end (default: 30).")
    private Optional<Integer> drain = Optional.empty();

    @Option(names = "--share-prefixes", description = "Share cached prompts between different API keys.")
    private boolean sharePrefixes;

    ServeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        ServeOptions options = options();
        speculation.check();
        if (System.getProperty("java.util.logging.config.file") == null) {
            System.setProperty(
                    "java.util.logging.SimpleFormatter.format", "time=%1$tFT%1$tT.%1$tL%1$tz level=%4$s %5$s%6$s%n");
            httpLog = Optional.of(Logger.getLogger("io.helidon"));
            httpLog.get().setLevel(Level.WARNING);
        }
        List<RunOptions.Opened> opened = new ArrayList<>();
        CountDownLatch asked = new CountDownLatch(1);
        Duration patience = options.drainTimeout().plus(PATIENCE_BEYOND_DRAIN);
        try (Interrupts _ = new Interrupts(asked::countDown, patience)) {
            try (SpeculationFlags.Prepared guesses = speculation.prepare(console, run)) {
                serve(opened, guesses.speculation(), options, asked);
            }
        }
        return Jemma.OK;
    }

    private void serve(List<RunOptions.Opened> opened, Speculation guesses, ServeOptions options, CountDownLatch asked)
            throws InterruptedException {
        try (Server server = Server.start(load(opened, guesses), options)) {
            console.println(server.url());
            console.flush();
            asked.await();
        } finally {
            opened.forEach(RunOptions.Opened::close);
        }
    }

    private ServeOptions options() {
        if (certificates.isPresent() != key.isPresent()) {
            throw new MisuseException("--tls-cert and --tls-key go together");
        }
        try {
            ServeOptions.Builder options = ServeOptions.builder()
                    .host(host)
                    .port(port)
                    .insecure(insecure)
                    .sharePrefixes(sharePrefixes)
                    .allowedHosts(new HashSet<>(hosts))
                    .allowedOrigins(new HashSet<>(origins));
            keys.ifPresent(options::apiKeys);
            certificates.ifPresent(chain -> options.tls(chain, key.orElseThrow()));
            queue.ifPresent(options::maxQueue);
            prompt.ifPresent(options::maxPromptTokens);
            body.ifPresent(mebibytes -> options.maxBodyBytes(bytes("--max-body", mebibytes)));
            connections.ifPresent(options::maxConnections);
            timeout.ifPresent(seconds -> options.requestTimeout(seconds("--timeout", seconds)));
            drain.ifPresent(seconds -> options.drainTimeout(seconds("--drain", seconds)));
            return options.build();
        } catch (IllegalArgumentException e) {
            throw new MisuseException(String.valueOf(e.getMessage()));
        }
    }

    private static Duration seconds(String flag, int value) {
        if (value < 1) {
            throw new MisuseException(flag + " must be at least 1, not " + value);
        }
        return Duration.ofSeconds(value);
    }

    private static int bytes(String flag, int mebibytes) {
        if (mebibytes < 1 || mebibytes > Integer.MAX_VALUE >> 20) {
            throw new MisuseException(flag + " must be from 1 to " + (Integer.MAX_VALUE >> 20) + ", not " + mebibytes);
        }
        return mebibytes << 20;
    }

    /** A model is asked for by its name, or by that of its file or folder without path and ending. */
    private static String shortName(String name) {
        String last = name.substring(name.lastIndexOf('/') + 1);
        String bare = last.endsWith(".gguf") ? last.substring(0, last.length() - 5) : last;
        return bare.replace('+', '-');
    }

    private List<ServedModel> load(List<RunOptions.Opened> opened, Speculation guesses) {
        List<ServedModel> served = new ArrayList<>();
        Map<String, Map<String, Path>> folders = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        for (String reference : references.isEmpty() ? List.of("") : references) {
            int equals = Files.exists(Path.of(reference)) ? -1 : reference.indexOf('=');
            ModelLocator.Located located = run.locator(console).locate(reference.substring(equals + 1));
            opened.add(run.open(console, located, more -> {
                more.speculation(guesses);
                sequences.ifPresent(more::sequences);
            }));
            names.add(equals > 0 ? reference.substring(0, equals) : shortName(located.name()));
        }
        for (String adapter : adapters) {
            int equals = adapter.indexOf('=');
            int plus = adapter.substring(0, Math.max(0, equals)).indexOf('+');
            String model = plus < 0 ? names.getFirst() : adapter.substring(0, plus);
            if (equals < 1 || !names.contains(model)) {
                throw new MisuseException(
                        "--lora is NAME=DIR or MODEL+NAME=DIR with the name of a served model, not '" + adapter + "'");
            }
            String name = adapter.substring(plus + 1, equals);
            Path folder = Path.of(adapter.substring(equals + 1));
            if (folders.computeIfAbsent(model, _ -> new LinkedHashMap<>()).put(name, folder) != null) {
                throw new MisuseException("--lora names two adapters '" + model + "+" + name + "'");
            }
        }
        for (int i = 0; i < names.size(); i++) {
            served.add(
                    new ServedModel(names.get(i), opened.get(i).model(), folders.getOrDefault(names.get(i), Map.of())));
        }
        return served;
    }
}
