package dev.jemma.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;

/** Vectors are the engine's, with the prompt and the size that were asked for. */
class JemmaEmbeddingModelTest {
    @TempDir
    private static Path folder;

    private static LanguageModel model;

    @BeforeAll
    static void open() {
        model = TinyModels.embedding(folder);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static float[] direct(EmbeddingPrompt prompt, String text) {
        int[] ids = EmbeddingPrompt.ids(model.tokenizer(), prompt.prefix(), text);
        return model.engine().embed(ids).join();
    }

    @Test
    void vectorsAreThoseOfTheEngineInOrder() {
        JemmaEmbeddingModel vectors = JemmaEmbeddingModel.of(model);
        EmbeddingResponse response = vectors.embedForResponse(List.of("red", "green"));
        assertThat(response.getResults().get(0).getOutput()).isEqualTo(direct(EmbeddingPrompt.NONE, "red"));
        assertThat(response.getResults().get(1).getOutput()).isEqualTo(direct(EmbeddingPrompt.NONE, "green"));
        assertThat(response.getResults().get(1).getIndex()).isEqualTo(1);
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isPositive();
        assertThat(vectors.dimensions()).isEqualTo(direct(EmbeddingPrompt.NONE, "red").length);
    }

    @Test
    void textsAndDocumentsGetTheirPrompts() {
        JemmaEmbeddingModel vectors = JemmaEmbeddingModel.builder(model)
                .textPrompt(EmbeddingPrompt.QUERY)
                .documentPrompt(EmbeddingPrompt.DOCUMENT)
                .build();
        float[] query = direct(EmbeddingPrompt.QUERY, "red");
        float[] document = direct(EmbeddingPrompt.DOCUMENT, "red");
        assertThat(vectors.embed("red")).isEqualTo(query).isNotEqualTo(document);
        assertThat(vectors.embed(new Document("red"))).isEqualTo(document);
        assertThat(vectors.embed(
                        List.of(new Document("red"), new Document("green")),
                        EmbeddingOptions.builder().build(),
                        documents -> documents.stream().map(List::of).toList()))
                .containsExactly(document, direct(EmbeddingPrompt.DOCUMENT, "green"));
    }

    @Test
    void fewerDimensionsAreTheFirstOnesAtLengthOne() {
        float[] whole = direct(EmbeddingPrompt.NONE, "red");
        JemmaEmbeddingModel vectors =
                JemmaEmbeddingModel.builder(model).dimensions(8).build();
        assertThat(vectors.dimensions()).isEqualTo(8);
        EmbeddingOptions four = EmbeddingOptions.builder().dimensions(4).build();
        float[] part = vectors.call(new EmbeddingRequest(List.of("red"), four))
                .getResult()
                .getOutput();
        assertThat(part).hasSize(4);
        assertThat(part[3] / part[0]).isCloseTo(whole[3] / whole[0], within(1e-4f));
        EmbeddingOptions tooMany =
                EmbeddingOptions.builder().dimensions(100_000).build();
        assertThatThrownBy(() -> vectors.call(new EmbeddingRequest(List.of("red"), tooMany)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100000");
    }

    @Test
    void anotherModelsNameIsRefused() {
        EmbeddingOptions other = EmbeddingOptions.builder().model("ada").build();
        assertThatThrownBy(() -> JemmaEmbeddingModel.of(model).call(new EmbeddingRequest(List.of("red"), other)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ada");
    }

    @Test
    void aChatModelGivesNoVectors() {
        try (LanguageModel chat = TinyModels.chat()) {
            assertThatThrownBy(() -> JemmaEmbeddingModel.of(chat))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("EmbeddingGemma");
        }
    }

    @Test
    void aClosedModelIsNoFaultOfTheRequest(@TempDir Path other) {
        LanguageModel closed = TinyModels.embedding(other);
        JemmaEmbeddingModel gone = JemmaEmbeddingModel.builder(closed).build();
        closed.close();
        assertThatThrownBy(() -> gone.embed("hello")).isInstanceOf(EngineClosedException.class);
    }
}
