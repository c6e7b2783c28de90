package dev.jemma.train;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Workers;
import dev.jemma.train.optimizer.Adafactor;
import dev.jemma.train.optimizer.AdamW;
import dev.jemma.train.optimizer.Optimizer;
import dev.jemma.train.tape.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Which optimizer a run uses, with its constants. */
public sealed interface OptimizerChoice {
    /** AdamW. */
    record Adam(AdamW.Options options) implements OptimizerChoice {}

    /** Adafactor: a fraction of AdamW's memory. */
    record Factored(Adafactor.Form form, double weightDecay) implements OptimizerChoice {}

    /** An optimizer of this choice that remembers nothing yet. */
    default Optimizer create(Kernels kernels, Workers workers, List<Parameter> parameters) {
        return switch (this) {
            case Adam(AdamW.Options options) -> new AdamW(kernels, workers, parameters, options);
            case Factored(Adafactor.Form form, double decay) ->
                new Adafactor(kernels, workers, parameters, form, decay);
        };
    }

    /** For {@code config.yaml}. */
    default Map<String, Object> describe() {
        Map<String, Object> map = new LinkedHashMap<>();
        switch (this) {
            case Adam(AdamW.Options o) -> {
                map.put("name", "adamw");
                map.put("beta1", o.beta1());
                map.put("beta2", o.beta2());
                map.put("epsilon", o.epsilon());
                map.put("weight_decay", o.weightDecay());
            }
            case Factored(Adafactor.Form form, double decay) -> {
                map.put("name", "adafactor");
                map.put("form", form.name().toLowerCase(Locale.ROOT));
                map.put("weight_decay", decay);
            }
        }
        return map;
    }
}
