package dev.jemma.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Form;
import dev.jemma.eval.Item;
import dev.jemma.eval.Questions;
import dev.jemma.eval.Request;
import dev.jemma.eval.Task;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files, columns and types of publishers: see the README beside the files. */
class PublishersFilesTest {
    private static DataFolder data() throws URISyntaxException {
        return new DataFolder(Path.of(Objects.requireNonNull(PublishersFilesTest.class.getResource("/publishers"))
                .toURI()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "arc_easy        | Question: Which one is hot?~Answer:  | 1 | ' ice, fire, rain'",
                "hellaswag       | Roof: A man is on a roof. He         | 3 | ' sleeps., sings. again., falls., digs.'",
                "piqa            | Question: open a door~Answer:        | 0 | ' push it, sing to it'",
                "boolq           | Ice is cold.~Question: is ice cold?~Answer: | 1 | ' no, yes'",
                "openbookqa      | A stone is                           | 0 | ' hard, soft, wet, loud'",
                "winogrande      | Ann fed Eve because Ann              | 0 | ' was kind., was kind.'",
                "social_iqa      | Q: Bo fell. How does Bo feel?~A:     | 1 | ' glad, hurt, rich'",
                "commonsense_qa  | Question: Where is a fish?~A. sky~B. sea~C. oven~D. book~E. hat~Answer: | 1 | ' A, B, C, D, E'",
                "triviaqa        | Question: Who wrote Emma??~Answer:   | -1 | Jane Austen, Austen",
                "nq_open         | Answer these questions:~~Q: who wrote emma?~A: | -1 | Jane Austen",
                "gsm8k           | Question: What is 1 + 1?~Answer:     | -1 | 'It is 2.~#### 2'",
                "humaneval       | 'def f():~'                          | -1 | 'def check(f):~    f()~~check(f)'",
                "mmlu_anatomy    | 'The following are multiple choice questions (with answers) about anatomy.~~Where is the heart?~A. chest~B. foot~C. hand~D. head~Answer:' | 0 | ' A, B, C, D'",
                "mmlu_astronomy  | 'The following are multiple choice questions (with answers) about astronomy.~~Where is the moon, seen~from here?~A. up~B. down~C. left~D. right~Answer:' | 0 | ' A, B, C, D'"
            })
    void aRowBecomesItsQuestion(String name, String prompt, int gold, String answers) throws URISyntaxException {
        Task task = new Benchmarks(Optional.empty()).find(name).getFirst();
        Item item = Questions.of(task, data(), EvaluationOptions.DEFAULTS.withShots(0))
                .items()
                .getFirst();
        String shown = prompt.replace('~', '\n');
        List<String> texts = new java.util.ArrayList<>();
        for (Request request : item.requests()) {
            switch (request) {
                case Request.LogLikelihood asked ->
                    texts.add(asked.continuation().substring(1));
                case Request.Generate _ ->
                    texts.addAll(((Form.Generation) task.form()).targets().apply(item.doc()));
                case Request.Rolling _ -> throw new AssertionError("no benchmark is rolling");
            }
        }
        Request first = item.requests().getFirst();
        String own = first instanceof Request.LogLikelihood likelihood
                ? likelihood.prompt().shown()
                : ((Request.Generate) first).prompt().shown();
        assertThat(own).isEqualTo(shown);
        assertThat(String.join(", ", texts)).isEqualTo(answers.strip().replace('~', '\n'));
        switch (task.form()) {
            case Form.Choice form -> assertThat(form.gold().apply(item.doc())).containsExactly(gold);
            case Form.Partial form -> assertThat(form.gold().apply(item.doc())).isEqualTo(gold);
            default -> assertThat(gold).isNegative();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mmlu_anatomy, mmlu/anatomy/dev-00000-of-00001.parquet, Answer: B",
        "mmlu_astronomy, mmlu/dev/astronomy_dev.csv, Answer: B",
        "mbpp, mbpp/full/prompt-00000-of-00001.parquet, return 2"
    })
    void examplesComeFromTheirOwnSplit(String name, String file, String shown) throws URISyntaxException {
        Task task = new Benchmarks(Optional.empty()).find(name).getFirst();
        Questions questions = Questions.of(task, data(), EvaluationOptions.DEFAULTS.withShots(1));
        assertThat(questions.origin()).isEqualTo(file);
        assertThat(questions.note()).isEmpty();
        Request request = questions.items().getFirst().requests().getFirst();
        assertThat(request.toString()).contains(shown);
    }
}
