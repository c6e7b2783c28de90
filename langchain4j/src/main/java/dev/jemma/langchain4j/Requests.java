package dev.jemma.langchain4j;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.infer.Completion;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SamplingOptions;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * From a request of the framework to one of the engine, and from the completion back to a response. Every parameter is
 * honoured or refused by its name.
 */
final class Requests {
    private static final String ANY_OBJECT = "{\"type\": \"object\"}";

    private final LanguageModel model;
    private final String name;

    Requests(LanguageModel model, String name) {
        if (model.config().embedsText()) {
            throw new IllegalArgumentException(
                    "an embedding model does not chat: use JemmaEmbeddingModel, or open another model");
        }
        if (model.chatTemplate().isEmpty()) {
            throw new IllegalArgumentException(
                    "the model has no chat template, so it cannot chat: open an instruction-tuned one");
        }
        this.model = model;
        this.name = name;
    }

    LanguageModel model() {
        return model;
    }

    /**
     * The request for the engine.
     *
     * @throws InvalidRequestException if a value is out of its range or the conversation in a wrong order
     * @throws dev.langchain4j.exception.UnsupportedFeatureException naming what cannot be honoured
     */
    GenerationRequest request(ChatRequest request) {
        JemmaChatRequestParameters asked = JemmaChatRequestParameters.of(request.parameters());
        if (asked.modelName() != null && !asked.modelName().equals(name)) {
            throw new ModelNotFoundException("this model is '" + name + "', but '" + asked.modelName()
                    + "' was asked for: leave modelName out, or give the model that name when it is built");
        }
        if (!asked.toolSpecifications().isEmpty()) {
            throw Conversation.unsupported("toolSpecifications");
        }
        if (asked.toolChoice() != null) {
            throw Conversation.unsupported("toolChoice");
        }
        try {
            ChatTemplate template = model.chatTemplate().orElseThrow();
            int[] ids = template.encode(model.tokenizer(), Conversation.of(request.messages()), true);
            RequestBuilder builder = model.chatRequest(ids).sampling(sampling(asked));
            if (asked.maxOutputTokens() != null) {
                builder.maxTokens(asked.maxOutputTokens());
            }
            builder.stop(asked.stopSequences().toArray(String[]::new));
            schema(asked.responseFormat()).map(model::jsonSchema).ifPresent(builder::constraint);
            return builder.build();
        } catch (IllegalArgumentException | JemmaException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
    }

    private SamplingOptions sampling(JemmaChatRequestParameters asked) {
        SamplingOptions own = model.defaults().sampling();
        Integer topK = asked.topK();
        Long seed = asked.seed();
        return own.toBuilder()
                .temperature(or(asked.temperature(), own.temperature()))
                .topP(or(asked.topP(), own.topP()))
                .topK(topK == null ? own.topK() : topK)
                .minP(or(asked.minP(), own.minP()))
                .frequencyPenalty(or(asked.frequencyPenalty(), own.frequencyPenalty()))
                .presencePenalty(or(asked.presencePenalty(), own.presencePenalty()))
                .repetitionPenalty(or(asked.repetitionPenalty(), own.repetitionPenalty()))
                .seed(seed == null ? ThreadLocalRandom.current().nextLong() : seed)
                .build();
    }

    private static float or(@Nullable Double asked, float otherwise) {
        return asked == null ? otherwise : asked.floatValue();
    }

    /** The JSON Schema that an answer must follow; JSON without a schema is any object. */
    private static Optional<String> schema(ResponseFormat format) {
        if (format == null || format.type() == ResponseFormatType.TEXT) {
            return Optional.empty();
        }
        if (format.jsonSchema() == null) {
            return Optional.of(ANY_OBJECT);
        }
        return Optional.of(
                Json.toJson(JsonSchemaElementUtils.toMap(format.jsonSchema().rootElement())));
    }

    /** The failure of a request inside the engine. */
    static LangChain4jException failed(String what, @Nullable Throwable cause) {
        return switch (cause) {
            case null -> new LangChain4jException(what);
            case EngineClosedException closed -> unavailable(closed);
            default -> new LangChain4jException(what + ": " + cause.getMessage(), cause);
        };
    }

    /** Why the engine does not take a request: it can never fit, or there is no engine any more. */
    static LangChain4jException refused(JemmaException e) {
        return e instanceof EngineClosedException closed
                ? unavailable(closed)
                : new InvalidRequestException(e.getMessage(), e);
    }

    private static LangChain4jException unavailable(EngineClosedException e) {
        return new InternalServerException(e.getMessage(), e);
    }

    /** What the framework gets for a finished continuation. */
    ChatResponse response(GenerationRequest request, List<Completion> completions) {
        Completion answer = completions.getFirst();
        FinishReason reason = switch (answer.finishReason()) {
            case STOP -> FinishReason.STOP;
            case LENGTH -> FinishReason.LENGTH;
            case CANCELLED -> FinishReason.OTHER;
        };
        return ChatResponse.builder()
                .id("jemma-" + UUID.randomUUID())
                .modelName(name)
                .aiMessage(AiMessage.from(answer.text()))
                .tokenUsage(new TokenUsage(request.promptIds().length, answer.ids().length))
                .finishReason(reason)
                .build();
    }
}
