package dev.jemma.eval.report;

import dev.jemma.eval.Figure;
import dev.jemma.eval.Group;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The figures of a run in the layout of the Gemma paper's table 6, beside the published ones, and under it the same with
 * every metric ({@link ResultTable}). A Markdown file.
 */
public final class PaperTable {
    private static final String NOTHING = "–";

    private PaperTable() {}

    /** A line of the published table with what was measured. */
    record Line(Published published, Optional<Measured> measured) {
        Optional<Figure> figure() {
            return measured.flatMap(m -> m.figure(published.metric()));
        }
    }

    static List<Line> lines(Map<String, Measured> measured) {
        return Published.all().stream()
                .map(line -> new Line(line, Optional.ofNullable(measured.get(line.task()))))
                .toList();
    }

    /** The file's content. */
    public static String of(List<TaskResult> results, Map<String, Group> groups, RunFacts facts) {
        List<Line> lines = lines(Measured.of(results, groups));
        StringBuilder text = new StringBuilder();
        text.append("# ").append(Page.cell(facts.model())).append("\n\n");
        if (lines.stream().anyMatch(line -> line.figure().isPresent())) {
            paper(lines, text);
        }
        text.append("## All figures\n\n").append(ResultTable.of(results, groups));
        List<String> notes = results.stream()
                .flatMap(result ->
                        result.note().stream().map(note -> "- " + result.task().name() + ": " + Page.cell(note) + "\n"))
                .toList();
        if (!notes.isEmpty()) {
            text.append("\nExamples that are not those of the reference:\n\n");
            notes.forEach(text::append);
        }
        return text.toString();
    }

    private static void paper(List<Line> lines, StringBuilder text) {
        text.append("| Benchmark | setting | ");
        Published.MODELS.forEach(model -> text.append(model).append(" | "));
        text.append("this run | shots | n |\n|---|---|")
                .append("---:|".repeat(Published.MODELS.size() + 3))
                .append('\n');
        for (Line line : lines) {
            Published published = line.published();
            text.append("| ")
                    .append(published.label())
                    .append(" | ")
                    .append(published.setting())
                    .append(" |");
            for (int c = 0; c < Published.MODELS.size(); c++) {
                String cell = published.columns().get(c);
                boolean card = c == Published.MODELS.size() - 1 && !cell.isEmpty();
                text.append(' ')
                        .append(cell.isEmpty() ? NOTHING : cell.replace("*", "\\*"))
                        .append(card ? " (" + published.cardShots() + ")" : "")
                        .append(" |");
            }
            text.append(' ').append(line.figure().map(PaperTable::percent).orElse(NOTHING));
            text.append(" | ")
                    .append(line.figure()
                            .flatMap(_ -> line.measured())
                            .map(Measured::shots)
                            .orElse(""));
            text.append(" | ")
                    .append(line.figure()
                            .flatMap(_ -> line.measured())
                            .map(m -> String.format(Locale.ROOT, "%,d", m.items()))
                            .orElse(""))
                    .append(" |\n");
        }
        average(lines, text);
        text.append("""

                Per cent, with the standard error over items. Published: the Gemma paper (version 4), table 6; \\* run by \
                its authors; Gemma 3 270M by its model card, shots in brackets. "setting" is the paper's; "shots" and "n" \
                are those of this run: a figure compares with a published one only where they agree.

                """);
    }

    /** Means over the lines that were run, for each column that has all of them; the paper's average where all were. */
    private static void average(List<Line> lines, StringBuilder text) {
        List<Line> run =
                lines.stream().filter(line -> line.figure().isPresent()).toList();
        String label = run.size() == lines.size() ? "**Average**" : "**Average of " + run.size() + "**";
        text.append("| ").append(label).append(" | |");
        for (int c = 0; c < Published.MODELS.size(); c++) {
            int column = c;
            OptionalDouble mean = mean(
                    run.stream().map(line -> line.published().value(column)).toList());
            text.append(' ')
                    .append(mean.isPresent() ? String.format(Locale.ROOT, "%.1f", mean.getAsDouble()) : NOTHING)
                    .append(" |");
        }
        List<Figure> own = new ArrayList<>();
        run.forEach(line -> line.figure().ifPresent(own::add));
        double[] errors = own.stream().mapToDouble(Figure::error).toArray();
        double value = own.stream().mapToDouble(Figure::value).average().orElse(Double.NaN);
        text.append(' ')
                .append(percent(new Figure(value, Statistics.macroError(errors))))
                .append(" | | |\n");
    }

    private static OptionalDouble mean(List<OptionalDouble> values) {
        return values.stream().allMatch(OptionalDouble::isPresent)
                ? values.stream().mapToDouble(OptionalDouble::getAsDouble).average()
                : OptionalDouble.empty();
    }

    /** Value and standard error, as the table prints them. */
    static String percent(Figure figure) {
        String value = String.format(Locale.ROOT, "%.1f", 100 * figure.value());
        return Double.isNaN(figure.error())
                ? value
                : value + String.format(Locale.ROOT, " ± %.1f", 100 * figure.error());
    }
}
