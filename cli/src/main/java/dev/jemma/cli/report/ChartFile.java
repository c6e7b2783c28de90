package dev.jemma.cli.report;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Charts in a file of their own: a page that needs nothing but itself, or a picture. */
public final class ChartFile {
    private ChartFile() {}

    /** Whether the file's name says what it is to be: {@code .html} or {@code .png}. */
    public static boolean isKnown(Path file) {
        return isPicture(file) || String.valueOf(file).toLowerCase(Locale.ROOT).endsWith(".html");
    }

    private static boolean isPicture(Path file) {
        return String.valueOf(file).toLowerCase(Locale.ROOT).endsWith(".png");
    }

    /**
     * Writes the charts.
     *
     * @param text stands above the charts of a page; a picture is without it
     * @param across what the horizontal axis is
     * @throws JemmaException if the file cannot be written
     */
    public static void write(Path file, String title, String text, String across, List<Chart> charts) {
        if (isPicture(file)) {
            PngCharts.write(file, across, charts);
            return;
        }
        StringBuilder html = new StringBuilder(Html.head(title));
        html.append("<pre>").append(Html.text(text)).append("</pre><p>Across: ").append(Html.text(across));
        html.append(".</p><div class=\"charts\">");
        charts.forEach(chart -> html.append(SvgChart.of(chart)));
        html.append("</div></body></html>\n");
        try {
            Files.writeString(file, html, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
