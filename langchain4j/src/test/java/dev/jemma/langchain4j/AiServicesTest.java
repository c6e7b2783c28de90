package dev.jemma.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.TinyModels;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.memory.chat.TokenWindowChatMemory;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.Result;
import dev.langchain4j.service.SystemMessage;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The framework's own services run on Jemma's models: declared assistants, memory, extraction, search. */
class AiServicesTest {
    @TempDir
    private static Path folder;

    private static final JemmaChatRequestParameters BRIEF = JemmaChatRequestParameters.builder()
            .temperature(0.0)
            .maxOutputTokens(60)
            .build();

    /** What is extracted. */
    record Weather(
            @JsonProperty(required = true) Sky sky,
            @JsonProperty(required = true) boolean warm) {
        enum Sky {
            CLEAR,
            GREY
        }
    }

    /** A declared assistant. */
    interface Assistant {
        @SystemMessage("Be brief.")
        Result<String> answer(String question);

        Weather weather(String report);
    }

    /** One that streams. */
    interface StreamingAssistant {
        TokenStream answer(String question);
    }

    @Test
    void aDeclaredAssistantAnswersAndRemembers() {
        try (LanguageModel model = TinyModels.chat()) {
            Assistant assistant = AiServices.builder(Assistant.class)
                    .chatModel(JemmaChatModel.builder(model)
                            .defaultRequestParameters(BRIEF)
                            .build())
                    .chatMemory(TokenWindowChatMemory.withMaxTokens(150, JemmaTokenCountEstimator.of(model)))
                    .build();
            Result<String> first = assistant.answer("hello");
            Result<String> second = assistant.answer("hello again");
            for (int i = 0; i < 6; i++) { // far beyond what the memory holds, in whatever order it forgets
                assertThat(assistant.answer("and again, number " + i).content()).isNotNull();
            }
            assertThat(first.content()).isNotEmpty();
            assertThat(second.tokenUsage().inputTokenCount())
                    .isGreaterThan(first.tokenUsage().inputTokenCount());
        }
    }

    @Test
    void anAnswerBecomesARecordThroughItsSchema() {
        try (LanguageModel model = TinyModels.chat()) {
            Assistant assistant = AiServices.builder(Assistant.class)
                    .chatModel(JemmaChatModel.builder(model)
                            .defaultRequestParameters(BRIEF)
                            .build())
                    .build();
            assertThat(assistant.weather("not a cloud, 30 degrees").sky()).isNotNull();
        }
    }

    @Test
    void aStreamingAssistantStreams() throws Exception {
        try (LanguageModel model = TinyModels.chat()) {
            StreamingAssistant assistant = AiServices.builder(StreamingAssistant.class)
                    .streamingChatModel(JemmaStreamingChatModel.builder(model)
                            .defaultRequestParameters(BRIEF)
                            .build())
                    .build();
            List<String> pieces = new CopyOnWriteArrayList<>();
            CompletableFuture<ChatResponse> done = new CompletableFuture<>();
            assistant
                    .answer("hello")
                    .onPartialResponse(pieces::add)
                    .onCompleteResponse(done::complete)
                    .onError(done::completeExceptionally)
                    .start();
            String whole = done.get().aiMessage().text();
            assertThat(String.join("", pieces)).isEqualTo(whole);
        }
    }

    @Test
    void aStoreFindsTheSegmentThatItWasGiven() {
        try (LanguageModel model = TinyModels.embedding(folder)) {
            JemmaEmbeddingModel vectors = JemmaEmbeddingModel.of(model);
            InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
            for (String text : List.of("the planet is red", "bread is baked in the morning")) {
                Embedding vector = vectors.embed(text).content();
                store.add(vector, TextSegment.from(text));
            }
            EmbeddingSearchRequest search = EmbeddingSearchRequest.builder()
                    .queryEmbedding(vectors.embed("the planet is red").content())
                    .maxResults(1)
                    .build();
            assertThat(store.search(search).matches().getFirst().embedded().text())
                    .isEqualTo("the planet is red");
        }
    }
}
