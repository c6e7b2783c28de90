package dev.jemma.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.infer.Completion;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.TinyModels;
import dev.jemma.testing.Waiting;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.DefaultChatOptions;
import org.springframework.ai.chat.prompt.DefaultChatOptionsBuilder;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.util.MimeTypeUtils;
import reactor.core.Disposable;

/** The chat model does what the engine does, by itself and behind a ChatClient, and refuses by name what it cannot do. */
class JemmaChatModelTest {
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

    private static Completion direct(List<dev.jemma.chat.Message> messages, int tokens) {
        int[] ids = model.chatTemplate().orElseThrow().encode(model.tokenizer(), messages, true);
        GenerationRequest request =
                model.chatRequest(ids).temperature(0).maxTokens(tokens).build();
        return model.generate(request, _ -> {}).await().getFirst();
    }

    private static String text(ChatResponse response) {
        return response.getResult().getOutput().getText();
    }

    private static Prompt asking(Consumer<JemmaChatOptions.Builder> options) {
        JemmaChatOptions.Builder builder = JemmaChatOptions.builder();
        options.accept(builder);
        return new Prompt("hello", builder.build());
    }

    @Test
    void aConversationIsAnsweredAsTheEngineAnswersIt() {
        Prompt prompt = new Prompt(
                List.of(
                        new SystemMessage("be brief"),
                        new UserMessage("hello"),
                        new AssistantMessage("good day"),
                        new UserMessage("and now?")),
                ChatOptions.builder().temperature(0.0).maxTokens(12).build());
        ChatResponse response = chat.call(prompt);
        Completion expected = direct(
                List.of(
                        dev.jemma.chat.Message.system("be brief"),
                        dev.jemma.chat.Message.user("hello"),
                        dev.jemma.chat.Message.model("good day"),
                        dev.jemma.chat.Message.user("and now?")),
                12);
        assertThat(text(response)).isEqualTo(expected.text());
        assertThat(response.getMetadata().getUsage().getCompletionTokens()).isEqualTo(expected.ids().length);
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isGreaterThan(10);
        assertThat(response.getMetadata().getModel()).isEqualTo("gemma3-F32");
        assertThat(response.hasFinishReasons(
                        java.util.Set.of(expected.finishReason().name())))
                .isTrue();
    }

    @Test
    void anAnswerWhoseQuestionAMemoryForgotStandsBehindAnEmptyOne() {
        Prompt prompt = new Prompt(
                List.of(new AssistantMessage("good day"), new UserMessage("hello")),
                ChatOptions.builder().temperature(0.0).maxTokens(12).build());
        Completion expected = direct(
                List.of(
                        dev.jemma.chat.Message.user(""),
                        dev.jemma.chat.Message.model("good day"),
                        dev.jemma.chat.Message.user("hello")),
                12);
        assertThat(text(chat.call(prompt))).isEqualTo(expected.text());
    }

    @Test
    void aStreamAddsUpToTheAnswer() {
        Prompt prompt = asking(o -> o.temperature(0.0).maxTokens(16));
        List<ChatResponse> pieces = chat.stream(prompt).collectList().block();
        ChatResponse whole = chat.call(prompt);
        StringBuilder all = new StringBuilder();
        pieces.forEach(piece -> all.append(text(piece)));
        assertThat(all).hasToString(text(whole));
        assertThat(pieces).hasSizeGreaterThan(2);
        assertThat(pieces.getLast().getMetadata().getUsage().getTotalTokens())
                .isEqualTo(whole.getMetadata().getUsage().getTotalTokens());
        assertThat(pieces.stream().map(p -> p.getMetadata().getId()).distinct()).hasSize(1);
    }

