package dev.jemma.eval;

import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.metric.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Tasks that are reported together.
 *
 * @param members names of tasks or of other groups
 * @param bySize whether the mean is over all items (micro) or over the tasks' figures (macro)
 * @param version as results have it
 */
public record Group(String name, List<String> members, boolean bySize, String version) {
    public Group {
        members = List.copyOf(members);
    }

    /** Names of the tasks in it and in its groups. */
    public List<String> tasks(Map<String, Group> groups) {
        List<String> names = new ArrayList<>();
        for (String member : members) {
            Optional<Group> inner = Optional.ofNullable(groups.get(member));
            names.addAll(inner.map(g -> g.tasks(groups)).orElse(List.of(member)));
        }
        return names;
    }

    /** Figures of the group from its tasks' results: of every metric that all of them have. */
    public Map<Metric, Figure> figures(List<TaskResult> results) {
        Map<Metric, Figure> figures = new TreeMap<>();
        if (results.isEmpty()) {
            return figures;
        }
        for (Metric metric : results.getFirst().figures().keySet()) {
            if (metric.kind() == Metric.Kind.MEAN
                    && results.stream().allMatch(result -> result.figures().containsKey(metric))) {
                figures.put(metric, figure(metric, results));
            }
        }
        return figures;
    }

    private Figure figure(Metric metric, List<TaskResult> results) {
        double[] values = new double[results.size()];
        double[] errors = new double[values.length];
        long[] sizes = new long[values.length];
        double weighted = 0;
        long items = 0;
        for (int i = 0; i < values.length; i++) {
            TaskResult result = results.get(i);
            Figure figure = Optional.ofNullable(result.figures().get(metric)).orElseThrow();
            values[i] = figure.value();
            errors[i] = figure.error();
            sizes[i] = result.items().size();
            weighted += values[i] * sizes[i];
            items += sizes[i];
        }
        return bySize
                ? new Figure(weighted / items, Statistics.pooledError(errors, sizes))
                : new Figure(Statistics.mean(values), Statistics.macroError(errors));
    }
}
