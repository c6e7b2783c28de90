package dev.jemma.eval.report;

import dev.jemma.eval.Figure;
import dev.jemma.eval.metric.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The Gemma paper's figure 1 with this run in it, as inline SVG: for each capability the mean over its benchmarks, a
 * standing bar for each published model and one, with its 95 % interval, for this run. Every bar is the mean over the
 * same benchmarks: those that were run.
 */
final class CapabilityChart {
    private static final int WIDTH = 1080;
    private static final int LEFT = 40;
    private static final int TOP = 34;
    private static final int PLOT = 220;
    private static final int BAR = 30;
    private static final int GAP = 4;
    private static final double CONFIDENCE_95 = 1.96;

    /** Columns of the published table that are drawn: those of the figure, and the smaller Gemma. */
    private static final List<Integer> COLUMNS = List.of(0, 1, 2, 4, 3);

    private CapabilityChart() {}

    /** The mean of some benchmarks that belong together. */
    private record Capability(String name, int of, List<PaperTable.Line> run) {
        OptionalDouble published(int column) {
            return run.stream()
                    .mapToDouble(line -> line.published().value(column).orElse(Double.NaN))
                    .average();
        }

        Figure own() {
            List<Figure> figures =
                    run.stream().flatMap(line -> line.figure().stream()).toList();
            double mean = figures.stream().mapToDouble(Figure::value).average().orElse(Double.NaN);
            double[] errors = figures.stream().mapToDouble(Figure::error).toArray();
            return new Figure(mean, Statistics.macroError(errors));
        }
    }

    /** The chart, or nothing if no benchmark of the paper was run. */
    static String of(List<PaperTable.Line> lines, List<String> names) {
        List<Capability> capabilities = new ArrayList<>();
        for (String name : names) {
            List<PaperTable.Line> own = lines.stream()
                    .filter(line -> line.published().group().equals(name))
                    .toList();
            List<PaperTable.Line> run =
                    own.stream().filter(line -> line.figure().isPresent()).toList();
            if (!run.isEmpty()) {
                capabilities.add(new Capability(name, own.size(), run));
            }
        }
        return capabilities.isEmpty() ? "" : draw(capabilities);
    }

    private static String draw(List<Capability> capabilities) {
        int height = TOP + PLOT + 44;
        StringBuilder svg = new StringBuilder();
        svg.append("<svg class=\"wide\" viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(height);
        svg.append("\" role=\"img\"><title>Means by capability</title>");
        for (int percent = 0; percent <= 100; percent += 25) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\""
                            + " text-anchor=\"end\">%d</text>",
                    LEFT,
                    WIDTH,
                    y(percent),
                    y(percent),
                    LEFT - 6,
                    y(percent) + 4,
                    percent));
        }
        legend(svg);
        int width = (WIDTH - LEFT) / capabilities.size();
        int bars = (COLUMNS.size() + 1) * (BAR + GAP) - GAP;
        for (int i = 0; i < capabilities.size(); i++) {
            Capability one = capabilities.get(i);
            double x = LEFT + i * width + (width - bars) / 2.0;
            for (int c = 0; c < COLUMNS.size(); c++) {
                bar(x, one.published(COLUMNS.get(c)).orElse(Double.NaN), "m" + c, svg);
                x += BAR + GAP;
            }
            Figure own = one.own();
            bar(x, 100 * own.value(), "own", svg);
            whisker(x + BAR / 2.0, own, svg);
            String count = one.run().size() == one.of() ? "" : " (" + one.run().size() + " of " + one.of() + ")";
            svg.append(String.format(
                    Locale.ROOT,
                    "<text class=\"title\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    LEFT + (i + 0.5) * width,
                    TOP + PLOT + 34,
                    Page.text(one.name() + count)));
        }
        return svg.append("</svg>").toString();
    }

    private static void legend(StringBuilder svg) {
        int x = LEFT;
        for (int c = 0; c <= COLUMNS.size(); c++) {
            boolean own = c == COLUMNS.size();
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"%s\" x=\"%d\" y=\"4\" width=\"12\" height=\"12\"/><text x=\"%d\" y=\"14\">%s</text>",
                    own ? "own" : "m" + c,
                    x,
                    x + 17,
                    own ? "this run" : Published.MODELS.get(COLUMNS.get(c))));
            x += 130;
        }
    }

    private static void bar(double x, double percent, String kind, StringBuilder svg) {
        if (Double.isNaN(percent)) {
            return;
        }
        svg.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
                kind,
                x,
                y(percent),
                BAR,
                y(0) - y(percent)));
        boolean own = kind.equals("own"); // its number stands at the foot, clear of the whisker
        svg.append(String.format(
                Locale.ROOT,
                "<text%s x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.1f</text>",
                own ? " class=\"title\"" : "",
                x + BAR / 2.0,
                own ? y(0) + 12 : y(percent) - 4,
                percent));
    }

    private static void whisker(double middle, Figure figure, StringBuilder svg) {
        if (Double.isNaN(figure.error())) {
            return;
        }
        double half = CONFIDENCE_95 * 100 * figure.error();
        svg.append(String.format(
                Locale.ROOT,
                "<path class=\"error\" d=\"M%1$.1f %2$.1fV%3$.1fM%4$.1f %2$.1fH%5$.1fM%4$.1f %3$.1fH%5$.1f\"/>",
                middle,
                y(100 * figure.value() - half),
                y(100 * figure.value() + half),
                middle - 4,
                middle + 4));
    }

    private static double y(double percent) {
        return TOP + PLOT * (1 - Math.clamp(percent, 0, 100) / 100);
    }
}