    @Test
    void aCancelledStreamEndsTheGeneration() throws Exception {
        List<ChatResponse> heard = new CopyOnWriteArrayList<>();
        Prompt endless = asking(o -> o.temperature(0.0).maxTokens(TinyModels.ENDLESS));
        long before = model.engine().stats().generatedTokens();
        Disposable reading = chat.stream(endless).subscribe(heard::add);
        Waiting.until(() -> !heard.isEmpty());
        reading.dispose();
        TinyModels.awaitEarlyEnd(model, before);
        assertThat(heard.stream().filter(r -> r.getMetadata().getUsage().getTotalTokens() > 0))
                .isEmpty();
        before = model.engine().stats().generatedTokens();
        assertThat(chat.stream(endless).take(1).collectList().block(Duration.ofSeconds(30)))
                .hasSize(1);
        TinyModels.awaitEarlyEnd(model, before);
    }

    @Test
    void everyOptionReachesTheEngine() {
        String answer = text(chat.call(asking(o -> o.temperature(1.0).seed(3L).maxTokens(24))));
        assertThat(text(chat.call(asking(o -> o.temperature(1.0).seed(3L).maxTokens(24)))))
                .isEqualTo(answer);
        List<Consumer<JemmaChatOptions.Builder>> changes = List.of(
                o -> o.topK(1),
                o -> o.topP(1e-6),
                o -> o.minP(1.0),
                o -> o.repetitionPenalty(90.0),
                o -> o.frequencyPenalty(50.0),
                o -> o.presencePenalty(50.0),
                o -> o.temperature(0.0),
                o -> o.seed(4L),
                o -> o.maxTokens(2));
        for (int i = 0; i < changes.size(); i++) {
            Consumer<JemmaChatOptions.Builder> change = changes.get(i);
            assertThat(text(chat.call(asking(o -> {
                        o.temperature(1.0).seed(3L).maxTokens(24);
                        change.accept(o);
                    }))))
                    .as("change %d", i)
                    .isNotEqualTo(answer);
        }
        String stop = answer.substring(5, 8);
        assertThat(text(chat.call(
                        asking(o -> o.temperature(1.0).seed(3L).maxTokens(24).stopSequences(List.of(stop))))))
                .isEqualTo(answer.substring(0, answer.indexOf(stop)));
    }

    @Test
    void optionsOfTheModelHoldUnlessAPromptSaysOtherwise() {
        JemmaChatModel brief = JemmaChatModel.builder(model)
                .modelName("tiny")
                .defaultOptions(JemmaChatOptions.builder()
                        .temperature(0.0)
                        .maxTokens(3)
                        .seed(1L)
                        .stopSequences(List.of("~~"))
                        .build())
                .build();
        assertThat(brief.call(new Prompt("hello")).getMetadata().getUsage().getCompletionTokens())
                .isEqualTo(3);
        ChatOptions longer = ChatOptions.builder().model("tiny").maxTokens(5).build();
        assertThat(brief.call(new Prompt("hello", longer))
                        .getMetadata()
                        .getUsage()
                        .getCompletionTokens())
                .isEqualTo(5);
        JemmaChatOptions merged = brief.getOptions().with(longer);
        assertThat(merged.getSeed()).isEqualTo(1);
        assertThat(merged.getStopSequences()).containsExactly("~~");
        assertThat(merged.with(merged)).isEqualTo(merged);
    }

    /** Something to find by its name. */
    static final class Clock {
        @Tool(description = "tells the time")
        String time() {
            return "noon";
        }
    }

    /** What another provider's module would bring. */
    private static final class Foreign extends DefaultChatOptions {
        Foreign() {
            super(null, null, null, null, null, null, null, null);
        }

        @Override
        public ChatOptions.Builder<?> mutate() {
            return new ForeignBuilder();
        }
    }

    /** Builds them. */
    private static final class ForeignBuilder extends DefaultChatOptionsBuilder<ForeignBuilder> {
        @Override
        public ChatOptions build() {
            return new Foreign();
        }
    }

