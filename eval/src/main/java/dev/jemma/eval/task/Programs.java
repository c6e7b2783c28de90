package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.metric.PassAtK;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Marks generated programs: made whole, each is run, and pass@k is estimated from those that pass. */
final class Programs {
    private Programs() {}

    /**
     * @param filter name of the step between completion and marks, as the reference has it
     * @param prefix of the metric's name before k
     * @param judge without one, completions are kept but not marked
     * @param whole the program to run, from the row and a completion
     */
    static Form.Pipeline passAt(
            String filter,
            String prefix,
            Optional<ProgramJudge> judge,
            BiFunction<Doc, String, String> whole,
            int... ks) {
        List<Metric> metrics =
                Arrays.stream(ks).mapToObj(k -> Metric.of(prefix + k, filter)).toList();
        return new Form.Pipeline(
                filter,
                Filter.none(),
                (doc, completions) -> judge.map(runner -> {
                            int passed = 0;
                            for (String completion : completions) {
                                passed += runner.passes(whole.apply(doc, completion)) ? 1 : 0;
                            }
                            Map<Metric, Double> values = new LinkedHashMap<>();
                            for (int i = 0; i < ks.length; i++) {
                                values.put(metrics.get(i), PassAtK.of(completions.size(), passed, ks[i]));
                            }
                            return values;
                        })
                        .orElse(Map.of()),
                metrics);
    }
}
