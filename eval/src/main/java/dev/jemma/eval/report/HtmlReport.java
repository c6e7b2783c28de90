package dev.jemma.eval.report;

import dev.jemma.eval.Answer;
import dev.jemma.eval.Group;
import dev.jemma.eval.Item;
import dev.jemma.eval.ItemResult;
import dev.jemma.eval.Request;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * {@code report.html}: bars as in the Gemma paper's figure 1, the table, and every item with prompt, choices and answer,
 * to be searched and filtered. One file that needs nothing else and asks nobody. Text of data and models is shown, never
 * obeyed: the page is made of escaped text, items are JSON that its script puts in as text, and a policy in its head
 * allows that one script, no address and no other.
 */
public final class HtmlReport {
    /** Characters of a prompt that are shown: its end, where the question is. */
    private static final int MOST_PROMPT = 2000;

    private static final int MOST_ANSWER = 4000;

    private static final JsonMapper JSON = new JsonMapper();

    private HtmlReport() {}

    /** Writes the page. */
    public static void write(Writer out, List<TaskResult> results, Map<String, Group> groups, RunFacts facts)
            throws IOException {
        String script = resource("report.js");
        out.write("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        out.write("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src"
                + " 'unsafe-inline'; script-src 'sha256-" + sha256(script) + "'\">");
        out.write("<title>" + Page.text("Evaluation of " + facts.model()) + "</title><style>");
        out.write(resource("report.css"));
        out.write("</style></head><body><h1>" + Page.text("Evaluation of " + facts.model()) + "</h1>");
        boolean card = facts.model().toLowerCase(Locale.ROOT).contains("270m");
        FigureSection figures = new FigureSection(Measured.of(results, groups), groups, card);
        figures.charts(out);
        figures.tables(out);
        out.write("<h2>Items</h2><div id=\"controls\"><select id=\"task\"></select> <select id=\"show\">"
                + "<option value=\"wrong\">wrong answers</option><option value=\"right\">right answers</option>"
                + "<option value=\"all\">all</option></select> <input id=\"find\" type=\"search\" placeholder=\"search\">"
                + " <span id=\"count\"></span></div><div id=\"items\"></div><button id=\"more\">more</button>"
                + "<noscript>Items are shown by a script.</noscript>");
        out.write("<script id=\"data\" type=\"application/json\">[");
        for (int i = 0; i < results.size(); i++) {
            out.write(i == 0 ? "" : ",");
            items(out, results.get(i));
        }
        out.write("]</script><script>" + script + "</script></body></html>\n");
    }

    /** A task as {@code {"task": …, "items": [[id, right, prompt, [[choice, figure]…], taken, gold], …]}}. */
    private static void items(Writer out, TaskResult result) throws IOException {
        out.write("{\"task\":" + Page.json(JSON.writeValueAsString(result.task().name())) + ",\"items\":[");
        Optional<Metric> first = result.figures().keySet().stream()
                .filter(metric -> metric.kind() == Metric.Kind.MEAN)
                .findFirst();
        boolean comma = false;
        for (ItemResult item : result.items()) {
            out.write(comma ? ",\n" : "\n");
            comma = true;
            out.write(Page.json(JSON.writeValueAsString(item(item, first))));
        }
        out.write("]}");
    }

    private static ArrayNode item(ItemResult result, Optional<Metric> metric) {
        ArrayNode node = JSON.createArrayNode().add(result.item().id());
        Optional<Double> mark =
                metric.flatMap(m -> Optional.ofNullable(result.values().get(m)));
        mark.ifPresentOrElse(value -> node.add(value >= 0.5 ? 1 : 0), () -> node.add(-1)); // −1: nothing says which
        node.add(prompt(result.item()));
        ArrayNode answers = node.addArray();
        List<String> names = names(result.item());
        for (int i = 0; i < result.answers().size(); i++) {
            ArrayNode answer = answers.addArray();
            switch (result.answers().get(i)) {
                case Answer.Likelihood(double sum, boolean _) ->
                    answer.add(i < names.size() ? names.get(i) : "").add(String.format(Locale.ROOT, "%.3f", sum));
                case Answer.Rolled(double sum, long tokens) ->
                    answer.add(tokens + " tokens").add(String.format(Locale.ROOT, "%.3f", sum));
                case Answer.Text(String text) -> answer.add(beginning(text)).add("");
            }
        }
        node.add(result.prediction());
        return node.add(beginning(String.join(" | ", result.gold())));
    }

    private static List<String> names(Item item) {
        if (!item.choices().isEmpty()) {
            return item.choices();
        }
        List<String> names = new ArrayList<>(); // several contexts, one ending: they differ at their ends
        for (Request request : item.requests()) {
            if (request instanceof Request.LogLikelihood likelihood) {
                names.add(ending(likelihood.prompt().shown(), 120) + likelihood.continuation());
            }
        }
        return names;
    }

    private static String prompt(Item item) {
        return switch (item.requests().isEmpty()
                ? new Request.Rolling("", 1)
                : item.requests().getFirst()) {
            case Request.LogLikelihood likelihood -> ending(likelihood.prompt().shown(), MOST_PROMPT);
            case Request.Generate generate -> ending(generate.prompt().shown(), MOST_PROMPT);
            case Request.Rolling rolling -> beginning(rolling.text());
        };
    }

    private static String ending(String text, int most) {
        int from = text.length() - most;
        if (from <= 0) {
            return text;
        }
        return "…" + text.substring(Character.isLowSurrogate(text.charAt(from)) ? from + 1 : from);
    }

    private static String beginning(String text) {
        if (text.length() <= MOST_ANSWER) {
            return text;
        }
        int end = Character.isLowSurrogate(text.charAt(MOST_ANSWER)) ? MOST_ANSWER - 1 : MOST_ANSWER;
        return text.substring(0, end) + "…";
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(HtmlReport.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(String text) {
        return java.util.Base64.getEncoder().encodeToString(RunFiles.sha256(text));
    }
}
