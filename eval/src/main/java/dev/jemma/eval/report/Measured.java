package dev.jemma.eval.report;

import dev.jemma.eval.Figure;
import dev.jemma.eval.Group;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A task or a whole group with its figures, as tables and charts show it.
 *
 * @param items rows asked
 * @param shots examples before each question; for a group those of its tasks
 */
record Measured(String name, boolean isGroup, int items, String shots, Map<Metric, Figure> figures) {
    Measured {
        figures = new LinkedHashMap<>(figures);
    }

    /** Tasks, then groups of which every task was run. */
    static Map<String, Measured> of(List<TaskResult> results, Map<String, Group> groups) {
        Map<String, Measured> all = new LinkedHashMap<>();
        for (TaskResult result : results) {
            String name = result.task().name();
            all.put(
                    name,
                    new Measured(name, false, result.items().size(), String.valueOf(result.shots()), result.figures()));
        }
        for (GroupResults group : GroupResults.of(results, groups)) {
            String name = group.group().name();
            List<String> members = new ArrayList<>(group.group().tasks(groups));
            String shots = results.stream()
                    .filter(result -> members.contains(result.task().name()))
                    .map(result -> String.valueOf(result.shots()))
                    .distinct()
                    .collect(Collectors.joining("/"));
            all.put(name, new Measured(name, true, group.items(), shots, group.figures()));
        }
        return all;
    }

    /** The figure with this key, {@code acc,none} for example. */
    Optional<Figure> figure(String key) {
        return figures.entrySet().stream()
                .filter(entry -> entry.getKey().key().equals(key))
                .map(Map.Entry::getValue)
                .findFirst();
    }
}
