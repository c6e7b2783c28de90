package dev.jemma.eval.report;

import dev.jemma.eval.Figure;
import java.util.List;
import java.util.Locale;

/**
 * Bars from 0 to 100 per cent as inline SVG, one for each task, in groups as in the Gemma paper's figure 1: whiskers are
 * 95 % intervals, a tick shows a published figure.
 */
final class BarChart {
    private static final int WIDTH = 760;
    private static final int LEFT = 210;
    private static final int RIGHT = 70;
    private static final int ROW = 20;
    private static final int BAR = 12;
    private static final int TOP = 26;
    private static final double CONFIDENCE_95 = 1.96;
    private static final int MOST_LABEL = 32;

    private BarChart() {}

    /**
     * A bar.
     *
     * @param published per cent, not a number if there is none
     */
    record Bar(String label, Figure figure, double published) {}

    static String of(String title, List<Bar> bars) {
        int height = TOP + ROW * bars.size() + 18;
        StringBuilder svg = new StringBuilder();
        svg.append("<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(height);
        svg.append("\" role=\"img\"><title>").append(Page.text(title)).append("</title>");
        svg.append("<text class=\"title\" x=\"").append(LEFT).append("\" y=\"15\">");
        svg.append(Page.text(title)).append("</text>");
        for (int percent = 0; percent <= 100; percent += 25) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" y2=\"%3$d\"/><text x=\"%1$.1f\" y=\"%4$d\""
                            + " text-anchor=\"middle\">%5$d</text>",
                    x(percent),
                    TOP - 4,
                    height - 16,
                    height - 4,
                    percent));
        }
        for (int i = 0; i < bars.size(); i++) {
            bar(bars.get(i), TOP + ROW * i, svg);
        }
        return svg.append("</svg>").toString();
    }

    private static void bar(Bar bar, int top, StringBuilder svg) {
        double value = 100 * bar.figure().value();
        double middle = top + BAR / 2.0;
        String label = bar.label().codePointCount(0, bar.label().length()) <= MOST_LABEL
                ? bar.label()
                : bar.label().substring(0, bar.label().offsetByCodePoints(0, MOST_LABEL - 1)) + "…";
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\""
                        + " height=\"%d\"/>",
                LEFT - 6,
                middle + 4,
                Page.text(label),
                LEFT,
                top,
                Math.max(0, x(value) - LEFT),
                BAR));
        double end = x(value);
        if (!Double.isNaN(bar.figure().error())) {
            double low = x(value - CONFIDENCE_95 * 100 * bar.figure().error());
            double high = x(value + CONFIDENCE_95 * 100 * bar.figure().error());
            end = Math.max(end, high);
            svg.append(String.format(
                    Locale.ROOT,
                    "<path class=\"error\" d=\"M%1$.1f %3$.1fH%2$.1fM%1$.1f %4$.1fV%5$.1fM%2$.1f %4$.1fV%5$.1f\"/>",
                    low,
                    high,
                    middle,
                    middle - 3,
                    middle + 3));
        }
        if (!Double.isNaN(bar.published())) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<path class=\"published\" d=\"M%.1f %dV%d\"/>",
                    x(bar.published()),
                    top - 2,
                    top + BAR + 2));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\">%.1f</text>",
                Math.min(end + 5, WIDTH - 32),
                middle + 4,
                value));
    }

    private static double x(double percent) {
        return LEFT + Math.clamp(percent, 0, 100) / 100 * (WIDTH - LEFT - RIGHT);
    }
}
