package dev.jemma.cli.report;

import dev.jemma.JemmaException;
import dev.jemma.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The curves of a run.
 *
 * @param loss of each step's batch
 * @param heldOut of each look at held-out data
 * @param rate learning rate
 * @param norm length of the gradient
 * @param speed tokens a second
 */
record Metrics(Series loss, Series heldOut, Series rate, Series norm, Series speed) {
    static Metrics read(Path file) {
        List<Json> lines = new ArrayList<>();
        try {
            if (Files.exists(file)) {
                int number = 0;
                for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                    number++;
                    if (!line.isBlank()) {
                        lines.add(Json.parse(line.getBytes(StandardCharsets.UTF_8), file + " line " + number));
                    }
                }
            }
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + e.getMessage(), e);
        }
        return new Metrics(
                series("training", "loss", lines),
                series("held out", "held_out_loss", lines),
                series("learning rate", "learning_rate", lines),
                series("gradient norm", "gradient_norm", lines),
                series("tokens/s", "tokens_per_second", lines));
    }

    private static Series series(String name, String key, List<Json> lines) {
        List<double[]> points = new ArrayList<>();
        for (Json line : lines) {
            OptionalDouble value = line.real(key);
            if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
                points.add(new double[] {line.get("step").asDouble(), value.getAsDouble()});
            }
        }
        return new Series(
                name,
                points.stream().mapToDouble(p -> p[0]).toArray(),
                points.stream().mapToDouble(p -> p[1]).toArray());
    }
}
