package dev.jemma.springai;

import dev.jemma.JemmaException;
import dev.jemma.infer.Completion;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.GeneratedToken;
import dev.jemma.infer.Generation;
import dev.jemma.infer.LanguageModel;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.MessageAggregator;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Schedulers;

/**
 * A model in this process as Spring AI's chat model, waiting and streaming. Safe for use by several threads, whose
 * requests share a batch. Interrupting a waiting thread, or cancelling a stream, ends the generation within a step of the
 * engine. Each call is an observation. The model is not closed with it.
 */
public final class JemmaChatModel implements ChatModel {
    /** What observations name as the provider. */
    static final String PROVIDER = "jemma";

    private final Requests requests;
    private final JemmaChatOptions defaults;
    private final ObservationRegistry observations;

    private JemmaChatModel(Builder builder) {
        requests = new Requests(builder.model, builder.name);
        defaults = builder.defaults.mutate().model(builder.name).build();
        observations = builder.observations;
    }

    /** A chat model of the model's own defaults. */
    public static JemmaChatModel of(LanguageModel model) {
        return builder(model).build();
    }

    /** A builder; the model stays the caller's to close. */
    public static Builder builder(LanguageModel model) {
        return new Builder(model);
    }

    @Override
    public JemmaChatOptions getOptions() {
        return defaults;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        Prompt whole = whole(prompt);
        ChatModelObservationContext context = context(whole, false);
        return observation(context).observe(() -> {
            ChatResponse response = answer(whole);
            context.setResponse(response);
            return response;
        });
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return Flux.deferContextual(reader -> {
            Prompt whole = whole(prompt);
            ChatModelObservationContext context = context(whole, true);
            Observation observation = observation(context);
            observation.parentObservation(reader.getOrDefault(ObservationThreadLocalAccessor.KEY, (Observation) null));
            observation.start();
            Flux<ChatResponse> pieces = Flux.<ChatResponse>create(sink -> start(whole, sink))
                    .publishOn(Schedulers.boundedElastic()) // the engine never runs what is behind
                    .doOnError(observation::error)
                    .doFinally(_ -> observation.stop());
            return new MessageAggregator().aggregate(pieces, context::setResponse);
        });
    }

    /** The prompt with all options that count. */
    private Prompt whole(Prompt prompt) {
        return new Prompt(prompt.getInstructions(), defaults.with(prompt.getOptions()));
    }

    private ChatModelObservationContext context(Prompt prompt, boolean streaming) {
        return ChatModelObservationContext.builder()
                .prompt(prompt)
                .provider(PROVIDER)
                .streaming(streaming)
                .build();
    }

    private Observation observation(ChatModelObservationContext context) {
        return ChatModelObservationDocumentation.CHAT_MODEL_OPERATION.observation(
                null, new DefaultChatModelObservationConvention(), () -> context, observations);
    }

    private Requests.Answer prepare(Prompt whole) {
        ChatOptions options = whole.getOptions();
        return requests.new Answer(requests.request(whole.getInstructions(), defaults.with(options)));
    }

    private Generation submit(Requests.Answer answer, Consumer<GeneratedToken> listener) {
        try {
            return requests.model().generate(answer.request(), listener);
        } catch (EngineClosedException e) {
            throw e; // no fault of the request
        } catch (JemmaException e) { // it can never fit
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private ChatResponse answer(Prompt whole) {
        Requests.Answer answer = prepare(whole);
        Generation generation = submit(answer, _ -> {});
        try {
            Completion completion = generation.future().get().getFirst();
            return answer.end(completion, completion.text());
        } catch (InterruptedException e) {
            generation.cancel();
            Thread.currentThread().interrupt();
            throw new JemmaException("interrupted while the model was answering", e);
        } catch (ExecutionException e) {
            throw Requests.failed("the model failed to answer", e.getCause());
        }
    }

    private void start(Prompt whole, FluxSink<ChatResponse> sink) {
        Requests.Answer answer = prepare(whole);
        Generation generation = submit(answer, token -> {
            if (!token.text().isEmpty()) {
                sink.next(answer.piece(token.text()));
            }
        });
        sink.onDispose(generation::cancel);
        var _ = generation.future().whenComplete((completions, error) -> {
            if (error == null) {
                sink.next(answer.end(completions.getFirst(), ""));
                sink.complete();
            } else {
                sink.error(Requests.failed("the model failed to answer", error));
            }
        });
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private final LanguageModel model;
        private String name;
        private JemmaChatOptions defaults = JemmaChatOptions.builder().build();
        private ObservationRegistry observations = ObservationRegistry.NOOP;

        private Builder(LanguageModel model) {
            this.model = model;
            name = model.name();
        }

        /** The name that responses bear and that requests may ask for; by default the file's. */
        public Builder modelName(String value) {
            name = value;
            return this;
        }

        /** What requests get that do not say otherwise; by default all comes from the model. */
        public Builder defaultOptions(JemmaChatOptions value) {
            defaults = value;
            return this;
        }

        /** Told of every call; by default nobody. */
        public Builder observationRegistry(ObservationRegistry value) {
            observations = value;
            return this;
        }

        /**
         * The chat model.
         *
         * @throws IllegalArgumentException if the model cannot chat
         */
        public JemmaChatModel build() {
            return new JemmaChatModel(this);
        }
    }
}
