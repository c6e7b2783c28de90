package dev.jemma.serve;

import dev.jemma.infer.EngineStats;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** What {@code /metrics} tells: counts of requests and tokens, times, and what the engines hold right now. */
final class Telemetry {
    private static final double[] SECONDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter requests = Counter.builder()
            .name("jemma_requests_total")
            .help("Requests that were answered, by path and status")
            .labelNames("path", "status")
            .register(registry);
    private final Counter dropped = Counter.builder()
            .name("jemma_clients_gone_total")
            .help("Requests whose client went away or did not read its answer")
            .register(registry);
    private final Histogram duration = Histogram.builder()
            .name("jemma_request_seconds")
            .help("Time from a request's head to the end of its answer")
            .labelNames("path")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);
    private final Histogram firstToken = Histogram.builder()
            .name("jemma_time_to_first_token_seconds")
            .help("Time from a request to its first token")
            .labelNames("model")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);

    Telemetry(Models models, ToDoubleFunction<String> server) {
        own("active_requests", "Requests that are being worked on", server);
        own("connections", "Open connections", server);
        own("constraints_in_use", "Requests whose answers are held to a schema, a pattern or calls", server);
        GaugeWithCallback.builder()
                .name("jemma_requests_waiting")
                .help("Requests that wait for a model")
                .labelNames("model")
                .callback(out ->
                        models.all().forEach(e -> out.call(e.model().engine().waiting(), e.name())))
                .register(registry);
        gauge(models, "sequences_running", "Sequences that run", EngineStats::sequences);
        gauge(models, "kv_blocks_held", "Blocks of keys and values that sequences hold", EngineStats::blocksHeld);
        gauge(models, "kv_blocks_cached", "Blocks of tokens in the prefix cache", EngineStats::blocksCached);
        gauge(
                models,
                "kv_bytes_used",
                "Bytes of keys and values in use, cached ones included",
                EngineStats::kvBytesUsed);
        gauge(models, "kv_bytes_budget", "Bytes that keys and values may take", EngineStats::kvBudgetBytes);
        counter(models, "prompt_tokens", "Prompt tokens computed", EngineStats::promptTokens);
        counter(models, "cached_tokens", "Prompt tokens taken from the prefix cache", EngineStats::cachedTokens);
        counter(models, "generated_tokens", "Tokens generated", EngineStats::generatedTokens);
        counter(models, "preemptions", "Requests that gave their memory back to go on later", EngineStats::preemptions);
        counter(models, "steps", "Forward passes", EngineStats::steps);
    }

    private void own(String name, String help, ToDoubleFunction<String> server) {
        GaugeWithCallback.builder()
                .name("jemma_" + name)
                .help(help)
                .callback(out -> out.call(server.applyAsDouble(name)))
                .register(registry);
    }

    private void gauge(Models models, String name, String help, ToLongFunction<EngineStats> value) {
        GaugeWithCallback.builder()
                .name("jemma_" + name)
                .help(help)
                .labelNames("model")
                .callback(out -> models.all()
                        .forEach(e ->
                                out.call(value.applyAsLong(e.model().engine().stats()), e.name())))
                .register(registry);
    }

    private void counter(Models models, String name, String help, ToLongFunction<EngineStats> value) {
        CounterWithCallback.builder()
                .name("jemma_" + name + "_total")
                .help(help)
                .labelNames("model")
                .callback(out -> models.all()
                        .forEach(e ->
                                out.call(value.applyAsLong(e.model().engine().stats()), e.name())))
                .register(registry);
    }

    /** A request is done. */
    void answered(String path, int status, double seconds) {
        requests.labelValues(path, Integer.toString(status)).inc();
        duration.labelValues(path).observe(seconds);
    }

    /** A client went away or was dropped. */
    void gone() {
        dropped.inc();
    }

    /** A request got its first token. */
    void firstToken(String model, double seconds) {
        firstToken.labelValues(model).observe(seconds);
    }

    /** Everything, in Prometheus's text format. */
    byte[] text() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
