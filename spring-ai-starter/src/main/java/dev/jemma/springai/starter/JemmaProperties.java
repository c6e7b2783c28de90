package dev.jemma.springai.starter;

import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.ModelOptions;
import dev.jemma.kernel.KvType;
import dev.jemma.springai.JemmaChatOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * {@code spring.ai.jemma.*}. What is not set comes from the model's file, else from Jemma's own defaults.
 *
 * @param chat the model that chats; there is none without its path
 * @param embedding the model that gives vectors; there is none without its path
 */
@ConfigurationProperties("spring.ai.jemma")
public record JemmaProperties(
        @DefaultValue Chat chat, @DefaultValue Embedding embedding) {
    /**
     * {@code spring.ai.jemma.chat.*}.
     *
     * @param path GGUF file or Hugging Face folder
     * @param modelName name in responses; by default the file's
     * @param threads compute threads; by default all that the machine offers
     * @param contextLength most tokens of a conversation and its answer
     * @param kvMemory memory for keys and values
     * @param kvType what keys and values are kept as
     * @param sequences most requests at once
     * @param adapter folder of a LoRA adapter
     * @param options what requests get that do not say otherwise
     */
    public record Chat(
            @Nullable Path path,
            @Nullable String modelName,
            @Nullable Integer threads,
            @Nullable Integer contextLength,
            @Nullable DataSize kvMemory,
            @Nullable KvType kvType,
            @Nullable Integer sequences,
            @Nullable Path adapter,
            @DefaultValue Options options) {
        ModelOptions loading() {
            ModelOptions.Builder builder = common(threads, contextLength);
            if (kvMemory != null) {
                builder.kvBudgetBytes(kvMemory.toBytes());
            }
            if (kvType != null) {
                builder.kvType(kvType);
            }
            if (sequences != null) {
                builder.sequences(sequences);
            }
            if (adapter != null) {
                builder.adapter(adapter);
            }
            return builder.build();
        }
    }

    /**
     * {@code spring.ai.jemma.chat.options.*}.
     *
     * @param temperature divides the logits; 0 is greedy
     * @param topK keeps the likeliest tokens
     * @param topP keeps the likeliest tokens up to this mass
     * @param minP drops tokens less likely than this share of the likeliest
     * @param maxTokens most tokens of an answer
     * @param seed of the random numbers; by default another one each time
     * @param stopSequences texts that end an answer
     * @param frequencyPenalty lowers tokens by how often they were there
     * @param presencePenalty lowers tokens that were there
     * @param repetitionPenalty divides the logits of tokens that were there
     */
    public record Options(
            @Nullable Double temperature,
            @Nullable Integer topK,
            @Nullable Double topP,
            @Nullable Double minP,
            @Nullable Integer maxTokens,
            @Nullable Long seed,
            @Nullable List<String> stopSequences,
            @Nullable Double frequencyPenalty,
            @Nullable Double presencePenalty,
            @Nullable Double repetitionPenalty) {
        JemmaChatOptions asked() {
            return JemmaChatOptions.builder()
                    .temperature(temperature)
                    .topK(topK)
                    .topP(topP)
                    .maxTokens(maxTokens)
                    .stopSequences(stopSequences)
                    .frequencyPenalty(frequencyPenalty)
                    .presencePenalty(presencePenalty)
                    .minP(minP)
                    .seed(seed)
                    .repetitionPenalty(repetitionPenalty)
                    .build();
        }
    }

    /**
     * {@code spring.ai.jemma.embedding.*}.
     *
     * @param path GGUF file or Hugging Face folder of EmbeddingGemma
     * @param modelName name in responses; by default the file's
     * @param threads compute threads; by default all that the machine offers
     * @param contextLength most tokens of a text
     * @param dimensions numbers of a vector; by default all that the model has
     * @param textPrompt what stands in front of texts
     * @param documentPrompt what stands in front of documents
     */
    public record Embedding(
            @Nullable Path path,
            @Nullable String modelName,
            @Nullable Integer threads,
            @Nullable Integer contextLength,
            @Nullable Integer dimensions,
            @DefaultValue("none") EmbeddingPrompt textPrompt,
            @DefaultValue("none") EmbeddingPrompt documentPrompt) {
        ModelOptions loading() {
            return common(threads, contextLength).build();
        }
    }

    private static ModelOptions.Builder common(@Nullable Integer threads, @Nullable Integer contextLength) {
        ModelOptions.Builder builder = ModelOptions.builder();
        if (threads != null) {
            builder.threads(threads);
        }
        if (contextLength != null) {
            builder.contextLength(contextLength);
        }
        return builder;
    }
}
