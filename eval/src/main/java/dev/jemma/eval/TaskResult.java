package dev.jemma.eval;

import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.metric.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A task with its items' marks and its figures.
 *
 * @param rows rows of the task, also those that were not asked
 * @param shots examples before each question
 * @param origin where they come from, in words; empty without examples
 * @param note why they are not the rows that the reference draws from; empty where they are
 * @param figures by metric
 */
public record TaskResult(
        Task task,
        int rows,
        int shots,
        String origin,
        Optional<String> note,
        List<ItemResult> items,
        Map<Metric, Figure> figures) {
    private static final int SEED = 1234;

    public TaskResult {
        items = List.copyOf(items);
        figures = new TreeMap<>(figures);
    }

    /** Puts the marks of all items together. */
    static TaskResult of(Questions questions, List<ItemResult> items, int bootstrapRounds) {
        TreeSet<Metric> metrics = new TreeSet<>();
        items.forEach(item -> metrics.addAll(item.values().keySet()));
        Map<Metric, Figure> figures = new TreeMap<>();
        for (Metric metric : metrics) {
            figures.put(metric, figure(metric, items, bootstrapRounds));
        }
        return new TaskResult(
                questions.task(),
                questions.rows(),
                questions.shots(),
                questions.origin(),
                questions.note(),
                items,
                figures);
    }

    private static Figure figure(Metric metric, List<ItemResult> items, int bootstrapRounds) {
        List<double[]> rows = new ArrayList<>(items.size());
        for (ItemResult item : items) {
            Double value = item.values().get(metric);
            if (value != null) {
                rows.add(new double[] {value, item.weight().getOrDefault(metric, 1.0)});
            }
        }
        double[][] values = rows.toArray(double[][]::new);
        if (metric.kind() == Metric.Kind.MEAN) {
            double[] plain = rows.stream().mapToDouble(row -> row[0]).toArray();
            return new Figure(Statistics.mean(plain), Statistics.meanError(plain));
        }
        return new Figure(
                weighted(metric, values),
                Statistics.bootstrapError(values, drawn -> weighted(metric, drawn), bootstrapRounds, SEED));
    }

    private static double weighted(Metric metric, double[][] rows) {
        double sum = 0;
        double weight = 0;
        for (double[] row : rows) {
            sum += row[0];
            weight += row[1];
        }
        double perUnit = -sum / weight;
        return metric.kind() == Metric.Kind.BITS ? perUnit / Math.log(2) : Math.exp(perUnit);
    }
}
