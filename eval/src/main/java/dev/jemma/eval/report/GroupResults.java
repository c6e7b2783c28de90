package dev.jemma.eval.report;

import dev.jemma.eval.Evaluation;
import dev.jemma.eval.Figure;
import dev.jemma.eval.Group;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The groups of which every task was run, with their figures.
 *
 * @param group the group
 * @param items rows of all its tasks
 * @param figures of every metric that all of them have
 */
public record GroupResults(Group group, int items, Map<Metric, Figure> figures) {
    /** The groups that these results complete, in the order of {@code groups}. */
    public static List<GroupResults> of(List<TaskResult> results, Map<String, Group> groups) {
        Map<String, TaskResult> byName = Evaluation.byName(results);
        List<GroupResults> complete = new ArrayList<>();
        for (Group group : groups.values()) {
            List<TaskResult> members = group.tasks(groups).stream()
                    .flatMap(name -> Optional.ofNullable(byName.get(name)).stream())
                    .toList();
            if (members.size() == group.tasks(groups).size()) {
                int items = members.stream().mapToInt(m -> m.items().size()).sum();
                complete.add(new GroupResults(group, items, new LinkedHashMap<>(group.figures(members))));
            }
        }
        return complete;
    }
}
