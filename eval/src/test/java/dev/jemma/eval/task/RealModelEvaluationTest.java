package dev.jemma.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.eval.Answer;
import dev.jemma.eval.EngineScorer;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.Fixture;
import dev.jemma.eval.ItemResult;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ModelOptions;
import dev.jemma.kernel.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * The real Gemma 3 270M against the reference run of lm-evaluation-harness, item by item: log-likelihoods within
 * 5e-3, the same prediction but for near-ties, the same generated text where no margin is near zero. In short the first
 * items of some tasks; {@code -Djemma.real.eval=all} takes all.
 */
class RealModelEvaluationTest {
    private static final double TOLERANCE = 5e-3;

    /** Sums that are less apart may change places. */
    private static final double NEAR = 2 * TOLERANCE;

    private static final boolean ALL = System.getProperty("jemma.real.eval", "").equals("all");
    private static final List<String> SHORT =
            List.of("piqa", "arc_easy", "winogrande", "social_iqa", "openbookqa", "mmlu_anatomy", "nq_open");
    private static final int SHORT_ITEMS = 5;

    private static Optional<LanguageModel> model = Optional.empty();

    @BeforeAll
    static void load() {
        model = Optional.of(LanguageModel.open(
                Fixture.realModel(),
                ModelOptions.builder()
                        .precision(Precision.EXACT)
                        .contextLength(4096)
                        .build()));
    }

    @AfterAll
    static void close() {
        model.ifPresent(LanguageModel::close);
    }

    static Stream<String> tasks() {
        return ALL ? Arrays.stream(ReferenceRun.NAMES) : SHORT.stream();
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void answersAreThoseOfTheReference(String name) {
        ReferenceRun run = ReferenceRun.of(name);
        List<JsonNode> golden = ALL ? run.items() : run.items().subList(0, SHORT_ITEMS);
        int last = golden.getLast().path("split_index").asInt();
        TaskResult result = new Evaluation(
                        new EngineScorer(model.orElseThrow(), "real"),
                        run.data(),
                        run.options().withLimit(last + 1),
                        Optional.empty(),
                        EvaluationListener.NONE)
                .run(List.of(run.task()))
                .getFirst();
        int nearTies = 0;
        int otherwise = 0;
        double worst = 0;
        for (JsonNode expected : golden) {
            ItemResult item = result.items().get(expected.path("split_index").asInt());
            if (expected.has("loglikelihoods")) {
                worst = Math.max(worst, likelihoods(name, item, expected));
                nearTies += gap(expected) < NEAR ? 1 : 0;
                otherwise += item.prediction() == expected.path("prediction").asInt() ? 0 : 1;
            } else {
                otherwise += sameText(name, item, expected) ? 0 : 1;
            }
            marks(name, item, expected);
        }
        System.err.printf(
                Locale.ROOT,
                "reference run, %s: %d items, largest difference %.5f, near-ties %d, other predictions %d%n",
                name,
                golden.size(),
                worst,
                nearTies,
                otherwise);
    }

    /** Between the likeliest choice of the reference and the next. */
    private static double gap(JsonNode expected) {
        double[] sums = new double[expected.path("loglikelihoods").size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = expected.path("loglikelihoods").path(i).asDouble();
        }
        return gap(sums);
    }

    /** The same for each character, times the characters of the shortest: how far sums would have to move. */
    private static double gapPerCharacter(JsonNode expected) {
        double[] perCharacter = new double[expected.path("loglikelihoods").size()];
        int shortest = Integer.MAX_VALUE;
        for (int i = 0; i < perCharacter.length; i++) {
            String choice = expected.path("continuations").path(i).asString().substring(1); // the delimiter
            int length = choice.codePointCount(0, choice.length());
            perCharacter[i] = expected.path("loglikelihoods").path(i).asDouble() / length;
            shortest = Math.min(shortest, length);
        }
        return gap(perCharacter) * shortest;
    }

    private static double gap(double[] values) {
        Arrays.sort(values);
        int n = values.length;
        return n < 2 ? Double.POSITIVE_INFINITY : values[n - 1] - values[n - 2];
    }

    /** Returns the largest difference. Another prediction than the reference's is allowed, and listed, at a near-tie. */
    private static double likelihoods(String name, ItemResult item, JsonNode expected) {
        double worst = 0;
        for (int i = 0; i < item.answers().size(); i++) {
            Answer.Likelihood answer = (Answer.Likelihood) item.answers().get(i);
            double value = expected.path("loglikelihoods").path(i).asDouble();
            assertThat(answer.sum())
                    .as("%s, item %d, choice %d", name, item.item().id(), i)
                    .isEqualTo(value, within(TOLERANCE));
            assertThat(answer.greedy())
                    .isEqualTo(expected.path("is_greedy").path(i).asBoolean());
            worst = Math.max(worst, Math.abs(answer.sum() - value));
        }
        boolean same = item.prediction() == expected.path("prediction").asInt();
        if (!same || gap(expected) < NEAR) {
            System.err.printf(
                    Locale.ROOT,
                    "reference run, %s: near-tie at item %d, the best choices are %.5f apart, %s%n",
                    name,
                    item.item().id(),
                    gap(expected),
                    same ? "the same prediction" : "another prediction");
        }
        if (!same) {
            assertThat(gap(expected)).isLessThan(NEAR);
        }
        return worst;
    }

    private static boolean sameText(String name, ItemResult item, JsonNode expected) {
        String text = ((Answer.Text) item.answers().getFirst()).text();
        assertThat(text)
                .as("%s, item %d", name, item.item().id())
                .isEqualTo(expected.path("output").asString());
        return true;
    }

    /** The reference's marks by every metric, but for near-ties. */
    private static void marks(String name, ItemResult item, JsonNode expected) {
        expected.path("metrics").properties().forEach(metric -> {
            double gap = metric.getKey().equals("acc_norm") ? gapPerCharacter(expected) : gap(expected);
            if (metric.getValue().isNumber() && gap >= NEAR) {
                assertThat(item.values().get(Metric.of(metric.getKey())))
                        .as("%s, item %d, %s", name, item.item().id(), metric.getKey())
                        .isEqualTo(metric.getValue().asDouble(), within(TOLERANCE));
            }
            metric.getValue()
                    .properties()
                    .forEach(one -> assertThat(item.values())
                            .as("%s, item %d", name, item.item().id())
                            .containsEntry(
                                    Metric.of(one.getKey(), metric.getKey()),
                                    one.getValue().asDouble()));
        });
    }
}
