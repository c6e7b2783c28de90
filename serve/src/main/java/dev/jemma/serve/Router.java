package dev.jemma.serve;

import dev.jemma.JemmaException;
import dev.jemma.infer.CacheScope;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.transport.ApiKeys;
import dev.jemma.serve.transport.Client;
import dev.jemma.serve.transport.Gate;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where every request comes in: checks who speaks, finds the route, turns whatever goes wrong into an answer, and leaves a
 * line in the log.
 */
final class Router implements Handler {
    private static final System.Logger LOG = System.getLogger("dev.jemma.serve");

    /** What answers a request. */
    @FunctionalInterface
    interface Action {
        void run(Exchange exchange) throws InterruptedException;
    }

    /** Who may ask for a route. */
    enum Access {
        /** Anybody by any name: probes call by address, and learn nothing. */
        PROBE(false, false),
        /** Without a key, but by a name of ours only: files of the page, which are the same for all and hold no data. */
        PAGE(true, false),
        /** With a key, where there are keys. */
        CALLER(true, true);

        private final boolean gated;
        private final boolean keyed;

        Access(boolean gated, boolean keyed) {
            this.gated = gated;
            this.keyed = keyed;
        }
    }

    /**
     * A route.
     *
     * @param method the one it takes; GET stands for HEAD, too
     * @param access who may ask
     * @param works whether it takes the server's time, and so is refused while the server stops
     */
    record Route(String method, Access access, boolean works, Action action) {}

    private final Map<String, Route> routes = new TreeMap<>();
    private final Map<String, Route> below = new TreeMap<>();
    private final Gate gate;
    private final ApiKeys keys;
    private final Telemetry telemetry;
    private final Activity activity;
    private final boolean sharePrefixes;
    private final BodyBudget bodies;

    Router(Gate gate, ApiKeys keys, Telemetry telemetry, Activity activity, ServeOptions options) {
        this.gate = gate;
        this.keys = keys;
        this.telemetry = telemetry;
        this.activity = activity;
        sharePrefixes = options.sharePrefixes();
        bodies = new BodyBudget(options.maxBodyBytes());
    }

    /** A route for all paths that begin so and have no further slash. */
    void addBelow(String start, Route route) {
        below.put(start, route);
    }

    /** A route and the path that it was added with. */
    private record Found(String path, Route route) {}

    private Optional<Found> find(String path) {
        Route exact = routes.get(path);
        if (exact != null) {
            return Optional.of(new Found(path, exact));
        }
        String start = path.substring(0, path.lastIndexOf('/') + 1);
        Route route = start.length() < path.length() ? below.get(start) : null;
        return route == null ? Optional.empty() : Optional.of(new Found(start, route));
    }

    void add(String path, Route route) {
        if (routes.put(path, route) != null) {
            throw new IllegalArgumentException("two routes for " + path);
        }
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Client client = Client.current();
        String id = String.format("%016x", ThreadLocalRandom.current().nextLong());
        Exchange exchange = new Exchange(request, response, client, bodies, id);
        String path = request.path().rawPath();
        Optional<Found> found = find(path);
        String known = found.map(f -> f.route.access() == Access.PAGE ? Page.NAME : f.path)
                .orElse("other");
        String method = request.prologue().method().text();
        activity.enter();
        if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            client.last(); // the web server says so in its answer, but would go on to wait for the other side to close
        }
        try {
            answer(exchange, found.map(Found::route), method);
        } catch (Delivery.Gone e) {
            gone(exchange);
        } catch (UncheckedIOException | IllegalStateException e) {
            if (!client.isGone()) {
                failed(exchange, e);
            }
            gone(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            gone(exchange);
        } finally {
            exchange.close();
            client.done();
            telemetry.answered(known, exchange.status(), exchange.seconds());
            LOG.log(System.Logger.Level.INFO, () -> exchange.line(shown(method), known));
            activity.leave(); // a stop waits for the line in the log, too
        }
    }

    private static String shown(String method) {
        return method.matches("[A-Z]{1,10}") ? method : "other";
    }

    private void answer(Exchange exchange, Optional<Route> route, String method) throws InterruptedException {
        try {
            Access access = route.map(Route::access).orElse(Access.CALLER);
            Optional<String> origin = access.gated
                    ? gate.check(exchange.header(HeaderNames.HOST), exchange.header(HeaderNames.ORIGIN))
                    : Optional.empty();
            origin.ifPresent(o -> allow(exchange, o));
            if (origin.isPresent() && method.equals("OPTIONS")) {
                exchange.empty(204);
                return;
            }
            if (keys.required() && access.keyed) {
                String caller =
                        keys.caller(exchange.header(HeaderNames.AUTHORIZATION)).orElseThrow(ApiException::unauthorized);
                exchange.calledBy(caller, sharePrefixes ? CacheScope.COMMON : new CacheScope("key:" + caller));
            }
            Route found = route.orElseThrow(ApiException::noSuchPath);
            if (!found.method().equals(method)
                    && !(method.equals("HEAD") && found.method().equals("GET"))) {
                exchange.header("Allow", found.method().equals("GET") ? "GET, HEAD" : found.method());
                throw ApiException.wrongMethod(found.method());
            }
            if (found.works() && activity.stopping()) {
                throw ApiException.stopping();
            }
            found.action().run(exchange);
        } catch (ApiException e) {
            refuse(exchange, e);
        } catch (Delivery.Gone | UncheckedIOException | IllegalStateException e) {
            throw e;
        } catch (JemmaException e) {
            failed(exchange, e);
        } catch (RuntimeException e) {
            if (exchange.client().isGone()) {
                throw new Delivery.Gone();
            }
            failed(exchange, e);
        }
    }

    private static void allow(Exchange exchange, String origin) {
        exchange.header("Access-Control-Allow-Origin", origin);
        exchange.header("Vary", "Origin");
        exchange.header("Access-Control-Allow-Methods", "GET, POST");
        exchange.header("Access-Control-Allow-Headers", "Authorization, Content-Type");
    }

    private static void refuse(Exchange exchange, ApiException error) {
        if (exchange.begun()) {
            throw new Delivery.Gone(); // too late for an answer: the connection ends
        }
        exchange.skipBody();
        exchange.error(error);
    }

    private static void failed(Exchange exchange, RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, "request id=" + exchange.id() + " failed", e);
        if (!exchange.begun()) {
            exchange.error(ApiException.internal(exchange.id()));
        }
    }

    private void gone(Exchange exchange) {
        telemetry.gone();
        exchange.client().hangUp();
    }
}
