package dev.jemma.eval.report;

import dev.jemma.eval.Figure;
import dev.jemma.eval.Group;
import dev.jemma.eval.metric.Metric;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The upper part of {@code report.html}: charts as in the Gemma paper's figure 1, then every figure. The tasks of a group
 * are folded away below the group.
 */
final class FigureSection {
    /** The capabilities of the paper's figure. */
    private static final List<String> CAPABILITIES =
            List.of("Question answering", "Reasoning", "Math/Science", "Coding");

    private static final int CARD = Published.MODELS.size() - 1;

    private final Map<String, Measured> measured;
    private final Map<String, List<Measured>> folded = new LinkedHashMap<>();
    private final List<Measured> open = new ArrayList<>();
    private final boolean card;

    /**
     * The section of a run.
     *
     * @param card whether the model is that of the published card
     */
    FigureSection(Map<String, Measured> measured, Map<String, Group> groups, boolean card) {
        this.measured = new LinkedHashMap<>(measured);
        this.card = card;
        Set<String> inner = new LinkedHashSet<>();
        for (Measured one : measured.values()) {
            Optional.ofNullable(groups.get(one.name()))
                    .filter(_ -> one.isGroup())
                    .ifPresent(group -> inner.addAll(below(group, groups)));
        }
        for (Measured one : measured.values()) {
            if (!inner.contains(one.name())) {
                open.add(one);
                if (one.isGroup()) {
                    folded.put(one.name(), members(Optional.ofNullable(groups.get(one.name())), groups));
                }
            }
        }
    }

    /** Names of everything in a group: its inner groups, then the tasks. */
    private static Set<String> below(Group group, Map<String, Group> groups) {
        Set<String> names = new LinkedHashSet<>();
        group.members().stream().filter(groups::containsKey).forEach(names::add);
        names.addAll(group.tasks(groups));
        return names;
    }

    private List<Measured> members(Optional<Group> group, Map<String, Group> groups) {
        return group.stream()
                .flatMap(g -> below(g, groups).stream())
                .flatMap(name -> Optional.ofNullable(measured.get(name)).stream())
                .toList();
    }

    void charts(Writer out) throws IOException {
        List<PaperTable.Line> lines = PaperTable.lines(measured);
        String means = CapabilityChart.of(lines, CAPABILITIES);
        if (!means.isEmpty()) {
            out.write(means + "<p>Means over the benchmarks that were run, per cent, beside the same means of published"
                    + " figures; the whisker is a 95&#160;% interval over items.</p>");
        }
        Map<String, List<BarChart.Bar>> byGroup = new LinkedHashMap<>();
        CAPABILITIES.forEach(name -> byGroup.put(name, new ArrayList<>()));
        boolean ticks = false;
        for (PaperTable.Line line : lines) {
            OptionalDouble published = card ? line.published().value(CARD) : OptionalDouble.empty();
            if (line.figure().isPresent()) {
                ticks |= published.isPresent();
                BarChart.Bar bar =
                        new BarChart.Bar(line.published().label(), line.figure().get(), published.orElse(Double.NaN));
                byGroup.computeIfAbsent(line.published().group(), _ -> new ArrayList<>())
                        .add(bar);
            }
        }
        List<Measured> others =
                open.stream().filter(one -> Published.of(one.name()).isEmpty()).toList();
        byGroup.put("Other tasks", bars(others, ""));
        out.write("<div class=\"charts\">");
        for (Map.Entry<String, List<BarChart.Bar>> group : byGroup.entrySet()) {
            if (!group.getValue().isEmpty()) {
                out.write(BarChart.of(group.getKey(), group.getValue()));
            }
        }
        out.write("</div><p>Per cent; whiskers are 95&#160;% intervals over items."
                + (ticks ? " Ticks are the figures of the model's card, whose shots may differ." : "") + "</p>");
        for (Map.Entry<String, List<Measured>> group : folded.entrySet()) {
            List<BarChart.Bar> bars = bars(group.getValue(), group.getKey() + "_");
            if (!bars.isEmpty()) {
                out.write("<details><summary>" + Page.text(title(group)) + "</summary>"
                        + BarChart.of(group.getKey(), bars) + "</details>");
            }
        }
    }

    private static String title(Map.Entry<String, List<Measured>> group) {
        long tasks = group.getValue().stream().filter(one -> !one.isGroup()).count();
        return group.getKey() + ": its " + tasks + " tasks";
    }

    /** Their first means. The name of the group need not stand before each of its tasks. */
    private static List<BarChart.Bar> bars(List<Measured> all, String prefix) {
        List<BarChart.Bar> bars = new ArrayList<>();
        for (Measured one : all) {
            String label = one.name().startsWith(prefix) ? one.name().substring(prefix.length()) : one.name();
            one.figures().entrySet().stream()
                    .filter(entry -> entry.getKey().kind() == Metric.Kind.MEAN)
                    .findFirst()
                    .ifPresent(entry -> bars.add(new BarChart.Bar(label, entry.getValue(), Double.NaN)));
        }
        return bars;
    }

    void tables(Writer out) throws IOException {
        out.write("<h2>Figures</h2>");
        table(out, open);
        for (Map.Entry<String, List<Measured>> group : folded.entrySet()) {
            out.write("<details><summary>" + Page.text(title(group)) + "</summary>");
            table(out, group.getValue());
            out.write("</details>");
        }
    }

    private static void table(Writer out, List<Measured> rows) throws IOException {
        out.write("<table><tr><th>task</th><th>shots</th><th>items</th><th>metric</th><th>value</th>"
                + "<th>± error</th></tr>");
        for (Measured one : rows) {
            for (Map.Entry<Metric, Figure> entry : one.figures().entrySet()) {
                Figure figure = entry.getValue();
                out.write("<tr><td>" + Page.text(one.name()) + "</td><td>" + Page.text(one.shots()) + "</td><td>"
                        + one.items() + "</td><td>" + Page.text(entry.getKey().key()) + "</td><td class=\"number\">"
                        + number(figure.value()) + "</td><td class=\"number\">" + number(figure.error())
                        + "</td></tr>");
            }
        }
        out.write("</table>");
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.4f", value);
    }
}
