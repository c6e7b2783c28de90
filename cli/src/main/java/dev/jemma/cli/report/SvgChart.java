package dev.jemma.cli.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** A chart as inline SVG: axes with a few labels, a legend, one colour for each curve. */
final class SvgChart {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 260;
    private static final int LEFT = 64;
    private static final int RIGHT = 12;
    private static final int TOP = 28;
    private static final int BOTTOM = 26;
    private static final int TICKS = 4;
    private static final String[] COLOURS = {"#2563eb", "#dc2626", "#059669"};

    private SvgChart() {}

    /** The chart; says so if there is nothing to draw. */
    static String of(Chart chart) {
        List<Series> series = chart.series().stream()
                .filter(s -> !s.isEmpty())
                .map(Series::thinned)
                .toList();
        StringBuilder svg = new StringBuilder();
        svg.append("<svg viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(HEIGHT)
                .append("\" role=\"img\"><text class=\"title\" x=\"")
                .append(LEFT)
                .append("\" y=\"16\">")
                .append(Html.text(chart.title()))
                .append("</text>");
        if (series.isEmpty()) {
            return svg.append("<text x=\"80\" y=\"120\">nothing yet</text></svg>")
                    .toString();
        }
        double left = series.stream()
                .flatMapToDouble(s -> DoubleStream.of(s.x()))
                .min()
                .orElse(0);
        double right = series.stream()
                .flatMapToDouble(s -> DoubleStream.of(s.x()))
                .max()
                .orElse(1);
        double low = series.stream()
                .flatMapToDouble(s -> DoubleStream.of(s.y()))
                .min()
                .orElse(0);
        double high = series.stream()
                .flatMapToDouble(s -> DoubleStream.of(s.y()))
                .max()
                .orElse(1);
        Scale x = new Scale(left, right, LEFT, WIDTH - RIGHT);
        Scale y = new Scale(low, high, HEIGHT - BOTTOM, TOP);
        for (int i = 0; i <= TICKS; i++) {
            double value = low + (high - low) * i / TICKS;
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\""
                            + " text-anchor=\"end\">%s</text>",
                    LEFT,
                    WIDTH - RIGHT,
                    y.at(value),
                    y.at(value),
                    LEFT - 5,
                    y.at(value) + 4,
                    number(value)));
            double step = left + (right - left) * i / TICKS;
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%.0f</text>",
                    x.at(step),
                    HEIGHT - 8,
                    i == TICKS ? "end" : "middle",
                    step));
        }
        for (int i = 0; i < series.size(); i++) {
            curve(series.get(i), COLOURS[i % COLOURS.length], i, x, y, svg);
        }
        return svg.append("</svg>").toString();
    }

    private static void curve(Series series, String colour, int index, Scale x, Scale y, StringBuilder svg) {
        svg.append("<polyline fill=\"none\" stroke-width=\"1.6\" stroke=\"")
                .append(colour)
                .append("\" points=\"");
        for (int i = 0; i < series.x().length; i++) {
            svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", x.at(series.x()[i]), y.at(series.y()[i])));
        }
        svg.append("\"/><text x=\"")
                .append(WIDTH - RIGHT)
                .append("\" y=\"")
                .append(16 + 14 * index)
                .append("\" text-anchor=\"end\" style=\"fill:")
                .append(colour)
                .append("\">")
                .append(Html.text(series.name()))
                .append("</text>");
    }

    /** From values to places; a range without extent lies in the middle. */
    private record Scale(double from, double to, double start, double end) {
        double at(double value) {
            return to == from ? (start + end) / 2 : start + (value - from) / (to - from) * (end - start);
        }
    }

    private static String number(double value) {
        double size = Math.abs(value);
        String form = size == 0 ? "%.0f" : size < 0.01 ? "%.1e" : size < 10 ? "%.2f" : "%,.0f";
        return String.format(Locale.ROOT, form, value);
    }
}
