package dev.jemma.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.infer.Completion;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.TinyModels;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chat model does what the engine does, and refuses by name what it cannot do. */
class JemmaChatModelTest {
    @TempDir
    private static Path folder;

    private static LanguageModel model;
    private static JemmaChatModel chat;

    @BeforeAll
    static void open() {
        model = TinyModels.chat();
        chat = JemmaChatModel.of(model);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ChatRequest asking(Consumer<JemmaChatRequestParameters.Builder> parameters) {
        return asking(List.of(UserMessage.from("hello")), parameters);
    }

    private static ChatRequest asking(
            List<ChatMessage> messages, Consumer<JemmaChatRequestParameters.Builder> parameters) {
        JemmaChatRequestParameters.Builder builder = JemmaChatRequestParameters.builder();
        parameters.accept(builder);
        return ChatRequest.builder()
                .messages(messages)
                .parameters(builder.build())
                .build();
    }

    private static Completion direct(List<Message> messages, int tokens) {
        int[] ids = model.chatTemplate().orElseThrow().encode(model.tokenizer(), messages, true);
        GenerationRequest request =
                model.chatRequest(ids).temperature(0).maxTokens(tokens).build();
        return model.generate(request, _ -> {}).await().getFirst();
    }

    @Test
    void aConversationIsAnsweredAsTheEngineAnswersIt() {
        List<ChatMessage> messages = List.of(
                SystemMessage.from("be brief"),
                UserMessage.from("hello"),
                AiMessage.from("good day"),
                UserMessage.from("and now?"));
        List<Message> same = List.of(
                Message.system("be brief"), Message.user("hello"), Message.model("good day"), Message.user("and now?"));
        ChatResponse response =
                chat.chat(asking(messages, p -> p.temperature(0.0).maxOutputTokens(12)));
        Completion expected = direct(same, 12);
        assertThat(response.aiMessage().text()).isEqualTo(expected.text());
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(expected.ids().length);
        assertThat(response.tokenUsage().inputTokenCount())
                .isEqualTo(ChatTemplate.GEMMA_3.encode(model.tokenizer(), same, true).length);
        assertThat(response.finishReason())
                .isEqualTo(FinishReason.valueOf(expected.finishReason().name()));
        assertThat(response.modelName()).isEqualTo("gemma3-F32");
        assertThat(response.id()).startsWith("jemma-");
    }

    @Test
    void anAnswerWhoseQuestionAMemoryForgotStandsBehindAnEmptyOne() {
        List<ChatMessage> messages =
                List.of(SystemMessage.from("be brief"), AiMessage.from("good day"), UserMessage.from("hello"));
        Completion expected = direct(
                List.of(Message.system("be brief"), Message.user(""), Message.model("good day"), Message.user("hello")),
                12);
        assertThat(chat.chat(asking(messages, p -> p.temperature(0.0).maxOutputTokens(12)))
                        .aiMessage()
                        .text())
                .isEqualTo(expected.text());
    }

    @Test
    void aSeedGivesTheSameAnswerAgainAndNoSeedAnotherOne() {
        String first = chat.chat(asking(p -> p.temperature(1.0).seed(7L).maxOutputTokens(24)))
                .aiMessage()
                .text();
        assertThat(chat.chat(asking(p -> p.temperature(1.0).seed(7L).maxOutputTokens(24)))
                        .aiMessage()
                        .text())
                .isEqualTo(first);
        assertThat(chat.chat(asking(p -> p.temperature(1.0).maxOutputTokens(24)))
                        .aiMessage()
                        .text())
                .isNotEqualTo(first);
    }

    @Test
    void aStopSequenceEndsTheAnswerAndIsNoPartOfIt() {
        String whole = direct(List.of(Message.user("hello")), 30).text();
        String stop = whole.substring(10, 13);
        ChatResponse response =
                chat.chat(asking(p -> p.temperature(0.0).maxOutputTokens(30).stopSequences(List.of(stop))));
        assertThat(response.aiMessage().text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void everySamplingParameterReachesTheEngine() {
        ChatRequest plain = asking(p -> p.temperature(1.0).seed(3L).maxOutputTokens(24));
        String answer = chat.chat(plain).aiMessage().text();
        List<Consumer<JemmaChatRequestParameters.Builder>> changes = List.of(
                p -> p.topK(1),
                p -> p.topP(1e-6),
                p -> p.minP(1.0),
                p -> p.repetitionPenalty(90.0),
                p -> p.frequencyPenalty(50.0),
                p -> p.presencePenalty(50.0));
        for (int i = 0; i < changes.size(); i++) {
            Consumer<JemmaChatRequestParameters.Builder> change = changes.get(i);
            ChatRequest changed = asking(p -> {
                p.temperature(1.0).seed(3L).maxOutputTokens(24);
                change.accept(p);
            });
            assertThat(chat.chat(changed).aiMessage().text()).as("change %d", i).isNotEqualTo(answer);
        }
    }

    @Test
    void defaultsOfTheModelHoldUnlessARequestSaysOtherwise() {
        JemmaChatModel brief = JemmaChatModel.builder(model)
                .modelName("tiny")
                .defaultRequestParameters(JemmaChatRequestParameters.builder()
                        .temperature(0.0)
                        .maxOutputTokens(3)
                        .seed(1L)
                        .build())
                .build();
        ChatResponse short3 = brief.chat(UserMessage.from("hello"));
        assertThat(short3.tokenUsage().outputTokenCount()).isEqualTo(3);
        assertThat(short3.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(short3.modelName()).isEqualTo("tiny");
        ChatResponse short5 = brief.chat(ChatRequest.builder()
                .messages(UserMessage.from("hello"))
                .parameters(ChatRequestParameters.builder()
                        .modelName("tiny")
                        .maxOutputTokens(5)
                        .build())
                .build());
        assertThat(short5.tokenUsage().outputTokenCount()).isEqualTo(5);
        assertThat(short5.aiMessage().text()).startsWith(short3.aiMessage().text());
    }

    @Test
    void aJsonSchemaIsFollowed() {
        JsonSchema schema = JsonSchema.builder()
                .name("Mood")
                .rootElement(JsonObjectSchema.builder()
                        .addProperty(
                                "mood",
                                JsonEnumSchema.builder()
                                        .enumValues("sunny", "grey")
                                        .build())
                        .addBooleanProperty("certain")
                        .required("mood", "certain")
                        .build())
                .build();
        JsonSchema raw = JsonSchema.builder()
                .name("Digit")
                .rootElement(JsonRawSchema.from("{\"enum\": [1, 2, 3]}"))
                .build();
        for (long seed = 0; seed < 5; seed++) {
            long s = seed;
            assertThat(chat.chat(asking(p -> p.temperature(1.0)
                                    .seed(s)
                                    .maxOutputTokens(200)
                                    .responseFormat(schema)))
                            .aiMessage()
                            .text())
                    .matches("\\{\\s*\"mood\"\\s*:\\s*\"(sunny|grey)\"\\s*,\\s*\"certain\"\\s*:\\s*(true|false)\\s*}");
            assertThat(chat.chat(asking(p -> p.temperature(1.0)
                                    .seed(s)
                                    .maxOutputTokens(20)
                                    .responseFormat(raw)))
                            .aiMessage()
                            .text())
                    .matches("\\s*[123]\\s*");
        }
    }

    @Test
    void jsonWithoutASchemaIsAnObject() {
        ResponseFormat json =
                ResponseFormat.builder().type(ResponseFormatType.JSON).build();
        String text = chat.chat(asking(
                        p -> p.temperature(1.0).seed(1L).maxOutputTokens(20).responseFormat(json)))
                .aiMessage()
                .text();
        assertThat(text.strip()).startsWith("{");
    }

    @Test
    void whatCannotBeHonouredIsRefusedByName() {
        ToolSpecification tool = ToolSpecification.builder().name("weather").build();
        assertThatThrownBy(() -> chat.chat(asking(p -> p.toolSpecifications(tool))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("toolSpecifications");
        assertThatThrownBy(() -> chat.chat(asking(p -> p.toolChoice(ToolChoice.REQUIRED))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("toolChoice");
        assertThatThrownBy(() -> chat.chat(UserMessage.from(ImageContent.from("file:picture.png"))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("image");
        assertThatThrownBy(() -> chat.chat(UserMessage.from("Ann", "hello")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("UserMessage.name");
        assertThatThrownBy(() ->
                        chat.chat(UserMessage.from("hello"), ToolExecutionResultMessage.from("1", "weather", "sunny")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("TOOL_EXECUTION_RESULT");
        assertThatThrownBy(() -> chat.chat(asking(p -> p.modelName("gpt"))))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("gpt");
    }

    /** What another provider's module would bring. */
    private static final class Foreign extends DefaultChatRequestParameters {
        Foreign() {
            super(DefaultChatRequestParameters.builder());
        }
    }

    @Test
    void parametersOfAnotherProviderAreRefused() {
        assertThatThrownBy(() -> chat.chat(ChatRequest.builder()
                        .messages(UserMessage.from("hello"))
                        .parameters(new Foreign())
                        .build()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("Foreign");
    }

    @Test
    void valuesOutOfRangeAndConversationsInDisorderAreInvalid() {
        assertThatThrownBy(() -> chat.chat(asking(p -> p.temperature(-1.0))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("temperature");
        assertThatThrownBy(() -> chat.chat(asking(p -> p.maxOutputTokens(1_000_000))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("context");
        assertThatThrownBy(() -> chat.chat(UserMessage.from("one"), UserMessage.from("two")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("alternate");
        JsonSchema remote = JsonSchema.builder()
                .name("x")
                .rootElement(JsonRawSchema.from("{\"$ref\": \"https://example.com/schema\"}"))
                .build();
        assertThatThrownBy(() -> chat.chat(asking(p -> p.responseFormat(remote))))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void listenersAreToldOfRequestsResponsesAndErrors() {
        List<String> told = new ArrayList<>();
        JemmaChatModel heard = JemmaChatModel.builder(model)
                .listeners(List.of(new ChatModelListener() {
                    @Override
                    public void onRequest(ChatModelRequestContext context) {
                        told.add("request");
                    }

                    @Override
                    public void onResponse(ChatModelResponseContext context) {
                        told.add("response of "
                                + context.chatResponse().tokenUsage().outputTokenCount());
                    }

                    @Override
                    public void onError(ChatModelErrorContext context) {
                        told.add(context.error().getClass().getSimpleName());
                    }
                }))
                .build();
        heard.chat(asking(p -> p.temperature(0.0).maxOutputTokens(4)));
        assertThatThrownBy(() -> heard.chat(asking(p -> p.temperature(-1.0)))).isNotNull();
        assertThat(told).containsExactly("request", "response of 4", "request", "InvalidRequestException");
    }

    @Test
    void aFutureGivesTheSameAnswerAndItsCancellationEndsTheWork() throws Exception {
        ChatRequest request = asking(p -> p.temperature(0.0).maxOutputTokens(8));
        assertThat(chat.chatAsync(request).get().aiMessage())
                .isEqualTo(chat.chat(request).aiMessage());
        long before = model.engine().stats().generatedTokens();
        CompletableFuture<ChatResponse> endless =
                chat.chatAsync(asking(p -> p.temperature(0.0).maxOutputTokens(TinyModels.ENDLESS)));
        endless.cancel(true);
        TinyModels.awaitEarlyEnd(model, before);
    }

    @Test
    void aFutureFailsAsAWaitingCallDoes() {
        try (LanguageModel broken = TinyModels.chat()) {
            broken.engine().probe((_, _) -> {
                throw new IllegalStateException("a broken step");
            });
            JemmaChatModel ill = JemmaChatModel.of(broken);
            ChatRequest request = asking(p -> p.maxOutputTokens(8));
            assertThatThrownBy(() -> ill.chat(request))
                    .isInstanceOf(LangChain4jException.class)
                    .hasMessageContaining("failed to answer")
                    .hasMessageContaining("a broken step");
            assertThatThrownBy(() -> ill.chatAsync(request).get())
                    .cause()
                    .isInstanceOf(LangChain4jException.class)
                    .hasMessageContaining("failed to answer")
                    .hasMessageContaining("a broken step");
        }
    }

    @Test
    void anInterruptedThreadDoesNotWaitForTheAnswer() throws Exception {
        List<String> outcome = new ArrayList<>();
        long before = model.engine().stats().generatedTokens();
        Thread asking = Thread.ofPlatform().start(() -> {
            try {
                Thread.currentThread().interrupt();
                chat.chat(asking(p -> p.temperature(0.0).maxOutputTokens(TinyModels.ENDLESS)));
            } catch (RuntimeException e) {
                outcome.add(e.getMessage() + " " + Thread.interrupted());
            }
        });
        asking.join();
        assertThat(outcome).containsExactly("interrupted while the model was answering true");
        TinyModels.awaitEarlyEnd(model, before);
    }

    @Test
    void anEmbeddingModelIsRefusedAtOnce() {
        try (LanguageModel vectors = TinyModels.embedding(folder)) {
            assertThatThrownBy(() -> JemmaChatModel.of(vectors))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("JemmaEmbeddingModel");
        }
    }

    @Test
    void aClosedModelIsNoFaultOfTheRequest() {
        LanguageModel closed = TinyModels.chat();
        JemmaChatModel gone = JemmaChatModel.of(closed);
        JemmaStreamingChatModel streaming = JemmaStreamingChatModel.of(closed);
        ChatRequest request = asking(p -> {});
        closed.close();
        assertThatThrownBy(() -> gone.chat(request))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("closed");
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        streaming.chat(request, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String text) {}

            @Override
            public void onCompleteResponse(ChatResponse response) {
                told.completeExceptionally(new AssertionError("answered: " + response));
            }

            @Override
            public void onError(Throwable error) {
                told.complete(error);
            }
        });
        assertThat(told.join()).isInstanceOf(InternalServerException.class);
    }
}
