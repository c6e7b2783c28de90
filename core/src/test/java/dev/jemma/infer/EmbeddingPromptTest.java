package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.Tokenizer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EmbeddingPromptTest {
    @Test
    void promptsAreThoseTheModelWasTrainedWith() {
        assertThat(EmbeddingPrompt.QUERY.prefix()).isEqualTo("task: search result | query: ");
        assertThat(EmbeddingPrompt.SIMILARITY.prefix()).isEqualTo("task: sentence similarity | query: ");
        assertThat(EmbeddingPrompt.document("Mars")).isEqualTo("title: Mars | text: ");
        assertThat(EmbeddingPrompt.document(" ")).isEqualTo(EmbeddingPrompt.DOCUMENT.prefix());
        assertThat(EmbeddingPrompt.NONE.prefix()).isEmpty();
    }

    @Test
    void everyLabelFindsItsPrompt() {
        for (EmbeddingPrompt prompt : EmbeddingPrompt.values()) {
            assertThat(EmbeddingPrompt.ofLabel(prompt.label())).contains(prompt);
        }
        assertThat(EmbeddingPrompt.ofLabel("question-answering")).contains(EmbeddingPrompt.QUESTION_ANSWERING);
        assertThat(EmbeddingPrompt.ofLabel("Query")).isEmpty();
    }

    @Test
    void idsStandBetweenBosAndEos() {
        Tokenizer tokenizer = TokenizerLoader.load(Golden.path("models/tokenizer/tokenizer.model"));

        int[] ids = EmbeddingPrompt.ids(tokenizer, "a: ", "<eos>");

        int[] text = tokenizer.encode("a: <eos>"); // plain text: no control token can be smuggled in
        assertThat(ids)
                .startsWith(tokenizer.special().bos())
                .endsWith(tokenizer.special().eos());
        assertThat(Arrays.copyOfRange(ids, 1, ids.length - 1)).isEqualTo(text);
        assertThat(text).doesNotContain(tokenizer.special().eos());
    }
}
