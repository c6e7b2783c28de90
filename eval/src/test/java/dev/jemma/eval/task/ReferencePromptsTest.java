package dev.jemma.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.eval.Answer;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.Item;
import dev.jemma.eval.ItemResult;
import dev.jemma.eval.Items;
import dev.jemma.eval.Prompt;
import dev.jemma.eval.Request;
import dev.jemma.eval.Scorer;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

/**
 * Every item of the reference run of lm-evaluation-harness, without a model: prompts and continuations are the same
 * strings, and the reference's answers get the reference's marks.
 */
class ReferencePromptsTest {
    static final List<String> TASKS = List.of(ReferenceRun.NAMES);

    @ParameterizedTest
    @FieldSource("TASKS")
    void promptsAreTheSameStrings(String name) {
        ReferenceRun run = ReferenceRun.of(name);
        List<Item> items = Items.of(run.task(), run.data(), run.options());
        for (JsonNode golden : run.items()) {
            Item item = items.get(golden.path("split_index").asInt());
            List<String> contexts = new ArrayList<>();
            List<String> continuations = new ArrayList<>();
            for (Request request : item.requests()) {
                switch (request) {
                    case Request.LogLikelihood likelihood -> {
                        contexts.add(text(likelihood.prompt()));
                        continuations.add(likelihood.continuation());
                    }
                    case Request.Generate generate -> {
                        contexts.add(text(generate.prompt()));
                        assertThat(generate.stops()).isEqualTo(texts(golden.path("until")));
                        assertThat(generate.maxTokens())
                                .isEqualTo(golden.path("max_gen_toks").asInt());
                    }
                    case Request.Rolling _ -> throw new AssertionError("no task of the run is rolling");
                }
            }
            if (golden.has("contexts")) {
                assertThat(contexts).isEqualTo(texts(golden.path("contexts")));
            } else {
                assertThat(contexts)
                        .isNotEmpty()
                        .containsOnly(golden.path("context").asString());
            }
            assertThat(continuations).isEqualTo(texts(golden.path("continuations")));
        }
    }

    @ParameterizedTest
    @FieldSource("TASKS")
    void theReferencesAnswersGetTheReferencesMarks(String name) {
        ReferenceRun run = ReferenceRun.of(name);
        TaskResult result = new Evaluation(
                        new Replay(run), run.data(), run.options(), Optional.empty(), EvaluationListener.NONE)
                .run(List.of(run.task()))
                .getFirst();
        for (JsonNode golden : run.items()) {
            ItemResult item = result.items().get(golden.path("split_index").asInt());
            if (golden.has("prediction")) {
                assertThat(item.prediction())
                        .isEqualTo(golden.path("prediction").asInt());
            }
            if (golden.has("filtered")) {
                golden.path("filtered")
                        .properties()
                        .forEach(filter -> assertThat(item.filtered().get(filterOf(name, filter.getKey())))
                                .as("doc %d behind %s", item.item().id(), filter.getKey())
                                .isEqualTo(texts(filter.getValue())));
                golden.path("metrics")
                        .properties()
                        .forEach(filter -> filter.getValue()
                                .properties()
                                .forEach(metric -> assertThat(item.values())
                                        .containsEntry(
                                                Metric.of(metric.getKey(), filter.getKey()),
                                                metric.getValue().asDouble())));
            } else {
                golden.path("metrics")
                        .properties()
                        .forEach(metric -> assertThat(item.values().get(Metric.of(metric.getKey())))
                                .as("doc %d, %s", item.item().id(), metric.getKey())
                                .isEqualTo(metric.getValue().asDouble(), within(1e-4)));
            }
        }
    }

    /** The run did not execute programs, and so left the step out that makes them whole. */
    private static String filterOf(String task, String filter) {
        return task.equals("humaneval") ? "create_test" : filter;
    }

    private static String text(Prompt prompt) {
        return prompt instanceof Prompt.Plain(String text) ? text : "a conversation";
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(node -> texts.add(node.asString()));
        return texts;
    }

    /** Gives the reference's answers, and to rows that the reference did not ask some answer. */
    private record Replay(ReferenceRun run) implements Scorer {
        @Override
        public String identity() {
            return "replay";
        }

        @Override
        public void answer(List<List<Request>> batches, Receiver receiver) {
            for (int r = 0; r < batches.getFirst().size(); r++) {
                receiver.answered(0, r, answer(batches.getFirst().get(r)));
            }
        }

        private Answer answer(Request request) {
            if (request instanceof Request.LogLikelihood likelihood) {
                return new Answer.Likelihood(likelihood(text(likelihood.prompt()), likelihood.continuation()), false);
            }
            for (JsonNode golden : run.items()) {
                if (request instanceof Request.Generate generate
                        && golden.path("context").asString().equals(text(generate.prompt()))) {
                    return new Answer.Text(golden.path("output").asString());
                }
            }
            return new Answer.Text("");
        }

        private double likelihood(String context, String continuation) {
            for (JsonNode golden : run.items()) {
                List<String> continuations = texts(golden.path("continuations"));
                for (int i = 0; i < continuations.size(); i++) {
                    JsonNode own =
                            golden.has("contexts") ? golden.path("contexts").path(i) : golden.path("context");
                    if (own.asString().equals(context) && continuations.get(i).equals(continuation)) {
                        return golden.path("loglikelihoods").path(i).asDouble();
                    }
                }
            }
            return -1;
        }
    }
}
