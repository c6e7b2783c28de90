package dev.jemma.springai.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.infer.LanguageModel;
import dev.jemma.kernel.KvType;
import dev.jemma.springai.JemmaChatModel;
import dev.jemma.springai.JemmaChatOptions;
import dev.jemma.springai.JemmaEmbeddingModel;
import dev.jemma.testing.TinyModels;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

/** Properties become models, and models end with the context. */
class JemmaAutoConfigurationTest {
    @TempDir
    private Path folder;

    private final ApplicationContextRunner context = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(JemmaAutoConfiguration.class, ChatClientAutoConfiguration.class));

    private static String chatPath() {
        return "spring.ai.jemma.chat.path=" + TinyModels.chatFile();
    }

    @Test
    void withoutAPathThereIsNoModel() {
        context.run(running -> assertThat(running)
                .hasNotFailed()
                .doesNotHaveBean(ChatModel.class)
                .doesNotHaveBean(EmbeddingModel.class));
    }

    @Test
    void aPathBecomesAChatModelThatAChatClientUses() {
        context.withPropertyValues(
                        chatPath(),
                        "spring.ai.jemma.chat.threads=1",
                        "spring.ai.jemma.chat.options.temperature=0",
                        "spring.ai.jemma.chat.options.max-tokens=4")
                .run(running -> {
                    assertThat(running).hasSingleBean(ChatModel.class).doesNotHaveBean(EmbeddingModel.class);
                    String content = running.getBean(ChatClient.Builder.class)
                            .build()
                            .prompt("hello")
                            .call()
                            .content();
                    assertThat(content).isNotEmpty();
                    assertThat(running.getBean(ChatModel.class)
                                    .call(new Prompt("hello"))
                                    .getMetadata()
                                    .getUsage()
                                    .getCompletionTokens())
                            .isEqualTo(4);
                });
    }

    @Test
    void everyPropertyArrives() {
        context.withPropertyValues(
                        chatPath(),
                        "spring.ai.jemma.chat.model-name=tiny",
                        "spring.ai.jemma.chat.threads=1",
                        "spring.ai.jemma.chat.context-length=200",
                        "spring.ai.jemma.chat.kv-memory=64MB",
                        "spring.ai.jemma.chat.kv-type=bf16",
                        "spring.ai.jemma.chat.sequences=3",
                        "spring.ai.jemma.chat.options.temperature=0.5",
                        "spring.ai.jemma.chat.options.top-k=7",
                        "spring.ai.jemma.chat.options.top-p=0.9",
                        "spring.ai.jemma.chat.options.min-p=0.1",
                        "spring.ai.jemma.chat.options.max-tokens=9",
                        "spring.ai.jemma.chat.options.seed=11",
                        "spring.ai.jemma.chat.options.stop-sequences=a,b",
                        "spring.ai.jemma.chat.options.frequency-penalty=0.2",
                        "spring.ai.jemma.chat.options.presence-penalty=0.3",
                        "spring.ai.jemma.chat.options.repetition-penalty=1.1")
                .run(running -> {
                    LanguageModel model = running.getBean(LanguageModel.class);
                    assertThat(model.threads()).isEqualTo(1);
                    assertThat(model.engine().options().contextLength()).isEqualTo(200);
                    assertThat(model.engine().options().kvBudgetBytes()).isEqualTo(64L << 20);
                    assertThat(model.engine().options().kvType()).isEqualTo(KvType.BF16);
                    assertThat(model.engine().options().maxSequences()).isEqualTo(3);
                    assertThat(running.getBean(JemmaChatModel.class).getOptions())
                            .isEqualTo(JemmaChatOptions.builder()
                                    .model("tiny")
                                    .temperature(0.5)
                                    .topK(7)
                                    .topP(0.9)
                                    .maxTokens(9)
                                    .stopSequences(java.util.List.of("a", "b"))
                                    .frequencyPenalty(0.2)
                                    .presencePenalty(0.3)
                                    .minP(0.1)
                                    .seed(11L)
                                    .repetitionPenalty(1.1)
                                    .build());
                });
    }

    @Test
    void bothModelsLiveSideBySide() {
        context.withPropertyValues(
                        chatPath(),
                        "spring.ai.jemma.embedding.path=" + TinyModels.embeddingFolder(folder),
                        "spring.ai.jemma.embedding.model-name=vectors",
                        "spring.ai.jemma.embedding.dimensions=8",
                        "spring.ai.jemma.embedding.text-prompt=query",
                        "spring.ai.jemma.embedding.document-prompt=document")
                .run(running -> {
                    assertThat(running).hasSingleBean(JemmaChatModel.class).hasSingleBean(JemmaEmbeddingModel.class);
                    EmbeddingModel vectors = running.getBean(EmbeddingModel.class);
                    assertThat(vectors.embed("red"))
                            .hasSize(8)
                            .isNotEqualTo(vectors.embed(new org.springframework.ai.document.Document("red")));
                });
    }

    @Test
    void modelsEndWithTheContext() {
        AtomicReference<LanguageModel> model = new AtomicReference<>();
        context.withPropertyValues(chatPath()).run(running -> {
            model.set(running.getBean(LanguageModel.class));
            model.get().generate(model.get().request("x").maxTokens(1).build(), _ -> {});
        });
        LanguageModel closed = model.get();
        assertThatThrownBy(
                        () -> closed.generate(closed.request("x").maxTokens(1).build(), _ -> {}))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void anotherProviderCanBeChosen() {
        context.withPropertyValues(chatPath(), "spring.ai.model.chat=openai")
                .run(running -> assertThat(running).doesNotHaveBean(ChatModel.class));
        context.withPropertyValues(chatPath(), "spring.ai.model.chat=jemma")
                .run(running -> assertThat(running).hasSingleBean(ChatModel.class));
    }

    @Test
    void aWrongPathFailsTheStartAndSaysWhich() {
        context.withPropertyValues("spring.ai.jemma.chat.path=no-such-file.gguf")
                .run(running -> assertThat(running).getFailure().rootCause().hasMessageContaining("no-such-file.gguf"));
    }

    /** An application as people write them. */
    @SpringBootApplication
    static class Application {}

    @Test
    void aBootApplicationFindsItByItself() {
        try (ConfigurableApplicationContext running = new SpringApplicationBuilder(Application.class)
                .properties("spring.main.banner-mode=off", "spring.ai.jemma.chat.options.max-tokens=2", chatPath())
                .run()) {
            assertThat(running.getBean(ChatClient.Builder.class)
                            .build()
                            .prompt("hello")
                            .call()
                            .chatResponse()
                            .getMetadata()
                            .getUsage()
                            .getCompletionTokens())
                    .isEqualTo(2);
        }
    }
}
