package dev.jemma.eval.report;

import dev.jemma.eval.Figure;
import dev.jemma.eval.Group;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures as a table in Markdown: a line for each task and metric, then the groups. */
public final class ResultTable {
    private static final List<String> HEAD =
            List.of("task", "version", "filter", "shots", "items", "metric", "value", "± error");

    private ResultTable() {}

    /** The table, with a line break at the end. */
    public static String of(List<TaskResult> results, Map<String, Group> groups) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        for (TaskResult result : results) {
            List<String> head = List.of(result.task().name(), result.task().version());
            rows(head, String.valueOf(result.shots()), result.items().size(), result.figures(), rows);
            if (result.figures().isEmpty()) {
                rows.add(List.of(
                        result.task().name(),
                        result.task().version(),
                        "",
                        String.valueOf(result.shots()),
                        String.valueOf(result.items().size()),
                        "not marked",
                        "",
                        ""));
            }
        }
        for (GroupResults group : GroupResults.of(results, groups)) {
            rows(List.of("**" + group.group().name() + "**", ""), "", group.items(), group.figures(), rows);
        }
        return lines(rows);
    }

    private static void rows(
            List<String> head, String shots, int items, Map<Metric, Figure> figures, List<List<String>> rows) {
        figures.forEach((metric, figure) -> rows.add(List.of(
                head.get(0),
                head.get(1),
                metric.filter(),
                shots,
                String.valueOf(items),
                metric.name(),
                number(figure.value()),
                number(figure.error()))));
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.4f", value);
    }

    private static String lines(List<List<String>> rows) {
        int[] widths = new int[HEAD.size()];
        for (List<String> row : rows) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < widths.length; c++) {
                String cell = rows.get(r).get(c);
                String space = " ".repeat(widths[c] - cell.length());
                text.append("| ")
                        .append(isNumber(c) ? space + cell : cell + space)
                        .append(' ');
            }
            text.append("|\n");
            if (r == 0) {
                for (int c = 0; c < widths.length; c++) {
                    text.append('|').append("-".repeat(widths[c] + 1)).append(isNumber(c) ? ':' : '-');
                }
                text.append("|\n");
            }
        }
        return text.toString();
    }

    private static boolean isNumber(int column) {
        return column == 3 || column == 4 || column >= 6;
    }
}
