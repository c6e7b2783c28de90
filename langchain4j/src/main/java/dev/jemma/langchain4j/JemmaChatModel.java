package dev.jemma.langchain4j;

import dev.jemma.JemmaException;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A model in this process as LangChain4j's chat model. Safe for use by several threads, whose requests share a batch.
 * Interrupting a waiting thread, or cancelling the future of {@code chatAsync}, ends the generation. The model is not
 * closed with it.
 */
public final class JemmaChatModel implements ChatModel {
    private final Requests requests;
    private final ChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;

    private JemmaChatModel(JemmaChatModelBuilder<JemmaChatModel> builder) {
        requests = new Requests(builder.model(), builder.name());
        defaults = builder.defaults();
        listeners = builder.registered();
    }

    /** A chat model of the model's own defaults. */
    public static JemmaChatModel of(LanguageModel model) {
        return builder(model).build();
    }

    /** A builder; the model stays the caller's to close. */
    public static JemmaChatModelBuilder<JemmaChatModel> builder(LanguageModel model) {
        return new JemmaChatModelBuilder<>(model, JemmaChatModel::new);
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        GenerationRequest job = requests.request(request);
        Generation generation = submit(requests, job);
        try {
            return requests.response(job, generation.future().get());
        } catch (InterruptedException e) {
            generation.cancel();
            Thread.currentThread().interrupt();
            throw new LangChain4jException("interrupted while the model was answering", e);
        } catch (ExecutionException e) {
            throw Requests.failed("the model failed to answer", e.getCause());
        }
    }

    @Override
    public CompletableFuture<ChatResponse> doChatAsync(ChatRequest request) {
        GenerationRequest job = requests.request(request);
        Generation generation = submit(requests, job);
        CompletableFuture<ChatResponse> answer = generation
                .future()
                .handleAsync((completions, error) -> { // not on the engine's thread
                    if (error != null) {
                        throw Requests.failed("the model failed to answer", error);
                    }
                    return requests.response(job, completions);
                });
        var _ = answer.whenComplete((_, _) -> {
            if (answer.isCancelled()) {
                generation.cancel();
            }
        });
        return answer;
    }

    private static Generation submit(Requests requests, GenerationRequest job) {
        try {
            return requests.model().generate(job, _ -> {});
        } catch (JemmaException e) {
            throw Requests.refused(e);
        }
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return defaults;
    }

    @Override
    public List<ChatModelListener> listeners() {
        return listeners;
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }
}
