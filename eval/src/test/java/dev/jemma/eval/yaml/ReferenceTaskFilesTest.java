package dev.jemma.eval.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.eval.Answer;
import dev.jemma.eval.DataFolder;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Figure;
import dev.jemma.eval.ItemResult;
import dev.jemma.eval.Request;
import dev.jemma.eval.Scorer;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Tasks in YAML, held against what lm-evaluation-harness makes of the same files; see the README beside them. */
class ReferenceTaskFilesTest {
    private static final List<String> TEXTS = List.of(
            "The answer is %d.",
            "so = %d, or 3",
            "\\boxed{%d} and A: 10",
            "It is %d!\u00a0",
            "nothing",
            "$1,4 = %d",
            "it is 11.%d.",
            " %d ");
    private static final Pattern SUM = Pattern.compile("(\\d) \\+ (\\d)");

    private static Path file(String name) {
        try {
            return Path.of(Objects.requireNonNull(ReferenceTaskFilesTest.class.getResource("/golden/yaml/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long number(String... parts) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(String.join("\0", parts).getBytes(StandardCharsets.UTF_8));
            return Long.parseLong(HexFormat.of().formatHex(hash, 0, 4), 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Answer answer(Request request) {
        return switch (request) {
            case Request.LogLikelihood asked ->
                new Answer.Likelihood(
                        number(asked.prompt().shown(), asked.continuation()) / -(double) (1 << 27), false);
            case Request.Rolling asked -> new Answer.Rolled(number(asked.text()) / -(double) (1 << 27), 1);
            case Request.Generate asked -> {
                String prompt = asked.prompt().shown();
                long h = number(prompt, String.valueOf(asked.sample()));
                Matcher sums = SUM.matcher(prompt);
                int sum = 0;
                while (sums.find()) {
                    sum = Integer.parseInt(sums.group(1)) + Integer.parseInt(sums.group(2));
                }
                yield new Answer.Text(TEXTS.get((int) (h % 8))
                        .replace("%d", String.valueOf(sum + (h / 8 % 3 == 0 ? 1 : 0))));
            }
        };
    }

    private static TaskResult run(String name) {
        Scorer scorer = new Scorer() {
            @Override
            public String identity() {
                return "a function";
            }

            @Override
            public void answer(List<List<Request>> batches, Receiver receiver) {
                for (int i = 0; i < batches.getFirst().size(); i++) {
                    receiver.answered(
                            0,
                            i,
                            ReferenceTaskFilesTest.answer(batches.getFirst().get(i)));
                }
            }
        };
        return new Evaluation(
                        scorer,
                        new DataFolder(Path.of("")),
                        EvaluationOptions.DEFAULTS,
                        Optional.empty(),
                        EvaluationListener.NONE)
                .run(List.of(TaskFile.read(file(name + ".yaml"))))
                .getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"aliases", "each", "grades", "options", "pages", "towns", "vote"})
    void aTaskAsksAndMarksAndSumsUpAsInTheReference(String name) {
        JsonNode reference =
                new ObjectMapper().readTree(file("reference.json").toFile()).path(name);
        TaskResult result = run(name);
        assertThat(result.task().version()).isEqualTo(reference.path("version").asString());
        assertThat(result.items()).hasSize(reference.path("items").size());
        for (int i = 0; i < result.items().size(); i++) {
            JsonNode wanted = reference.path("items").path(i);
            ItemResult item = result.items().get(i);
            requests(item.item().requests(), wanted.path("requests"));
            for (Map.Entry<String, JsonNode> mark : wanted.path("marks").properties()) {
                Metric metric = metric(result, mark.getKey());
                JsonNode value = mark.getValue();
                assertThat(item.values().get(metric))
                        .as("item %d, %s", i, mark.getKey())
                        .isEqualTo((value.isArray() ? value.path(0) : value).doubleValue());
                if (value.isArray()) {
                    assertThat(item.weight().get(metric))
                            .isEqualTo(value.path(1).doubleValue());
                }
            }
        }
        for (Map.Entry<String, JsonNode> wanted : reference.path("figures").properties()) {
            Figure figure = Objects.requireNonNull(
                    result.figures().get(metric(result, wanted.getKey().replace("_stderr", ""))));
            boolean error = wanted.getKey().contains("_stderr");
            if (wanted.getValue().isNumber()) {
                assertThat(error ? figure.error() : figure.value())
                        .as(wanted.getKey())
                        .isCloseTo(wanted.getValue().doubleValue(), within(1e-12));
            }
        }
    }

    private static Metric metric(TaskResult result, String key) {
        return result.figures().keySet().stream()
                .filter(metric -> metric.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no figure " + key));
    }

    private static void requests(List<Request> requests, JsonNode wanted) {
        if (requests.getFirst() instanceof Request.Generate first) {
            assertThat(first.prompt().shown()).isEqualTo(wanted.path(0).path(0).asString());
            JsonNode settings = wanted.path(0).path(1);
            assertThat(first.stops())
                    .containsExactlyElementsOf(settings.path("until").values().stream()
                            .map(JsonNode::asString)
                            .toList());
            assertThat(first.maxTokens())
                    .isEqualTo(settings.path("max_gen_toks").asInt());
            assertThat(first.sampling().temperature())
                    .isEqualTo(settings.path("temperature").doubleValue());
            assertThat(first.sampling().topP()).isEqualTo(settings.path("top_p").asDouble(1.0));
            return;
        }
        assertThat(requests).hasSize(wanted.size());
        for (int i = 0; i < requests.size(); i++) {
            String first = wanted.path(i).path(0).asString();
            switch (requests.get(i)) {
                case Request.LogLikelihood asked -> {
                    assertThat(asked.prompt().shown()).isEqualTo(first);
                    assertThat(asked.continuation())
                            .isEqualTo(wanted.path(i).path(1).asString());
                }
                case Request.Rolling asked -> assertThat(asked.text()).isEqualTo(first);
                case Request.Generate _ -> throw new AssertionError("is not generated");
            }
        }
    }
}
