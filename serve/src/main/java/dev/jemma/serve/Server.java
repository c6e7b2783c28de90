package dev.jemma.serve;

import dev.jemma.JemmaException;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.Wire;
import dev.jemma.serve.transport.ApiKeys;
import dev.jemma.serve.transport.Client;
import dev.jemma.serve.transport.Connections;
import dev.jemma.serve.transport.Gate;
import dev.jemma.serve.transport.TlsFiles;
import dev.jemma.serve.transport.WatchedSelector;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;

/**
 * An OpenAI-compatible HTTP server over loaded models: the door for applications. It listens once {@link #start} returns
 * and until {@link #close}. The models stay the caller's, who closes them afterwards.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.open(path);
 *         Server server = Server.start(List.of(new ServedModel("gemma", model)), ServeOptions.builder().build())) {
 *     System.out.println("http://127.0.0.1:" + server.port() + "/v1");
 *     …
 * }
 * }</pre>
 */
public final class Server implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.jemma.serve");
    private static final int MAX_HEAD_BYTES = 32 << 10;
    private static final int MAX_LINE_BYTES = 8 << 10;
    private static final int MAX_DRAIN_BYTES = 64 << 10;
    private static final long MAX_CONSTRAINT_BYTES = 512L << 20;
    private static final Duration MOST_TIME_FOR_A_SCHEMA = Duration.ofSeconds(10);

    private final ServeOptions options;
    private final Models models;
    private final Activity activity = new Activity();
    private final Connections connections;
    private final Constraints constraints;
    private final WebServer web;
    private boolean closed;

    private Server(List<ServedModel> served, ServeOptions options) {
        this.options = options;
        boolean loopback = isLoopback(options.host());
        ApiKeys keys = options.apiKeys().map(ApiKeys::read).orElseGet(ApiKeys::none);
        if (!loopback && !keys.required() && !options.insecure()) {
            throw new ServeException("others can reach " + options.host() + ": name a file of API keys (--api-keys), or"
                    + " say that everybody may use the server (--insecure)");
        }
        models = new Models(served);
        connections = new Connections(new Connections.Limits(
                options.idleTimeout(), options.headTimeout(), options.bodyTimeout(), options.writeTimeout()));
        long heap = Runtime.getRuntime().maxMemory();
        constraints = new Constraints(Math.min(MAX_CONSTRAINT_BYTES, heap / 8), MOST_TIME_FOR_A_SCHEMA);
        Telemetry telemetry = new Telemetry(models, this::count);
        Router router = new Router(gate(), keys, telemetry, activity, options);
        addRoutes(router, telemetry);
        try {
            web = listen(router);
        } catch (RuntimeException | Error e) {
            connections.close();
            constraints.close();
            throw e;
        }
        LOG.log(System.Logger.Level.INFO, "listening address=" + options.host() + " port=" + web.port());
    }

    /**
     * Starts to listen.
     *
     * @throws ServeException if the options do not go together, or the port is not free
     * @throws JemmaException if an adapter cannot be read
     */
    public static Server start(List<ServedModel> models, ServeOptions options) {
        return new Server(models, options);
    }

    private double count(String what) {
        return switch (what) {
            case "connections" -> connections.size();
            case "constraints_in_use" -> constraints.inUse();
            default -> activity.active();
        };
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ServeException("there is no address " + host + " to listen on", e);
        }
    }

    private Gate gate() {
        Set<String> hosts = new HashSet<>(Gate.LOOPBACK);
        String own = options.host().toLowerCase(Locale.ROOT);
        hosts.add(own.contains(":") ? "[" + own + "]" : own);
        options.allowedHosts().forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        Set<String> origins = new HashSet<>();
        options.allowedOrigins().forEach(origin -> origins.add(origin.toLowerCase(Locale.ROOT)));
        return new Gate(Set.copyOf(hosts), Set.copyOf(origins));
    }

    private void addRoutes(Router router, Telemetry telemetry) {
        Queues queues = new Queues(options.maxQueue());
        Forms forms = new Forms(constraints, options.requestTimeout());
        Generating generating = new Generating(models, queues, options, forms, telemetry, activity::running);
        Embedding embedding = new Embedding(models, queues, options);
        Tokenizing tokenizing = new Tokenizing(models, options);
        byte[] openApi = openApi();
        router.add("/health", get(true, x -> x.json(200, Wire.object().put("status", "ok"))));
        router.add("/ready", get(true, this::ready));
        router.add("/metrics", get(false, x -> x.send(200, "text/plain; version=0.0.4", telemetry.text())));
        router.add("/openapi.json", get(false, x -> x.send(200, "application/json", openApi)));
        router.add("/v1/models", get(false, this::list));
        router.addBelow("/v1/models/", get(false, this::describe));
        router.add("/v1/adapters/reload", post(this::reload));
        router.add("/v1/chat/completions", post(generating::chat));
        router.add("/v1/completions", post(generating::complete));
        router.add("/v1/embeddings", post(embedding::embed));
        router.add("/tokenize", post(tokenizing::tokenize));
        router.add("/detokenize", post(tokenizing::detokenize));
        Page.read().addTo(router);
    }

    private static Router.Route get(boolean open, Router.Action action) {
        return new Router.Route("GET", open ? Router.Access.PROBE : Router.Access.CALLER, false, action);
    }

    private static Router.Route post(Router.Action action) {
        return new Router.Route("POST", Router.Access.CALLER, true, action);
    }

    private static byte[] openApi() {
        try (InputStream in = Objects.requireNonNull(Server.class.getResourceAsStream("openapi.json"))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void ready(Exchange exchange) {
        boolean stopping = activity.stopping();
        exchange.json(stopping ? 503 : 200, Wire.object().put("status", stopping ? "stopping" : "ready"));
    }

    private void list(Exchange exchange) {
        ArrayNode data = Wire.object().arrayNode();
        models.choices().forEach(choice -> data.add(ModelFacts.of(choice)));
        exchange.json(200, Answers.list(data));
    }

    private void describe(Exchange exchange) {
        String name = exchange.path().substring("/v1/models/".length());
        exchange.json(200, ModelFacts.of(models.choose(Optional.of(name))));
    }

    private void reload(Exchange exchange) {
        try {
            reloadAdapters();
        } catch (JemmaException e) {
            throw ApiException.invalid("", "the adapters stay as they were: " + e.getMessage());
        }
        list(exchange);
    }

    private WebServer listen(Router router) {
        Http1Config http = Http1Config.builder()
                .maxHeadersSize(MAX_HEAD_BYTES)
                .maxPrologueLength(MAX_LINE_BYTES)
                .build();
        DirectHandlers.Builder direct = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            direct.addHandler(type, (request, event, status, headers, message) -> {
                // Whatever goes wrong behind the router is answered there: this is what could not be read as HTTP.
                int code = event == DirectHandler.EventType.INTERNAL_ERROR ? 400 : status.code();
                boolean encoded = code == 400 && request.headers().contains(HeaderNames.CONTENT_ENCODING);
                ApiException error = DirectErrors.of(code, options.maxBodyBytes(), encoded);
                Client.current().leavesUnread();
                return DirectHandler.TransportResponse.builder()
                        .status(Status.create(code))
                        .headers(headers)
                        .header(HeaderNames.CONTENT_TYPE, "application/json")
                        .keepAlive(false)
                        .entity(Wire.bytes(error.body()))
                        .build();
            });
        }
        // The watchman of connections keeps the time; the socket's own limit is only the last resort.
        Duration socket = options.requestTimeout().plus(options.idleTimeout()).plusMinutes(1);
        WebServerConfig.Builder config = WebServer.builder()
                .host(options.host())
                .port(options.port())
                .useNio(false) // its TLS sockets are read and written at once
                .maxTcpConnections(options.maxConnections())
                .maxPayloadSize((long) options.maxBodyBytes() + MAX_DRAIN_BYTES)
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofMillis(100))
                .idleConnectionTimeout(socket)
                .connectionOptions(o -> o.readTimeout(socket).tcpNoDelay(true))
                .protocolsDiscoverServices(false)
                .addConnectionSelector(new WatchedSelector(
                        Http1ConnectionSelector.builder().config(http).build(), connections))
                .directHandlers(direct.build())
                .routing(HttpRouting.builder().any(router));
        options.tls().ifPresent(t -> config.tls(TlsFiles.read(t.certificates(), t.key())));
        try {
            return config.build().start();
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new ServeException(
                    "cannot listen on " + options.host() + " port " + options.port() + ": it may be in use", e);
        }
    }

    /** What its answers must look like. */
    Constraints constraints() {
        return constraints;
    }

    /** The port that it listens on. */
    public int port() {
        return web.port();
    }

    /** The address that it listens on, as clients write it. */
    public String url() {
        String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
        return (options.tls().isPresent() ? "https://" : "http://") + host + ":" + port();
    }

    /**
     * Reads all adapters again, from the folders that were named at the start.
     *
     * @throws JemmaException if one cannot be read: then all stay as they were
     */
    public void reloadAdapters() {
        models.reload();
    }

    /** Takes no new work, waits for what runs as long as the options say, cuts the rest, and stops to listen. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        LOG.log(System.Logger.Level.INFO, "stopping active=" + activity.active());
        activity.stop();
        if (!activity.drained(options.drainTimeout())) {
            activity.cut();
            activity.drained(Duration.ofSeconds(5));
        }
        connections.close();
        constraints.close();
        web.stop();
        LOG.log(System.Logger.Level.INFO, "stopped");
    }
}
