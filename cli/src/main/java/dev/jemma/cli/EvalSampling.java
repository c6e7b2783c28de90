package dev.jemma.cli;

import dev.jemma.eval.Sampling;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What {@code --gen-kwargs} says, by the reference harness's names. */
record EvalSampling(OptionalInt maxTokens, Optional<Sampling> sampling) {
    static EvalSampling of(Map<String, String> given) {
        OptionalInt maxTokens = OptionalInt.empty();
        Sampling sampling = Sampling.GREEDY;
        boolean sampled = false;
        boolean forcedGreedy = false;
        for (Map.Entry<String, String> entry : given.entrySet()) {
            String value = entry.getValue();
            String name = entry.getKey();
            try {
                switch (name) {
                    case "max_gen_toks" -> maxTokens = OptionalInt.of(positive(value));
                    case "do_sample" -> forcedGreedy = !Boolean.parseBoolean(value);
                    case "temperature" ->
                        sampling = new Sampling(
                                Double.parseDouble(value), sampling.topP(), sampling.topK(), sampling.seed());
                    case "top_p" ->
                        sampling = new Sampling(
                                sampling.temperature(), Double.parseDouble(value), sampling.topK(), sampling.seed());
                    case "top_k" ->
                        sampling = new Sampling(
                                sampling.temperature(), sampling.topP(), Integer.parseInt(value), sampling.seed());
                    case "seed" ->
                        sampling = new Sampling(
                                sampling.temperature(), sampling.topP(), sampling.topK(), Long.parseLong(value));
                    default ->
                        throw new MisuseException("--gen-kwargs knows temperature, top_p, top_k, seed, do_sample and"
                                + " max_gen_toks, not '" + name + "'");
                }
            } catch (NumberFormatException e) {
                throw new MisuseException("--gen-kwargs " + name + " must be a number, not '" + value + "'");
            }
            sampled |= !name.equals("max_gen_toks");
        }
        if (forcedGreedy) {
            sampling = Sampling.GREEDY;
        }
        return new EvalSampling(maxTokens, sampled ? Optional.of(sampling) : Optional.empty());
    }

    private static int positive(String value) {
        int number = Integer.parseInt(value);
        if (number < 1) {
            throw new MisuseException("--gen-kwargs max_gen_toks must be at least 1, not " + value);
        }
        return number;
    }
}
