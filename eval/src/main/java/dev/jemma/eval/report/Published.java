package dev.jemma.eval.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A line of the Gemma paper's table of 18 text benchmarks, with the model card of Gemma 3 270M beside it; read from {@code
 * published.tsv}, which names the sources.
 *
 * @param task name of the task or group
 * @param label as the paper prints it
 * @param setting shots or metric as the paper prints them
 * @param group of the paper's figure 1
 * @param metric key of the figure that is set beside the published ones
 * @param columns published figures, per cent, as printed; empty where there is none
 * @param cardShots shots of the last column, empty where it has no figure
 */
record Published(
        String task,
        String label,
        String setting,
        String group,
        String metric,
        List<String> columns,
        String cardShots) {
    /** What the columns are of. */
    static final List<String> MODELS =
            List.of("LLaMA-2 7B", "LLaMA-2 13B", "Mistral 7B", "Gemma 2B", "Gemma 7B", "Gemma 3 270M");

    private static final int FIELDS = 12;

    Published {
        columns = List.copyOf(columns);
    }

    /** All lines, in the paper's order. */
    static List<Published> all() {
        List<Published> all = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(Published.class.getResourceAsStream("published.tsv"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                List<String> cells = List.of(line.split("\t", FIELDS));
                all.add(new Published(
                        cells.get(0),
                        cells.get(1),
                        cells.get(2),
                        cells.get(3),
                        cells.get(4),
                        cells.subList(5, 5 + MODELS.size()),
                        cells.get(FIELDS - 1)));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    /** The line of a task or group, if the paper has one. */
    static Optional<Published> of(String task) {
        return all().stream().filter(line -> line.task.equals(task)).findFirst();
    }

    /** The figure of a column, per cent. */
    OptionalDouble value(int column) {
        String text = columns.get(column).replace("*", "");
        return text.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(text));
    }
}
