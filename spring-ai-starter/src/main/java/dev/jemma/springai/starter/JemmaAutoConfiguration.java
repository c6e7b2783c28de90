package dev.jemma.springai.starter;

import dev.jemma.infer.LanguageModel;
import dev.jemma.springai.JemmaChatModel;
import dev.jemma.springai.JemmaEmbeddingModel;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Opens the models that {@code spring.ai.jemma.chat.path} and {@code spring.ai.jemma.embedding.path} name, and closes
 * them with the context. {@code spring.ai.model.chat} and {@code spring.ai.model.embedding}, which choose among
 * providers, count too.
 */
@AutoConfiguration(beforeName = "org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration")
@EnableConfigurationProperties(JemmaProperties.class)
public class JemmaAutoConfiguration {
    private static Path path(@Nullable Path path) {
        return Objects.requireNonNull(path); // or the condition would not have held
    }

    /** The chat model. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnProperty("spring.ai.jemma.chat.path")
    @ConditionalOnProperty(name = "spring.ai.model.chat", havingValue = "jemma", matchIfMissing = true)
    static class Chat {
        @Bean(destroyMethod = "close")
        @ConditionalOnMissingBean(name = "jemmaChatLanguageModel")
        LanguageModel jemmaChatLanguageModel(JemmaProperties properties) {
            return LanguageModel.open(
                    path(properties.chat().path()), properties.chat().loading());
        }

        @Bean
        @ConditionalOnMissingBean
        JemmaChatModel jemmaChatModel(
                @Qualifier("jemmaChatLanguageModel") LanguageModel model,
                JemmaProperties properties,
                ObjectProvider<ObservationRegistry> observations) {
            JemmaChatModel.Builder builder = JemmaChatModel.builder(model)
                    .defaultOptions(properties.chat().options().asked())
                    .observationRegistry(observations.getIfUnique(() -> ObservationRegistry.NOOP));
            String name = properties.chat().modelName();
            return name == null ? builder.build() : builder.modelName(name).build();
        }
    }

    /** The embedding model. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnProperty("spring.ai.jemma.embedding.path")
    @ConditionalOnProperty(name = "spring.ai.model.embedding", havingValue = "jemma", matchIfMissing = true)
    static class Embedding {
        @Bean(destroyMethod = "close")
        @ConditionalOnMissingBean(name = "jemmaEmbeddingLanguageModel")
        LanguageModel jemmaEmbeddingLanguageModel(JemmaProperties properties) {
            return LanguageModel.open(
                    path(properties.embedding().path()), properties.embedding().loading());
        }

        @Bean
        @ConditionalOnMissingBean
        JemmaEmbeddingModel jemmaEmbeddingModel(
                @Qualifier("jemmaEmbeddingLanguageModel") LanguageModel model,
                JemmaProperties properties,
                ObjectProvider<ObservationRegistry> observations) {
            JemmaProperties.Embedding wanted = properties.embedding();
            JemmaEmbeddingModel.Builder builder = JemmaEmbeddingModel.builder(model)
                    .textPrompt(wanted.textPrompt())
                    .documentPrompt(wanted.documentPrompt())
                    .dimensions(wanted.dimensions())
                    .observationRegistry(observations.getIfUnique(() -> ObservationRegistry.NOOP));
            String name = wanted.modelName();
            return name == null ? builder.build() : builder.modelName(name).build();
        }
    }
}
