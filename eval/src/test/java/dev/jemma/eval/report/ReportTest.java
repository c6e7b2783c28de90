package dev.jemma.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.eval.Answer;
import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Request;
import dev.jemma.eval.Scorer;
import dev.jemma.eval.Task;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.task.Benchmarks;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tables, the page and comparisons, of runs whose rows and model try to be markup. */
class ReportTest {
    private static final String EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&|\u2028";
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path home;

    private final Benchmarks benchmarks = new Benchmarks(Optional.empty());

    @BeforeEach
    void rows() throws IOException {
        Files.createDirectories(home.resolve("piqa"));
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            rows.append(JSON.writeValueAsString(
                            Map.of("goal", i + EVIL, "sol1", "a" + EVIL, "sol2", "b" + EVIL, "label", i % 2)))
                    .append('\n');
        }
        Files.writeString(home.resolve("piqa/validation.jsonl"), rows);
        Files.writeString(home.resolve("piqa/train.jsonl"), rows);
    }

    /** Likelihoods by a function of the request's prompt and continuation. */
    private static Scorer scorer(ToDoubleFunction<String> sums) {
        return new Scorer() {
            @Override
            public String identity() {
                return "test";
            }

            @Override
            public void answer(List<List<Request>> batches, Receiver receiver) {
                for (int b = 0; b < batches.size(); b++) {
                    for (int r = 0; r < batches.get(b).size(); r++) {
                        if (batches.get(b).get(r) instanceof Request.LogLikelihood(var prompt, String continuation)) {
                            double sum = sums.applyAsDouble(prompt.shown() + "#" + continuation);
                            receiver.answered(b, r, new Answer.Likelihood(sum, false));
                        }
                    }
                }
            }
        };
    }

    private static double first(String asked) {
        return asked.contains("# a") ? -1 : -2;
    }

    private Path run(String out, EvaluationOptions options, ToDoubleFunction<String> sums) {
        Task task = benchmarks.task("piqa").orElseThrow();
        List<TaskResult> results = new Evaluation(
                        scorer(sums), new DataFolder(home), options, Optional.empty(), EvaluationListener.NONE)
                .run(List.of(task));
        Path folder = home.resolve(out);
        RunFacts facts = new RunFacts("270m " + EVIL, Map.of(), Map.of(), options, 0, 1);
        RunFiles.write(folder, results, benchmarks.groups(), facts);
        return folder;
    }

    @Test
    void thePublishedTableIsThePapers() {
        List<Published> lines = Published.all();
        assertThat(lines.stream().map(Published::task)).containsExactlyElementsOf(Benchmarks.GEMMA_SUITE);
        // the means that the paper's last line has
        double[] means = {46.9, 52.4, 54.5, 45.0, 56.9};
        for (int c = 0; c < means.length; c++) {
            int column = c;
            double mean = lines.stream()
                    .mapToDouble(line -> line.value(column).orElseThrow())
                    .average()
                    .orElseThrow();
            assertThat(Math.round(mean * 10) / 10.0).as(Published.MODELS.get(c)).isEqualTo(means[c]);
        }
        assertThat(Published.of("piqa").orElseThrow().value(5)).hasValue(67.7);
        assertThat(Published.of("mmlu").orElseThrow().value(5)).isEmpty();
    }

    @Test
    void theTableHasTheRunBesideThePublishedFigures() throws IOException {
        String table = Files.readString(
                run("out", EvaluationOptions.DEFAULTS, ReportTest::first).resolve("table.md"));
        assertThat(table)
                .contains("| PIQA | 0-shot | 78.8 | 80.5 | 82.2 | 77.3 | 81.2 | 67.7 (0) | 50.0 ± 11.5 | 0 | 20 |")
                .contains("| MMLU | 5-shot, top-1 | 45.3 | 54.8 | 62.5 | 42.3 | 64.3 | – | – |  |  |")
                .contains("| **Average of 1** | | 78.8 | 80.5 | 82.2 | 77.3 | 81.2 | 67.7 | 50.0 ± 11.5 | | |")
                .contains("## All figures");
        List<String> rows = table.lines()
                .filter(line -> line.startsWith("| ") && line.contains("shot"))
                .toList();
        assertThat(rows.stream()
                        .map(line -> line.chars().filter(c -> c == '|').count())
                        .distinct())
                .as("every line has as many cells")
                .contains(12L);
    }

    @Test
    void nothingOfDataOrModelBecomesMarkup() throws Exception {
        String page = Files.readString(
                run("out", EvaluationOptions.DEFAULTS, ReportTest::first).resolve("report.html"));
        assertThat(page).doesNotContain("<img").doesNotContain("<script>alert");
        Matcher tags = Pattern.compile("</?([a-zA-Z][a-zA-Z0-9]*)").matcher(page);
        Set<String> names = new HashSet<>();
        int scripts = 0;
        while (tags.find()) {
            names.add(tags.group(1));
            scripts += tags.group().equals("<script") ? 1 : 0;
        }
        assertThat(scripts).isEqualTo(2);
        assertThat(names).doesNotContain("img", "iframe", "object", "link", "a");
        assertThat(page).doesNotContain("http://").doesNotContain("https://").doesNotContain("innerHTML");
    }

    @Test
    void itemsArriveInThePageAsTheyAre() throws IOException {
        String page = Files.readString(
                run("out", EvaluationOptions.DEFAULTS, ReportTest::first).resolve("report.html"));
        String begin = "<script id=\"data\" type=\"application/json\">";
        int from = page.indexOf(begin) + begin.length();
        JsonNode data = JSON.readTree(page.substring(from, page.indexOf("</script>", from)));
        assertThat(page.substring(from))
                .as("no line break that JSON does not know")
                .doesNotContain("\u2028");
        JsonNode items = data.path(0).path("items");
        assertThat(items.size()).isEqualTo(20);
        assertThat(items.path(3).path(0).asInt()).isEqualTo(3);
        assertThat(items.path(3).path(1).asInt()).as("wrong").isZero();
        assertThat(items.path(2).path(1).asInt()).as("right").isEqualTo(1);
        assertThat(items.path(3).path(2).asString()).isEqualTo("Question: 3" + EVIL + "\nAnswer:");
        assertThat(items.path(3).path(3).path(1).path(0).asString()).isEqualTo("b" + EVIL);
        assertThat(items.path(3).path(3).path(1).path(1).asString()).isEqualTo("-2.000");
    }

    @Test
    void thePolicyAllowsTheOneScriptThatIsThere() throws Exception {
        String page = Files.readString(
                run("out", EvaluationOptions.DEFAULTS, ReportTest::first).resolve("report.html"));
        int from = page.lastIndexOf("<script>") + "<script>".length();
        String script = page.substring(from, page.indexOf("</script>", from));
        String hash = java.util.Base64.getEncoder().encodeToString(RunFiles.sha256(script));
        assertThat(page).contains("default-src 'none'").contains("script-src 'sha256-" + hash + "'");
    }

    @Test
    void barsAreDrawnToScaleAndAreWellFormed() throws Exception {
        String page = Files.readString(
                run("out", EvaluationOptions.DEFAULTS, ReportTest::first).resolve("report.html"));
        Matcher svg = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
        assertThat(svg.find()).isTrue();
        var means = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg.group())));
        // the legend's six, then five published bars and this run's: half of 220
        assertThat(means.getElementsByTagName("rect").getLength()).isEqualTo(12);
        var own = means.getElementsByTagName("rect").item(11).getAttributes();
        assertThat(own.getNamedItem("class").getNodeValue()).isEqualTo("own");
        assertThat(own.getNamedItem("height").getNodeValue()).isEqualTo("110.0");
        assertThat(svg.group()).contains("Reasoning (1 of 7)").contains("78.8").contains("class=\"error\"");
        assertThat(svg.find()).isTrue();
        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg.group())));
        assertThat(document.getElementsByTagName("title").item(0).getTextContent())
                .isEqualTo("Reasoning");
        // 50 per cent of 760 − 210 − 70
        assertThat(document.getElementsByTagName("rect")
                        .item(0)
                        .getAttributes()
                        .getNamedItem("width")
                        .getNodeValue())
                .isEqualTo("240.0");
        assertThat(svg.group()).contains("class=\"error\"").contains("class=\"published\"");
        assertThat(svg.find()).as("groups without a task have no chart").isFalse();
    }

    @Test
    void theTasksOfAGroupAreFoldedBelowIt() throws IOException {
        Files.createDirectories(home.resolve("math"));
        StringBuilder rows = new StringBuilder();
        for (String type : List.of(
                "Algebra",
                "Counting & Probability",
                "Geometry",
                "Intermediate Algebra",
                "Number Theory",
                "Prealgebra",
                "Precalculus")) {
            rows.append(JSON.writeValueAsString(Map.of("problem", "p", "solution", "\\boxed{2}", "type", type)))
                    .append('\n');
        }
        Files.writeString(home.resolve("math/test.jsonl"), rows);
        Scorer right = new Scorer() {
            @Override
            public String identity() {
                return "right";
            }

            @Override
            public void answer(List<List<Request>> batches, Receiver receiver) {
                for (int b = 0; b < batches.size(); b++) {
                    for (int r = 0; r < batches.get(b).size(); r++) {
                        receiver.answered(b, r, new Answer.Text("Final Answer: The final answer is $2$."));
                    }
                }
            }
        };
        List<TaskResult> results = new Evaluation(
                        right,
                        new DataFolder(home),
                        EvaluationOptions.DEFAULTS,
                        Optional.empty(),
                        EvaluationListener.NONE)
                .run(benchmarks.find("minerva_math"));
        RunFiles.write(
                home.resolve("out"),
                results,
                benchmarks.groups(),
                new RunFacts("m", Map.of(), Map.of(), EvaluationOptions.DEFAULTS, 0, 1));
        String page = Files.readString(home.resolve("out/report.html"));
        assertThat(page)
                .contains("<summary>minerva_math: its 7 tasks</summary>")
                .contains(">counting_and_prob</text>");
        String above =
                page.substring(page.indexOf("<h2>Figures"), page.indexOf("<details>", page.indexOf("<h2>Figures")));
        assertThat(above).contains("<td>minerva_math</td><td>4</td><td>7</td>").doesNotContain("minerva_math_algebra");
        assertThat(page).contains("<td>minerva_math_algebra</td>");
    }

    @Test
    void twoRunsAreComparedItemByItem() {
        Path a = run("a", EvaluationOptions.DEFAULTS, ReportTest::first);
        Path b = run("b", EvaluationOptions.DEFAULTS, asked -> {
            boolean odd = asked.matches("(?s)Question: [1357]<.*"); // right on four of those that the first has wrong
            return odd == asked.contains("# b") ? -1 : -2;
        });
        Comparison comparison = Comparison.of(a, b, Set.of());
        Comparison.Line acc = comparison.lines().getFirst();
        assertThat(acc.metric()).isEqualTo("acc,none");
        assertThat(acc.first()).isEqualTo(0.5);
        assertThat(acc.second()).isEqualTo(0.7);
        assertThat(acc.onlyFirst()).isZero();
        assertThat(acc.onlySecond()).isEqualTo(4);
        assertThat(acc.p()).isEqualTo(0.125);
        assertThat(acc.low()).isPositive();
        assertThat(comparison.items().stream()
                        .filter(i -> i.metric().equals("acc,none"))
                        .map(Comparison.Item::id))
                .containsExactly(1, 3, 5, 7);
        assertThat(comparison.toMarkdown(2))
                .contains("| piqa | acc,none | 20 | 0.5000 | 0.7000 | +0.2000 |")
                .contains("8 items differ, the first 2:")
                .doesNotContain("<script>");
        assertThat(Comparison.of(a, a, Set.of("piqa")).items()).isEmpty();
        assertThat(Comparison.of(a, a, Set.of()).lines().getFirst().p()).isEqualTo(1);
    }

    @Test
    void ofSeveralRunsInAFolderOfTheReferenceHarnessTheLastCounts() throws IOException {
        Path a = run("a", EvaluationOptions.DEFAULTS, ReportTest::first);
        Path b = run("b", EvaluationOptions.DEFAULTS, asked -> -ReportTest.first(asked));
        Path both = Files.createDirectories(home.resolve("both"));
        for (int day = 9; day > 0; day--) {
            Path from = (day == 9 ? b : a).resolve("samples_piqa.jsonl");
            Files.copy(from, both.resolve("samples_piqa_2025-01-0" + day + "T10-00-00.123456.jsonl"));
        }
        assertThat(Comparison.of(b, both, Set.of()).items()).isEmpty();
        assertThat(Comparison.of(a, both, Set.of()).items()).isNotEmpty();
    }

    @Test
    void runsWithOtherMetricsAreNotCompared() throws IOException {
        Path a = run("a", EvaluationOptions.DEFAULTS, ReportTest::first);
        Path b = run("b", EvaluationOptions.DEFAULTS, ReportTest::first);
        Path samples = b.resolve("samples_piqa.jsonl");
        Files.writeString(samples, Files.readString(samples).replace("\"acc_norm\"", "\"acc_other\""));
        assertThatThrownBy(() -> Comparison.of(a, b, Set.of()))
                .hasMessageContaining("piqa: the runs have different metrics (acc,none acc_norm,none and acc,none"
                        + " acc_other,none)");
        Files.writeString(samples, Files.readString(samples).replace("\"acc_other\"", "\"bits_per_byte\""));
        assertThatThrownBy(() -> Comparison.of(b, a, Set.of())).hasMessageContaining("different metrics");
    }

    @Test
    void runsOfOtherPromptsRowsOrTasksAreNotCompared() throws IOException {
        Path a = run("a", EvaluationOptions.DEFAULTS, ReportTest::first);
        assertThatThrownBy(() -> Comparison.of(
                        a, run("b", EvaluationOptions.DEFAULTS.withShots(1), ReportTest::first), Set.of()))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("piqa: item 0 was not asked the same");
        assertThatThrownBy(() -> Comparison.of(
                        a, run("c", EvaluationOptions.DEFAULTS.withLimit(5), ReportTest::first), Set.of()))
                .hasMessageContaining("piqa: the runs have different items (20 and 5)");
        Path d = run("d", EvaluationOptions.DEFAULTS, ReportTest::first);
        Files.copy(d.resolve("samples_piqa.jsonl"), d.resolve("samples_other.jsonl"));
        assertThatThrownBy(() -> Comparison.of(a, d, Set.of()))
                .hasMessageContaining("different tasks: only " + d + " has other");
        assertThat(Comparison.of(a, d, Set.of("piqa")).lines()).isNotEmpty();
        assertThatThrownBy(() -> Comparison.of(a, d, Set.of("other"))).hasMessageContaining("no samples of other");
        assertThatThrownBy(() -> Comparison.of(a, home, Set.of())).hasMessageContaining("--out folder");
        Files.writeString(d.resolve("samples_other.jsonl"), "{\"doc_id\": 0}\nnot json\n");
        assertThatThrownBy(() -> Comparison.of(d, d, Set.of())).hasMessageContaining("samples_other.jsonl line 2");
    }
}
