package dev.jemma.eval.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.eval.Answer;
import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Item;
import dev.jemma.eval.Items;
import dev.jemma.eval.Prompt;
import dev.jemma.eval.Questions;
import dev.jemma.eval.Request;
import dev.jemma.eval.Scorer;
import dev.jemma.eval.Task;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFileTest {
    @TempDir
    private Path folder;

    private static final String CHOICE = """
            task: capitals
            dataset_path: json
            dataset_kwargs: {data_files: {test: rows.jsonl, train: shots.csv}}
            test_split: test
            training_split: train
            output_type: multiple_choice
            description: "Capitals.\\n\\n"
            doc_to_text: "{{land | upper}} ({{where.on[0]}}):"
            doc_to_choice: "{{cities}}"
            doc_to_target: right
            num_fewshot: 1
            fewshot_config: {sampler: first_n}
            metric_list:
              - metric: acc
              - {metric: acc_bytes, aggregation: mean, higher_is_better: true}
            metadata: {version: 2.5}
            """;

    @BeforeEach
    void rows() throws IOException {
        Files.writeString(folder.resolve("rows.jsonl"), """
                {"land": "France", "where": {"on": ["Europe"]}, "cities": ["Paris", "Nice"], "right": 0}
                {"land": "Peru", "where": {"on": ["America"]}, "cities": ["Cusco", "Lima"], "right": "Lima"}
                """);
        Files.writeString(folder.resolve("shots.csv"), "question,answer\n\"How, \"\"exactly\"\"?\",so\nwhy,never\n");
    }

    private Task read(String yaml) throws IOException {
        Path file = folder.resolve("task.yaml");
        Files.writeString(file, yaml);
        return TaskFile.read(file);
    }

    private static List<Item> items(Task task, int shots) {
        return Items.of(task, new DataFolder(Path.of("")), EvaluationOptions.DEFAULTS.withShots(shots));
    }

    @Test
    void aChoiceIsAskedAsItsFileSays() throws IOException {
        Task task = read(CHOICE);
        assertThat(task.name()).isEqualTo("capitals");
        assertThat(task.version()).isEqualTo("2.5");
        assertThat(task.usualShots()).isOne();
        List<Item> items = items(task, 0);
        assertThat(items.getFirst().requests())
                .containsExactly(
                        new Request.LogLikelihood(new Prompt.Plain("Capitals.\n\nFRANCE (Europe):"), " Paris"),
                        new Request.LogLikelihood(new Prompt.Plain("Capitals.\n\nFRANCE (Europe):"), " Nice"));
        TaskResult result = run(
                task,
                request -> new Answer.Likelihood(
                        request instanceof Request.LogLikelihood likelihood
                                        && likelihood.continuation().equals(" Lima")
                                ? -1
                                : -2,
                        false));
        assertThat(result.figures().get(Metric.of("acc"))).isNotNull();
        assertThat(result.items())
                .extracting(item -> item.values().get(Metric.of("acc")))
                .containsExactly(1.0, 1.0);
    }

    private static TaskResult run(Task task, java.util.function.Function<Request, Answer> answers) {
        Scorer scorer = new Scorer() {
            @Override
            public String identity() {
                return "test";
            }

            @Override
            public void answer(List<List<Request>> batches, Receiver receiver) {
                for (int i = 0; i < batches.getFirst().size(); i++) {
                    receiver.answered(0, i, answers.apply(batches.getFirst().get(i)));
                }
            }
        };
        return new Evaluation(
                        scorer,
                        new DataFolder(Path.of("")),
                        EvaluationOptions.DEFAULTS.withShots(0),
                        Optional.empty(),
                        EvaluationListener.NONE)
                .run(List.of(task))
                .getFirst();
    }

    @Test
    void anAnswerIsGeneratedFilteredAndMarked() throws IOException {
        Task task = read("""
                task: sums
                dataset_kwargs: {data_files: {test: shots.csv}}
                test_split: test
                output_type: generate_until
                doc_to_text: "Q: {{question}}\\nA:"
                doc_to_target: answer
                generation_kwargs: {until: ["\\n"], max_gen_toks: 9, do_sample: false}
                filter_list:
                  - name: word
                    filter: [{function: regex, regex_pattern: "is ([a-zA-Z]+)"}, {function: take_first}]
                metric_list: [{metric: exact_match, ignore_case: true}, {metric: f1}]
                """);
        Item second = items(task, 1).get(1);
        assertThat(second.requests())
                .containsExactly(new Request.Generate(
                        new Prompt.Plain("Q: How, \"exactly\"?\nA: so\n\nQ: why\nA:"),
                        List.of("\n"),
                        9,
                        dev.jemma.eval.Sampling.GREEDY,
                        0));
        TaskResult result = run(task, _ -> new Answer.Text("it is NEVER so"));
        assertThat(result.items())
                .extracting(item -> item.values().get(Metric.of("exact_match", "word")))
                .containsExactly(0.0, 1.0);
        assertThat(result.items().getFirst().filtered()).containsEntry("word", List.of("NEVER"));
    }

    @Test
    void whatIsNotKnownIsRefusedByItsName() {
        assertThatThrownBy(() -> read(CHOICE + "process_docs: !function utils.f\n"))
                .isInstanceOf(EvalException.class);
        assertThatThrownBy(() -> read(CHOICE + "should_decontaminate: true\n"))
                .hasMessageContaining("\"should_decontaminate\" is not known here");
        assertThatThrownBy(() -> read(CHOICE.replace("metric: acc_bytes", "metric: bleu")))
                .hasMessageContaining("metric_list 2")
                .hasMessageContaining("must be acc");
        assertThatThrownBy(() -> read(CHOICE.replace("{{land | upper}}", "{{land | title}}")))
                .hasMessageContaining("{{land | title}} is not understood");
        assertThatThrownBy(() -> read(CHOICE.replace("{{land | upper}}", "{% if x %}")))
                .hasMessageContaining("only {{field}}");
        assertThatThrownBy(() -> read("task: [")).hasMessageContaining("is not YAML");
        assertThatThrownBy(() -> read("- 1")).hasMessageContaining("must be a map");
        assertThatThrownBy(() -> TaskFile.read(folder.resolve("none.yaml"))).hasMessageContaining("none.yaml");
    }

    @Test
    void whatDoesNotBelongToTheKindOfTaskIsRefused() {
        assertThatThrownBy(() -> read(CHOICE + "repeats: 3\n"))
                .hasMessageContaining("only for the output_type generate");
        assertThatThrownBy(() -> read(CHOICE.replace("aggregation: mean", "aggregation: median")))
                .hasMessageContaining("metric_list 2: \"aggregation\" can only be mean here");
        assertThatThrownBy(() -> read(CHOICE.replace("higher_is_better: true", "higher_is_better: false")))
                .hasMessageContaining("\"higher_is_better\" can only be true here");
        String text = """
                task: t
                dataset_kwargs: {data_files: {test: rows.jsonl}}
                test_split: test
                output_type: loglikelihood_rolling
                doc_to_target: land
                metric_list: [{metric: acc}]
                """;
        assertThatThrownBy(() -> read(text)).hasMessageContaining("must be word_perplexity");
    }

    @Test
    void theNamedFileIsReadAlsoBesideOneOfTheSameName() throws IOException {
        Files.writeString(folder.resolve("rows.csv"), "land,cities,right\nPeru,x,0\n");
        Task task = read("""
                task: t
                dataset_kwargs: {data_files: {test: rows.csv}}
                test_split: test
                output_type: loglikelihood_rolling
                doc_to_target: land
                """);
        assertThat(items(task, 0))
                .extracting(item -> item.requests().getFirst())
                .containsExactly(new Request.Rolling("Peru", 1024));
        Task other = read(CHOICE.replace("rows.jsonl", "rows.txt"));
        assertThatThrownBy(() -> items(other, 0)).hasMessageContaining("must be a file that ends in one of");
    }

    @Test
    void anInstructionStandsApartFromADescriptionOnlyWhereNoSpaceDoesThatAlready() throws IOException {
        String yaml = CHOICE.replace("num_fewshot: 1", "fewshot_delimiter: \"##\"");
        assertThat(head(read(yaml), "Be brief.", false)).startsWith("Be brief.##Capitals.\n\nFRANCE");
        assertThat(head(read(yaml), "Be brief.\n", false)).startsWith("Be brief.\nCapitals.\n\nFRANCE");
        assertThat(head(read(yaml.replaceFirst("description:.*\n", "")), "Be brief.", false))
                .startsWith("Be brief.FRANCE");
        assertThat(head(read(yaml), "Be brief.", true)).startsWith("system: Be brief.##Capitals.\n\n\nuser: FRANCE");
    }

    private static String head(Task task, String instruction, boolean chat) {
        EvaluationOptions options = new EvaluationOptions(
                OptionalInt.empty(),
                OptionalInt.of(0),
                false,
                chat,
                false,
                Optional.of(instruction),
                OptionalInt.empty(),
                Optional.empty(),
                100,
                1234);
        Request first = Items.of(task, new DataFolder(Path.of("")), options)
                .getFirst()
                .requests()
                .getFirst();
        return ((Request.LogLikelihood) first).prompt().shown();
    }

    @Test
    void theFirstRowsOfAPoolOfJustAsManyAreShown() throws IOException {
        String yaml = CHOICE.replace("train: shots.csv", "train: two.jsonl")
                .replace("test_split: test", "validation_split: test")
                .replace(" ({{where.on[0]}})", "");
        Files.writeString(folder.resolve("two.jsonl"), "{\"land\":\"Chad\",\"cities\":[\"Abéché\"],\"right\":0}\n");
        assertThat(items(read(yaml), 1).getFirst().requests().getFirst())
                .isEqualTo(
                        new Request.LogLikelihood(new Prompt.Plain("Capitals.\n\nCHAD: Abéché\n\nFRANCE:"), " Paris"));
        Task task = read(yaml);
        assertThatThrownBy(() -> items(task, 2)).hasMessageContaining("2 examples are asked for, but there are 1");
    }

    @Test
    void digitsOfATemplateAreANumberAndDigitsOfAFieldAreAText() throws IOException {
        Files.writeString(folder.resolve("rows.jsonl"), """
                {"land": "a", "cities": ["1", "2", "0"], "right": "2"}
                {"land": "b", "cities": ["1", "2", "0"], "right": 2}
                {"land": "c", "cities": ["1", "2", "0"], "right": true}
                """);
        String yaml = CHOICE.replace(" ({{where.on[0]}})", "");
        assertThat(golds(read(yaml))).containsExactly("1", "2", "1");
        Files.writeString(folder.resolve("rows.jsonl"), """
                {"land": "a", "cities": ["1", "2", "0"], "right": "2"}
                {"land": "b", "cities": "['x', 'y', 'True']", "right": true}
                """);
        assertThat(golds(read(yaml.replace("doc_to_target: right", "doc_to_target: \"{{right}}\""))))
                .containsExactly("2", "2");
    }

    private static List<String> golds(Task task) {
        return run(task, _ -> new Answer.Likelihood(-1, false)).items().stream()
                .map(item -> item.gold().getFirst())
                .toList();
    }

    @Test
    void aRowThatDoesNotFitIsNamed() throws IOException {
        Files.writeString(folder.resolve("rows.jsonl"), "{\"land\": \"X\", \"cities\": [\"a\"], \"right\": 4}\n");
        Task task = read(CHOICE.replace(" ({{where.on[0]}})", ""));
        assertThatThrownBy(() -> run(task, _ -> new Answer.Likelihood(0, false)))
                .hasMessageContaining("rows.jsonl line 1")
                .hasMessageContaining("\"4\" is none of the choices");
        Task other = read(CHOICE);
        assertThatThrownBy(() -> items(other, 0)).hasMessageContaining("needs the field \"where\"");
    }

    @Test
    void valuesOfAnotherKindAndDataWithoutRowsAreNamedToo() throws IOException {
        Files.writeString(folder.resolve("task.yaml"), """
                task: odd
                dataset_kwargs: {data_files: {test: odd.jsonl}}
                test_split: test
                output_type: multiple_choice
                doc_to_text: "{{land.strip()}}:"
                doc_to_choice: "{{cities}}"
                doc_to_target: right
                """);
        Task task = TaskFile.read(folder.resolve("task.yaml"));
        Path rows = folder.resolve("odd.jsonl");
        Files.writeString(rows, "{\"land\": [\"Peru\"], \"cities\": [\"Lima\"], \"right\": 0}");
        assertThatThrownBy(() -> Questions.of(task, new DataFolder(folder), EvaluationOptions.DEFAULTS))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("line 1: \"land\" must be text");
        Files.writeString(rows, "{\"land\": \"Peru\", \"cities\": [\"Lima\"], \"right\": {\"a\": 1}}");
        assertThatThrownBy(() -> new Evaluation(
                                new Fixed(),
                                new DataFolder(folder),
                                EvaluationOptions.DEFAULTS,
                                Optional.empty(),
                                EvaluationListener.NONE)
                        .run(List.of(task)))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("line 1: the right answer must be a number or a text");
        Files.writeString(rows, "");
        assertThatThrownBy(() -> Questions.of(task, new DataFolder(folder), EvaluationOptions.DEFAULTS))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("odd: the data has no rows");
    }

    /** The same answer to everything. */
    private record Fixed() implements Scorer {
        @Override
        public String identity() {
            return "fixed";
        }

        @Override
        public void answer(List<List<Request>> batches, Receiver receiver) {
            for (int i = 0; i < batches.getFirst().size(); i++) {
                receiver.answered(0, i, new Answer.Likelihood(-1, false));
            }
        }
    }
}
