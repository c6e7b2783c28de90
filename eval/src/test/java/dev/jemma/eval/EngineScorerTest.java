package dev.jemma.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.chat.Message;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ModelOptions;
import dev.jemma.infer.TextScoring;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Answers of the engine do not depend on what else is asked, nor on what is shared. On a small random model. */
class EngineScorerTest {
    private static final int CONTEXT = 256;
    private static final List<LanguageModel> MODELS = new ArrayList<>();

    private static LanguageModel model() {
        return MODELS.getFirst();
    }

    @BeforeAll
    static void load() {
        MODELS.add(LanguageModel.open(
                file(), ModelOptions.builder().contextLength(CONTEXT).threads(2).build()));
    }

    private static Path file() {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        return root.resolve("core/src/test/resources/golden/models/gguf/gemma3-F32.gguf");
    }

    @AfterAll
    static void close() {
        MODELS.forEach(LanguageModel::close);
        MODELS.clear();
    }

    private static Answer[][] answers(List<List<Request>> batches) {
        Answer[][] all = batches.stream().map(batch -> new Answer[batch.size()]).toArray(Answer[][]::new);
        new EngineScorer(model(), "tiny").answer(batches, (batch, index, answer) -> {
            assertThat(all[batch][index]).as("answered once").isNull();
            all[batch][index] = answer;
        });
        return all;
    }

    private static Request likelihood(String context, String continuation) {
        return new Request.LogLikelihood(new Prompt.Plain(context), continuation);
    }

    @Test
    void sharedBeginningsChangeNoBit() {
        String shots = "The first example is long enough to be shared by every question that follows it. ".repeat(2);
        List<Request> requests = new ArrayList<>();
        for (int question = 0; question < 30; question++) {
            for (String choice : List.of(" yes", " no", " perhaps, who knows", "")) {
                requests.add(likelihood(shots + "Question " + question + ":", choice));
            }
        }
        requests.add(likelihood("", "no context"));
        requests.add(likelihood("trailing space ", "moves"));
        requests.add(new Request.Generate(new Prompt.Plain(shots + "Go"), List.of(), 7, Sampling.GREEDY, 0));
        Answer[][] together =
                answers(List.of(requests.subList(0, 60), List.of(), requests.subList(60, requests.size())));
        List<Answer> joined = new ArrayList<>();
        Arrays.stream(together).forEach(batch -> joined.addAll(Arrays.asList(batch)));
        for (int i = 0; i < requests.size(); i += 7) {
            assertThat(answers(List.of(List.of(requests.get(i))))[0][0]).isEqualTo(joined.get(i));
        }
        var plain = model().engine()
                .score(List.of(TextScoring.request(model().tokenizer(), shots + "Question 0:", " yes", false, 0)))
                .getFirst();
        assertThat(joined.getFirst()).isEqualTo(new Answer.Likelihood(plain.sum(), plain.allGreedy()));
    }

    @Test
    void aTextIsRolledInWindowsThatBeginAnew() {
        String text = "It was a dark and stormy night; the rain fell in torrents. ".repeat(5);
        int[] ids = model().tokenizer().encode(text);
        Answer rolled = answers(List.of(List.of(new Request.Rolling(text, 20))))[0][0];
        double sum = 0;
        for (int from = 0; from < ids.length; from += 19) {
            int[] part = model().tokenizer().withBos(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + 19)));
            sum += model().engine()
                    .score(List.of(new dev.jemma.infer.ScoreRequest(part, 1, 0)))
                    .getFirst()
                    .sum();
        }
        assertThat(rolled).isEqualTo(new Answer.Rolled(sum, ids.length));
        assertThat(answers(List.of(List.of(new Request.Rolling("", 20))))[0][0]).isEqualTo(new Answer.Rolled(0, 0));
    }

    @Test
    void afterAFailureNothingGoesOn() throws InterruptedException {
        try (LanguageModel roomy = LanguageModel.open(
                file(), ModelOptions.builder().contextLength(8192).threads(2).build())) {
            List<Request> requests = new ArrayList<>();
            requests.add(likelihood("a", " b"));
            for (int i = 0; i < 40; i++) {
                Prompt prompt = new Prompt.Plain("story " + i);
                requests.add(new Request.Generate(prompt, List.of(), 8000, Sampling.GREEDY, 0));
            }
            EvalException full = new EvalException("the disk is full");
            assertThatThrownBy(() -> new EngineScorer(roomy, "tiny").answer(List.of(requests), (_, _, _) -> {
                        throw full;
                    }))
                    .isSameAs(full);
            while (roomy.engine().waiting() > 0 || roomy.engine().stats().sequences() > 0) {
                Thread.sleep(1);
            }
            assertThat(roomy.engine().stats().generatedTokens()).isLessThan(40 * 8000 / 2);
        }
    }

    @Test
    void aWindowWithoutRoomForATokenIsRefused() {
        assertThatThrownBy(() -> answers(List.of(List.of(new Request.Rolling("text", 1)))))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("no room");
    }

    @Test
    void whatIsTooLongIsCutOnTheLeft() {
        String end = "x".repeat(3) + " and the end of it all";
        String longer = "word ".repeat(2 * CONTEXT) + end;
        String longest = "word ".repeat(4 * CONTEXT) + end;
        Answer[] cut = answers(List.of(List.of(likelihood(longer, " yes"), likelihood(longest, " yes"))))[0];
        assertThat(cut[0]).isEqualTo(cut[1]);
        Answer[] texts = answers(List.of(List.of(
                new Request.Generate(new Prompt.Plain(longer), List.of(), 5, Sampling.GREEDY, 0),
                new Request.Generate(new Prompt.Plain(longest), List.of(), 5, Sampling.GREEDY, 0))))[0];
        assertThat(texts[0]).isEqualTo(texts[1]);
        assertThatThrownBy(() -> answers(List.of(List.of(likelihood("a", " word".repeat(2 * CONTEXT))))))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("the context holds 256");
    }

    @Test
    void samplesOfOnePromptDiffer() {
        List<Request> samples = new ArrayList<>();
        for (int sample = 0; sample < 4; sample++) {
            samples.add(
                    new Request.Generate(new Prompt.Plain("Go"), List.of(), 12, new Sampling(1.5, 1, 0, 3), sample));
        }
        assertThat(answers(List.of(samples))[0]).doesNotHaveDuplicates();
    }

    @Test
    void aConversationNeedsAModelThatChats() {
        Request chat = new Request.LogLikelihood(new Prompt.Chat(List.of(Message.user("Hi"))), "Hello");
        if (model().chatTemplate().isPresent()) {
            assertThat(answers(List.of(List.of(chat)))[0][0]).isInstanceOf(Answer.Likelihood.class);
        } else {
            assertThatThrownBy(() -> answers(List.of(List.of(chat)))).hasMessageContaining("no chat template");
        }
    }
}
