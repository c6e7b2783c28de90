package dev.jemma.bench;

import dev.jemma.infer.Completion;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ModelOptions;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What holding answers to a JSON Schema costs: tokens a second of one sequence with a typical schema and without, in
 * turns, and the median of the ratios. The constraint is made before, as the server does; its first answer, which finds
 * sets of tokens that nobody has asked for yet, is timed apart. Arguments: model file, rounds, threads.
 */
public final class ConstraintSpeed {
    /** What an application asks for: a record with strings, numbers, choices and a list of objects. */
    private static final String SCHEMA = """
            {"type": "object", "additionalProperties": false,
             "required": ["title", "summary", "author", "year", "genre", "rating", "chapters"],
             "properties": {
              "title": {"type": "string", "minLength": 10, "maxLength": 60},
              "summary": {"type": "string", "minLength": 200, "maxLength": 400},
              "author": {"type": "object", "required": ["name", "born"], "additionalProperties": false, "properties": {
               "name": {"type": "string", "maxLength": 40}, "born": {"type": "string", "format": "date"}}},
              "year": {"type": "integer", "minimum": 1800, "maximum": 2030},
              "genre": {"enum": ["novel", "poetry", "drama", "history", "science"]},
              "rating": {"type": "number", "minimum": 0, "maximum": 5},
              "chapters": {"type": "array", "minItems": 5, "maxItems": 8, "items": {
               "type": "object", "required": ["number", "heading", "done"], "additionalProperties": false, "properties": {
                "number": {"type": "integer", "minimum": 1, "maximum": 99},
                "heading": {"type": "string", "minLength": 5, "maxLength": 50},
                "done": {"type": "boolean"}}}}}}""";

    private static final String PROMPT = "Describe a book with its title, summary, author, year, genre, rating and"
            + " chapters as a JSON document.";
    private static final int MOST_TOKENS = 160;

    private final LanguageModel model;

    private ConstraintSpeed(LanguageModel model) {
        this.model = model;
    }

    public static void main(String[] args) {
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 9;
        ModelOptions.Builder options =
                ModelOptions.builder().contextLength(1024).prefixCache(false);
        if (args.length > 2) {
            options.threads(Integer.parseInt(args[2]));
        }
        try (LanguageModel model = LanguageModel.open(Path.of(args[0]), options.build())) {
            for (float temperature : new float[] {0, 1}) {
                new ConstraintSpeed(model).compare(temperature, rounds);
            }
        }
    }

    private void compare(float temperature, int rounds) {
        for (int i = 0; i < 4; i++) { // until the code is compiled
            speed(temperature, Optional.of(made()));
            speed(temperature, Optional.empty());
        }
        long start = System.nanoTime();
        TokenConstraint constraint = made();
        double madeMillis = (System.nanoTime() - start) / 1e6;
        double first = speed(temperature, Optional.of(constraint));
        double[] held = new double[rounds];
        double[] free = new double[rounds];
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            held[i] = speed(temperature, Optional.of(constraint));
            free[i] = speed(temperature, Optional.empty());
            ratios[i] = free[i] / held[i] - 1;
        }
        System.out.printf(
                Locale.ROOT,
                "temperature %.0f: %.1f tokens/s free, %.1f with the schema: %+.1f %% time a token"
                        + " (%+.1f %% in its first answer; made in %.0f ms)%n",
                temperature,
                median(free),
                median(held),
                100 * median(ratios),
                100 * (median(free) / first - 1),
                madeMillis);
    }

    private TokenConstraint made() {
        TokenConstraint constraint = model.constraint(Grammar.jsonSchema(SCHEMA));
        constraint.prepare(Duration.ofMillis(150));
        return constraint;
    }

    /** Tokens a second behind the first one; an answer has as many as it may, or as its form allows. */
    private double speed(float temperature, Optional<TokenConstraint> constraint) {
        RequestBuilder request = model.request(PROMPT)
                .temperature(temperature)
                .seed(7)
                .maxTokens(MOST_TOKENS)
                .stopIds(constraint.isPresent() ? model.defaults().stopIds() : Set.of());
        constraint.ifPresent(request::constraint);
        GenerationRequest built = request.build();
        long[] times = new long[2];
        List<Completion> answers = model.generate(built, _ -> {
                    times[0] = times[0] == 0 ? System.nanoTime() : times[0];
                    times[1] = System.nanoTime();
                })
                .await();
        return (answers.getFirst().ids().length - 1) * 1e9 / (times[1] - times[0]);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
