package dev.jemma.eval.report;

import dev.jemma.eval.EvaluationOptions;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run was made with, for its files.
 *
 * @param model as it was named
 * @param modelFacts settings and checksum of the model, by name
 * @param environment of the run, as {@code jemma} prints it with every result
 * @param options what applied to all tasks
 * @param startedMillis when it began, milliseconds since 1970
 * @param seconds how long it took
 */
public record RunFacts(
        String model,
        Map<String, Object> modelFacts,
        Object environment,
        EvaluationOptions options,
        long startedMillis,
        double seconds) {
    public RunFacts {
        modelFacts = new TreeMap<>(modelFacts);
    }
}
