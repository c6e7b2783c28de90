package dev.jemma.cli.report;

import dev.jemma.JemmaException;
import dev.jemma.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The report of a run, read from what is in its folder: curves of {@code metrics.jsonl}, the samples, and the answers
 * before and after of {@code result.json}. {@code report.html} needs nothing but itself; {@code report.png} is the curves
 * as a picture.
 */
public final class RunReport {
    private final Path run;
    private final Metrics metrics;

    private RunReport(Path run, Metrics metrics) {
        this.run = run;
        this.metrics = metrics;
    }

    /**
     * Reads a run's folder.
     *
     * @throws JemmaException if the metrics cannot be read
     */
    public static RunReport read(Path run) {
        return new RunReport(run, Metrics.read(run.resolve("metrics.jsonl")));
    }

    /**
     * Writes {@code report.html}.
     *
     * @return where it is
     */
    public Path writeHtml() {
        Path file = run.resolve("report.html");
        try {
            Files.writeString(file, page(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be written: " + e.getMessage(), e);
        }
        return file;
    }

    /**
     * Writes {@code report.png}.
     *
     * @return where it is
     */
    public Path writePng() {
        return PngCharts.write(run.resolve("report.png"), "step", charts());
    }

    private List<Chart> charts() {
        return List.of(
                new Chart("Loss", List.of(metrics.loss(), metrics.heldOut())),
                new Chart("Learning rate", List.of(metrics.rate())),
                new Chart("Gradient norm, before clipping", List.of(metrics.norm())),
                new Chart("Tokens a second", List.of(metrics.speed())));
    }

    private String page() throws IOException {
        StringBuilder html = new StringBuilder();
        html.append(Html.head("Run " + run.toAbsolutePath().normalize().getFileName()));
        Optional<Json> result = Files.exists(run.resolve("result.json"))
                ? Optional.of(Json.read(run.resolve("result.json")))
                : Optional.empty();
        result.ifPresent(json -> losses(json, html));
        html.append("<div class=\"charts\">");
        charts().forEach(chart -> html.append(SvgChart.of(chart)));
        html.append("</div>");
        result.ifPresent(json -> answers(json, html));
        samples(html);
        Path config = run.resolve("config.yaml");
        if (Files.exists(config)) {
            html.append("<h2>What ran</h2><pre>")
                    .append(Html.text(Files.readString(config)))
                    .append("</pre>");
        }
        return html.append("</body></html>\n").toString();
    }

    private static void losses(Json json, StringBuilder html) {
        json.real("held_out_loss_before").ifPresent(before -> {
            html.append(String.format(
                    Locale.ROOT, "<p>Held-out loss %.4f (perplexity %,.2f) before the run", before, Math.exp(before)));
            json.real("held_out_loss_after")
                    .ifPresent(after -> html.append(
                            String.format(Locale.ROOT, ", %.4f (perplexity %,.2f) after it", after, Math.exp(after))));
            html.append(".</p>");
        });
    }

    private static void answers(Json json, StringBuilder html) {
        List<Json> prompts = json.get("prompts").items();
        List<Json> before = json.get("answers_before").items();
        List<Json> after = json.find("answers_after").map(Json::items).orElse(List.of());
        html.append("<h2>Before and after</h2><table><tr><th>prompt</th><th>before</th><th>after</th></tr>");
        for (int i = 0; i < prompts.size(); i++) {
            html.append("<tr><td>").append(cell(prompts, i));
            html.append("</td><td>").append(cell(before, i));
            html.append("</td><td>").append(cell(after, i)).append("</td></tr>");
        }
        html.append("</table>");
    }

    private static String cell(List<Json> texts, int index) {
        return index < texts.size() ? Html.text(texts.get(index).asString()) : "–";
    }

    private void samples(StringBuilder html) throws IOException {
        List<Path> files = new ArrayList<>();
        Path folder = run.resolve("samples");
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                entries.filter(p -> p.getFileName().toString().endsWith(".txt"))
                        .sorted()
                        .forEach(files::add);
            }
        }
        if (!files.isEmpty()) {
            html.append("<h2>Samples</h2>");
        }
        for (Path file : files) {
            html.append("<details><summary>")
                    .append(Html.text(file.getFileName().toString().replace(".txt", "")))
                    .append("</summary><pre>")
                    .append(Html.text(Files.readString(file)))
                    .append("</pre></details>");
        }
    }
}
