package dev.jemma.cli.report;

import dev.jemma.JemmaException;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts as one picture, two in a row. */
final class PngCharts {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;

    private PngCharts() {}

    static Path write(Path file, String across, List<Chart> curves) {
        System.setProperty("java.awt.headless", "true"); // no screen is needed
        List<XYChart> charts = curves.stream().map(c -> chart(c, across)).toList();
        int rows = Math.ceilDiv(charts.size(), 2);
        BufferedImage image = new BufferedImage(2 * WIDTH, rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            for (int i = 0; i < charts.size(); i++) {
                Graphics2D corner = (Graphics2D) graphics.create(i % 2 * WIDTH, i / 2 * HEIGHT, WIDTH, HEIGHT);
                charts.get(i).paint(corner, WIDTH, HEIGHT);
                corner.dispose();
            }
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be written: " + e.getMessage(), e);
        } finally {
            graphics.dispose();
        }
        return file;
    }

    private static XYChart chart(Chart curves, String across) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(curves.title())
                .xAxisTitle(across)
                .build();
        for (Series series : curves.series()) {
            if (!series.isEmpty()) {
                Series few = series.thinned();
                chart.addSeries(few.name(), few.x(), few.y()).setMarker(SeriesMarkers.NONE);
            }
        }
        return chart;
    }
}
