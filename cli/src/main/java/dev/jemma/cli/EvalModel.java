package dev.jemma.cli;

import dev.jemma.eval.EngineScorer;
import dev.jemma.eval.Scorer;
import java.util.Map;

/**
 * Who answers an evaluation's requests: a model in this process, or one behind an endpoint.
 *
 * @param name of the model, for results
 * @param facts that its figures depend on
 * @param closing gives back what it holds
 */
record EvalModel(Scorer scorer, String name, Map<String, Object> facts, Environment environment, Runnable closing)
        implements AutoCloseable {
    /** A model that is loaded here. */
    static EvalModel local(RunOptions run, Console console, String reference, long seed) {
        RunOptions.Opened opened = run.open(console, reference);
        Map<String, Object> facts = run.facts(opened);
        return new EvalModel(
                new EngineScorer(opened.model(), facts.toString()),
                opened.located().name(),
                facts,
                opened.environment(java.util.Optional.of(seed)),
                opened::close);
    }

    @Override
    public void close() {
        closing.run();
    }
}