    @Test
    void whatCannotBeHonouredIsRefusedByName() {
        assertThatThrownBy(() -> ChatClient.create(chat)
                        .prompt("what time is it?")
                        .tools(new Clock())
                        .call()
                        .content())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("toolCallbacks");
        Media picture = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("file:picture.png"));
        assertThatThrownBy(() -> chat.call(new Prompt(
                        UserMessage.builder().text("look").media(picture).build())))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("media");
        assertThatThrownBy(() -> chat.call(new Prompt(List.of(
                        new UserMessage("x"),
                        ToolResponseMessage.builder().responses(List.of()).build()))))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("TOOL");
        assertThatThrownBy(() -> chat.call(new Prompt("x", new Foreign())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Foreign");
        assertThatThrownBy(() -> chat.call(asking(o -> o.model("gpt"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gpt");
    }

    @Test
    void valuesOutOfRangeAndConversationsInDisorderAreIllegalArguments() {
        assertThatThrownBy(() -> chat.call(asking(o -> o.temperature(-1.0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("temperature");
        assertThatThrownBy(() -> chat.call(asking(o -> o.maxTokens(1_000_000))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("context");
        assertThatThrownBy(() -> chat.call(new Prompt(new UserMessage("one"), new UserMessage("two"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("alternate");
        assertThatThrownBy(() -> chat.stream(asking(o -> o.temperature(-1.0)))
                        .collectList()
                        .block())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("temperature");
    }

    /** What is extracted. */
    record Weather(Sky sky, boolean warm) {
        enum Sky {
            CLEAR,
            GREY
        }
    }

    @Test
    void aChatClientAnswersStreamsAndExtractsByTheSchema() {
        ChatClient client = ChatClient.builder(chat)
                .defaultSystem("be brief")
                .defaultOptions(JemmaChatOptions.builder().temperature(0.0).maxTokens(60))
                .build();
        String content = client.prompt("hello").call().content();
        assertThat(content)
                .isEqualTo(direct(
                                List.of(
                                        dev.jemma.chat.Message.system("be brief"),
                                        dev.jemma.chat.Message.user("hello")),
                                60)
                        .text());
        List<String> pieces =
                client.prompt("hello").stream().content().collectList().block();
        assertThat(String.join("", pieces)).isEqualTo(content);
        Weather weather = client.prompt("not a cloud, 30 degrees")
                .call()
                .entity(Weather.class, spec -> spec.useProviderStructuredOutput());
        assertThat(weather.sky()).isNotNull();
    }

    /** Keeps what is observed. */
    private static final class Watcher implements ObservationHandler<ChatModelObservationContext> {
        final List<ChatModelObservationContext> stopped = new CopyOnWriteArrayList<>();

        @Override
        public void onStop(ChatModelObservationContext context) {
            stopped.add(context);
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return context instanceof ChatModelObservationContext;
        }
    }

    @Test
    void everyCallIsObservedWithItsTokens() throws Exception {
        Watcher watcher = new Watcher();
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(watcher);
        JemmaChatModel watched =
                JemmaChatModel.builder(model).observationRegistry(registry).build();
        Prompt prompt = asking(o -> o.temperature(0.0).maxTokens(4));
        watched.call(prompt);
        watched.stream(prompt).collectList().block();
        Waiting.until(() -> watcher.stopped.size() == 2);
        for (ChatModelObservationContext context : watcher.stopped) {
            assertThat(context.getResponse().getMetadata().getUsage().getCompletionTokens())
                    .isEqualTo(4);
            assertThat(context.getLowCardinalityKeyValue("gen_ai.request.model").getValue())
                    .isEqualTo("gemma3-F32");
        }
        assertThat(watcher.stopped.get(1).isStreaming()).isTrue();
        assertThatThrownBy(() -> watched.call(asking(o -> o.temperature(-1.0)))).isNotNull();
        assertThat(watcher.stopped.get(2).getError()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aClosedModelIsNoFaultOfTheRequest() {
        LanguageModel closed = TinyModels.chat();
        JemmaChatModel gone = JemmaChatModel.of(closed);
        closed.close();
        assertThatThrownBy(() -> gone.call(new Prompt("hello")))
                .isInstanceOf(EngineClosedException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> gone.stream(new Prompt("hello")).blockLast())
                .isInstanceOf(EngineClosedException.class);
    }
}
