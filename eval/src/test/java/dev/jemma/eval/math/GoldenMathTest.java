package dev.jemma.eval.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every answer as the reference has it; golden/math/README.md says where the values come from. */
final class GoldenMathTest {
    private static List<JsonNode> rows(String name) {
        List<JsonNode> rows = new ArrayList<>();
        try (InputStream in = GoldenMathTest.class.getResourceAsStream("/golden/math/" + name)) {
            assertThat(in).as(name).isNotNull();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .forEach(line -> rows.add(JsonMapper.shared().readTree(line)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(rows).hasSizeGreaterThan(100);
        return rows;
    }

    /** Fails with all rows that do not hold, not the first. */
    private static void allHold(String name, Predicate<JsonNode> holds) {
        assertThat(rows(name).stream()
                        .filter(holds.negate())
                        .map(JsonNode::toString)
                        .toList())
                .isEmpty();
    }

    private static Optional<String> text(JsonNode row, String field) {
        return Optional.of(row.path(field)).filter(JsonNode::isString).map(JsonNode::stringValue);
    }

    @Test
    void whatTheReferenceReadsIsReadAndNothingElse() {
        allHold(
                "expressions.jsonl",
                row -> MathAnswer.isExpression(text(row, "latex").orElseThrow())
                        == row.path("expression").booleanValue());
    }

    @Test
    void answersAreEqualWhereTheReferenceSaysSo() {
        allHold(
                "equality.jsonl",
                row -> MathAnswer.equal(
                                text(row, "a").orElseThrow(), text(row, "b").orElseThrow())
                        == row.path("equal").booleanValue());
    }

    @Test
    void answersInAnyFormAreJudgedAsMathVerifyDoes() {
        allHold(
                "verify.jsonl",
                row -> MathVerify.matches(
                                text(row, "candidate").orElseThrow(),
                                text(row, "solution").orElseThrow())
                        == row.path("right").booleanValue());
    }

    @Test
    void minervasNormalFormIsThatOfTheReference() {
        allHold(
                "normal.jsonl",
                row -> MinervaMath.gold(text(row, "boxed").orElseThrow())
                        .equals(text(row, "answer").orElseThrow()));
    }

    @Test
    void hendrycksNormalFormIsThatOfTheReference() {
        allHold(
                "hendrycks.jsonl",
                row -> HendrycksMath.normalize(text(row, "text").orElseThrow()).equals(text(row, "normal")));
    }

    @Test
    void agiEvalsAnswersAreFoundAndJudgedAsInTheReference() {
        allHold(
                "agieval.jsonl",
                row -> HendrycksMath.extractAgiEval(text(row, "text").orElseThrow())
                                .equals(text(row, "answer"))
                        && HendrycksMath.matchesAgiEval(
                                        text(row, "text").orElseThrow(),
                                        text(row, "gold").orElseThrow())
                                == row.path("right").booleanValue());
    }
}
