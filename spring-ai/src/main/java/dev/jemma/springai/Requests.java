package dev.jemma.springai;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Role;
import dev.jemma.infer.Completion;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/**
 * From a prompt of the framework to a request of the engine, and from the completion back to a response. Every option is
 * honoured or refused by its name.
 */
final class Requests {
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
     * @throws IllegalArgumentException if a value is out of its range, or the conversation in a wrong order
     * @throws UnsupportedOperationException naming what cannot be honoured
     */
    GenerationRequest request(List<Message> messages, JemmaChatOptions asked) {
        if (asked.getModel() != null && !asked.getModel().equals(name)) {
            throw new IllegalArgumentException("this model is '" + name + "', but '" + asked.getModel()
                    + "' was asked for: leave the option 'model' out, or give the model that name when it is built");
        }
        if (asked.getToolCallbacks() != null && !asked.getToolCallbacks().isEmpty()) {
            throw unsupported("tools (toolCallbacks)");
        }
        try {
            ChatTemplate template = model.chatTemplate().orElseThrow();
            RequestBuilder builder = model.chatRequest(template.encode(model.tokenizer(), turns(messages), true))
                    .sampling(sampling(asked));
            if (asked.getMaxTokens() != null) {
                builder.maxTokens(asked.getMaxTokens());
            }
            if (asked.getStopSequences() != null) {
                builder.stop(asked.getStopSequences().toArray(String[]::new));
            }
            if (asked.getOutputSchema() != null) {
                builder.constraint(model.jsonSchema(asked.getOutputSchema()));
            }
            return builder.build();
        } catch (JemmaException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** All messages; where a memory has let go of a question but not of its answer, an empty one stands in its place. */
    private static List<dev.jemma.chat.Message> turns(List<Message> messages) {
        List<dev.jemma.chat.Message> turns = new ArrayList<>();
        for (Message message : messages) {
            dev.jemma.chat.Message turn = message(message);
            boolean first = turns.isEmpty() || turns.getLast().role() == Role.SYSTEM;
            if (first && turn.role() == Role.MODEL) {
                turns.add(dev.jemma.chat.Message.user(""));
            }
            turns.add(turn);
        }
        return turns;
    }

    private static dev.jemma.chat.Message message(Message message) {
        return switch (message) {
            case SystemMessage system -> dev.jemma.chat.Message.system(text(system));
            case UserMessage user -> {
                if (!user.getMedia().isEmpty()) {
                    throw unsupported("media of a user message");
                }
                yield dev.jemma.chat.Message.user(text(user));
            }
            case AssistantMessage assistant -> {
                if (assistant.hasToolCalls()) {
                    throw unsupported("tool calls of an assistant message");
                }
                if (!assistant.getMedia().isEmpty()) {
                    throw unsupported("media of an assistant message");
                }
                yield dev.jemma.chat.Message.model(text(assistant));
            }
            default -> throw unsupported("messages of type " + message.getMessageType());
        };
    }

    private static String text(Message message) {
        String text = message.getText();
        return text == null ? "" : text;
    }

    private static UnsupportedOperationException unsupported(String what) {
        return new UnsupportedOperationException("Jemma does not support " + what);
    }

    private SamplingOptions sampling(JemmaChatOptions asked) {
        SamplingOptions own = model.defaults().sampling();
        Integer topK = asked.getTopK();
        Long seed = asked.getSeed();
        return own.toBuilder()
                .temperature(or(asked.getTemperature(), own.temperature()))
                .topP(or(asked.getTopP(), own.topP()))
                .topK(topK == null ? own.topK() : topK)
                .minP(or(asked.getMinP(), own.minP()))
                .frequencyPenalty(or(asked.getFrequencyPenalty(), own.frequencyPenalty()))
                .presencePenalty(or(asked.getPresencePenalty(), own.presencePenalty()))
                .repetitionPenalty(or(asked.getRepetitionPenalty(), own.repetitionPenalty()))
                .seed(seed == null ? ThreadLocalRandom.current().nextLong() : seed)
                .build();
    }

    private static float or(@Nullable Double asked, float otherwise) {
        return asked == null ? otherwise : asked.floatValue();
    }

    /** The failure of a request inside the engine. */
    static JemmaException failed(String what, @Nullable Throwable cause) {
        return cause == null ? new JemmaException(what) : new JemmaException(what + ": " + cause.getMessage(), cause);
    }

    /** One answer: its pieces bear the same id. */
    final class Answer {
        private final String id = "jemma-" + UUID.randomUUID();
        private final GenerationRequest request;

        Answer(GenerationRequest request) {
            this.request = request;
        }

        GenerationRequest request() {
            return request;
        }

        /** Some new text. */
        ChatResponse piece(String text) {
            ChatResponseMetadata metadata =
                    ChatResponseMetadata.builder().id(id).model(name).build();
            return new ChatResponse(List.of(new Generation(new AssistantMessage(text))), metadata);
        }

        /** The end: what is told of the whole, with all of its text or, behind the pieces, with none. */
        ChatResponse end(Completion completion, String text) {
            String reason = completion.finishReason().name();
            ChatResponseMetadata metadata = ChatResponseMetadata.builder()
                    .id(id)
                    .model(name)
                    .usage(new DefaultUsage(request.promptIds().length, completion.ids().length))
                    .build();
            return new ChatResponse(
                    List.of(new Generation(
                            new AssistantMessage(text),
                            ChatGenerationMetadata.builder()
                                    .finishReason(reason)
                                    .build())),
                    metadata);
        }
    }
}
