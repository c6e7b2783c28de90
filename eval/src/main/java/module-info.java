/** Evaluate Gemma models inside a JVM: benchmarks, their data, metrics and reports. */
module dev.jemma.eval {
    requires transitive dev.jemma.core;
    requires transitive dev.jemma.data;
    requires de.siegmar.fastcsv;
    requires org.snakeyaml.engine;
    requires tools.jackson.core;
    requires transitive tools.jackson.databind;
    requires static org.jspecify;

    exports dev.jemma.eval;
    exports dev.jemma.eval.contamination;
    exports dev.jemma.eval.math;
    exports dev.jemma.eval.sandbox;
    exports dev.jemma.eval.fewshot;
    exports dev.jemma.eval.metric;
    exports dev.jemma.eval.remote;
    exports dev.jemma.eval.report;
    exports dev.jemma.eval.task;
    exports dev.jemma.eval.yaml;
}
