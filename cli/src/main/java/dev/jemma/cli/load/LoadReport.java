package dev.jemma.cli.load;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The figures of a run. Rates and times are of answers that came to their end; what failed is counted beside them.
 *
 * @param load how it was asked, in words
 * @param seconds from the start to the end of the last answer
 * @param answered requests whose answer came to its end
 * @param unfinished requests that were under way when the run was stopped
 * @param toFirst from the request to the first piece of its answer
 * @param between between two pieces of an answer, which are a token each where the server does not join some
 * @param whole from the request to the end
 * @param goodput what came in time, if a deadline was given
 * @param errors how often what went wrong
 * @param details one failure of each kind, as the server put it
 */
public record LoadReport(
        String url,
        Optional<String> model,
        String load,
        long seed,
        double seconds,
        int answered,
        int unfinished,
        long promptTokens,
        long answerTokens,
        double requestsPerSecond,
        double answerTokensPerSecond,
        Optional<Quantiles> toFirst,
        Optional<Quantiles> between,
        Optional<Quantiles> whole,
        Optional<Goodput> goodput,
        Map<String, Integer> errors,
        List<String> details) {
    /**
     * What came in time.
     *
     * @param deadlineSeconds for a whole answer, from its request on
     * @param share of all requests, failed ones too
     */
    public record Goodput(double deadlineSeconds, int requests, double requestsPerSecond, double share) {}

    /** The figures of what was heard. */
    static LoadReport of(
            String url,
            Optional<String> model,
            String load,
            long seed,
            OptionalDouble deadlineSeconds,
            LoadResult result) {
        List<Heard> all = result.heard();
        List<Heard> answered = all.stream().filter(Heard::whole).toList();
        double seconds = all.stream().mapToLong(Heard::endNanos).max().orElse(0) / 1e9;
        long tokens = answered.stream().mapToLong(Heard::answerTokens).sum();
        Map<String, Integer> errors = new TreeMap<>();
        all.forEach(h -> h.error().ifPresent(kind -> errors.merge(kind, 1, Integer::sum)));
        Optional<Goodput> goodput = Optional.empty();
        if (deadlineSeconds.isPresent()) {
            double deadline = deadlineSeconds.getAsDouble();
            int inTime =
                    (int) answered.stream().filter(h -> h.seconds() <= deadline).count();
            goodput = Optional.of(
                    new Goodput(deadline, inTime, rate(inTime, seconds), (double) inTime / Math.max(1, all.size())));
        }
        return new LoadReport(
                url,
                model,
                load,
                seed,
                seconds,
                answered.size(),
                result.unfinished(),
                answered.stream().mapToLong(Heard::promptTokens).sum(),
                tokens,
                rate(answered.size(), seconds),
                rate(tokens, seconds),
                Quantiles.of(answered.stream()
                        .filter(h -> h.pieceNanos().length > 0)
                        .mapToDouble(Heard::secondsToFirst)
                        .toArray()),
                Quantiles.of(answered.stream()
                        .flatMapToDouble(h -> Arrays.stream(h.gaps()))
                        .toArray()),
                Quantiles.of(answered.stream().mapToDouble(Heard::seconds).toArray()),
                goodput,
                errors,
                result.details().stream().map(LoadReport::oneLine).sorted().toList());
    }

    private static double rate(double count, double seconds) {
        return seconds > 0 ? count / seconds : 0;
    }

    /** Markdown tables and a line for what else there is. */
    public String text() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s%s, %s%n%n| answered | seconds | requests/s | answer tokens/s | prompt tokens | answer tokens |%n"
                        + "|---:|---:|---:|---:|---:|---:|%n| %d | %.1f | %.2f | %.1f | %d | %d |%n",
                url,
                model.map(name -> " " + name).orElse(""),
                load,
                answered,
                seconds,
                requestsPerSecond,
                answerTokensPerSecond,
                promptTokens,
                answerTokens));
        if (whole.isPresent()) {
            text.append(String.format(
                    "%n| milliseconds | mean | p50 | p95 | p99 | most |%n|---|---:|---:|---:|---:|---:|%n"));
        }
        toFirst.ifPresent(q -> row(text, "to the first token", q));
        between.ifPresent(q -> row(text, "between tokens", q));
        whole.ifPresent(q -> row(text, "whole answers", q));
        goodput.ifPresent(g -> text.append(String.format(
                Locale.ROOT,
                "%nWithin %.1f s: %d requests (%.0f %% of all), %.2f a second.%n",
                g.deadlineSeconds(),
                g.requests(),
                100 * g.share(),
                g.requestsPerSecond())));
        if (unfinished > 0) {
            text.append(String.format("%nStopped with %d requests under way.%n", unfinished));
        }
        if (!errors.isEmpty()) {
            text.append(errors.entrySet().stream()
                    .map(e -> e.getKey() + " " + e.getValue() + " times")
                    .collect(Collectors.joining(", ", String.format("%nErrors: "), String.format(".%n"))));
            details.forEach(detail -> text.append(String.format("  %s%n", detail)));
        }
        return text.toString();
    }

    /** What a server wrote, without anything that a terminal obeys. */
    private static String oneLine(String detail) {
        String plain = detail.replaceAll("\\p{Cntrl}+", " ").strip();
        return plain.length() > 300 ? plain.substring(0, 300) + "…" : plain;
    }

    private static void row(StringBuilder text, String name, Quantiles q) {
        text.append(String.format(
                Locale.ROOT,
                "| %s | %.1f | %.1f | %.1f | %.1f | %.1f |%n",
                name,
                1e3 * q.mean(),
                1e3 * q.p50(),
                1e3 * q.p95(),
                1e3 * q.p99(),
                1e3 * q.max()));
    }
}
