package dev.jemma.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.TinyModels;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vectors are the engine's, with the prompt and the size that were asked for; tokens are counted as the model counts. */
class JemmaEmbeddingModelTest {
    @TempDir
    private static Path folder;

    private static LanguageModel model;
    private static JemmaEmbeddingModel vectors;

    @BeforeAll
    static void open() {
        model = TinyModels.embedding(folder);
        vectors = JemmaEmbeddingModel.builder(model).modelName("tiny").build();
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
        List<Embedding> all = vectors.embedAll(List.of(TextSegment.from("red"), TextSegment.from("green")))
                .content();
        assertThat(all.get(0).vector()).isEqualTo(direct(EmbeddingPrompt.NONE, "red"));
        assertThat(all.get(1).vector()).isEqualTo(direct(EmbeddingPrompt.NONE, "green"));
        assertThat(vectors.dimension()).isEqualTo(all.get(0).vector().length);
        assertThat(vectors.modelName()).isEqualTo("tiny");
    }

    @Test
    void queriesAndDocumentsGetTheirPrompts() {
        for (EmbeddingInputType type : EmbeddingInputType.values()) {
            EmbeddingResponse response = vectors.embed(EmbeddingRequest.builder()
                    .input("which planet is red?")
                    .inputType(type)
                    .build());
            EmbeddingPrompt prompt = EmbeddingPrompt.valueOf(type.name());
            assertThat(response.embeddings().getFirst().vector()).isEqualTo(direct(prompt, "which planet is red?"));
            assertThat(response.metadata().tokenUsage().inputTokenCount())
                    .isEqualTo(EmbeddingPrompt.ids(model.tokenizer(), prompt.prefix(), "which planet is red?").length);
        }
    }

    @Test
    void fewerDimensionsAreTheFirstOnesAtLengthOne() {
        float[] whole = direct(EmbeddingPrompt.NONE, "red");
        float[] part = vectors.embed(
                        EmbeddingRequest.builder().input("red").dimensions(4).build())
                .embeddings()
                .getFirst()
                .vector();
        assertThat(part).hasSize(4);
        double length = 0;
        for (int i = 0; i < part.length; i++) {
            length += part[i] * part[i];
            assertThat(part[i] / part[0]).isCloseTo(whole[i] / whole[0], within(1e-4f));
        }
        assertThat(length).isCloseTo(1, within(1e-5));
        assertThatThrownBy(() -> vectors.embed(EmbeddingRequest.builder()
                        .input("red")
                        .dimensions(100_000)
                        .build()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("dimensions");
    }

    @Test
    void anotherModelsNameIsRefused() {
        assertThatThrownBy(() -> vectors.embed(
                        EmbeddingRequest.builder().input("red").modelName("ada").build()))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("ada");
    }

    @Test
    void aFutureGivesTheSameVectors() throws Exception {
        EmbeddingRequest request =
                EmbeddingRequest.builder().inputs("red", "green").build();
        assertThat(vectors.embedAsync(request).get().embeddings())
                .isEqualTo(vectors.embed(request).embeddings());
    }

    @Test
    void aFutureFailsAsAWaitingCallDoes(@TempDir Path other) {
        try (LanguageModel broken = TinyModels.embedding(other)) {
            broken.engine().probe((_, _) -> {
                throw new IllegalStateException("a broken step");
            });
            EmbeddingRequest request = EmbeddingRequest.builder().input("red").build();
            JemmaEmbeddingModel ill = JemmaEmbeddingModel.of(broken);
            assertThatThrownBy(() -> ill.embed(request))
                    .isInstanceOf(LangChain4jException.class)
                    .hasMessageContaining("a broken step");
            assertThatThrownBy(() -> ill.embedAsync(request).get())
                    .cause()
                    .isInstanceOf(LangChain4jException.class)
                    .hasMessageContaining("a text could not be embedded")
                    .hasMessageContaining("a broken step");
        }
    }

    @Test
    void tokensAreCountedAsThePromptHasThem() {
        try (LanguageModel chat = TinyModels.chat()) {
            JemmaTokenCountEstimator counter = JemmaTokenCountEstimator.of(chat);
            assertThat(counter.estimateTokenCountInText("hello world"))
                    .isEqualTo(chat.tokenizer().encode("hello world").length);
            UserMessage user = UserMessage.from("hello world");
            AiMessage answer = AiMessage.from("good day");
            SystemMessage system = SystemMessage.from("be brief");
            int together = counter.estimateTokenCountInMessages(List.of(user, answer));
            assertThat(together)
                    .isEqualTo(1
                            + counter.estimateTokenCountInMessage(user)
                            + counter.estimateTokenCountInMessage(answer));
            assertThat(counter.estimateTokenCountInMessages(List.of(answer)))
                    .isEqualTo(1 + counter.estimateTokenCountInMessage(answer));
            assertThat(counter.estimateTokenCountInMessages(List.of(system)))
                    .isEqualTo(1 + counter.estimateTokenCountInMessage(system))
                    .isGreaterThan(2);
            assertThat(counter.estimateTokenCountInMessages(List.of())).isZero();
        }
    }

    @Test
    void aClosedModelIsNoFaultOfTheRequest(@TempDir Path other) {
        LanguageModel closed = TinyModels.embedding(other);
        JemmaEmbeddingModel gone = JemmaEmbeddingModel.builder(closed).build();
        closed.close();
        assertThatThrownBy(() -> gone.embed("hello")).isInstanceOf(InternalServerException.class);
    }
}
