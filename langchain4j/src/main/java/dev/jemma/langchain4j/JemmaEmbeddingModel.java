package dev.jemma.langchain4j;

import dev.jemma.JemmaException;
import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.EmbeddingHead;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.embedding.response.EmbeddingResponseMetadata;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * EmbeddingGemma in this process as LangChain4j's embedding model. Vectors have length 1; {@code dimensions} cuts them as
 * the model was trained for, {@code inputType} chooses the prompt of a query or of a document. Texts of one call share a
 * batch. The model is not closed with it.
 */
public final class JemmaEmbeddingModel implements EmbeddingModel {
    private final LanguageModel model;
    private final String name;
    private final EmbeddingPrompt prompt;
    private final EmbeddingRequestParameters defaults;
    private final List<EmbeddingModelListener> listeners;

    private JemmaEmbeddingModel(Builder builder) {
        if (!builder.model.config().embedsText()) {
            throw new IllegalArgumentException("only an embedding model gives vectors: open EmbeddingGemma");
        }
        model = builder.model;
        name = builder.name;
        prompt = builder.prompt;
        defaults = builder.defaults;
        listeners = builder.listeners;
    }

    /** An embedding model that puts no prompt before texts. */
    public static JemmaEmbeddingModel of(LanguageModel model) {
        return builder(model).build();
    }

    /** A builder; the model stays the caller's to close. */
    public static Builder builder(LanguageModel model) {
        return new Builder(model);
    }

    /** Texts on their way through the engine. */
    private record Work(List<CompletableFuture<float[]>> vectors, int tokens) {
        void cancel() {
            vectors.forEach(vector -> vector.cancel(true));
        }
    }

    private Work submit(EmbeddingRequest request) {
        if (request.modelName() != null && !request.modelName().equals(name)) {
            throw new ModelNotFoundException(
                    "this model is '" + name + "', but '" + request.modelName() + "' was asked for");
        }
        String prefix = request.inputType() == null
                ? prompt.prefix()
                : switch (request.inputType()) {
                    case QUERY -> EmbeddingPrompt.QUERY.prefix();
                    case DOCUMENT -> EmbeddingPrompt.DOCUMENT.prefix();
                };
        Work work = new Work(new ArrayList<>(), 0);
        int tokens = 0;
        try {
            for (EmbeddingInput input : request.inputs()) {
                int[] ids = EmbeddingPrompt.ids(model.tokenizer(), prefix, input.text());
                tokens += ids.length;
                work.vectors.add(model.engine().embed(ids));
            }
        } catch (JemmaException e) {
            work.cancel();
            throw Requests.refused(e);
        }
        return new Work(work.vectors, tokens);
    }

    private EmbeddingResponse response(EmbeddingRequest request, Work work) {
        List<Embedding> embeddings = new ArrayList<>();
        for (CompletableFuture<float[]> future : work.vectors) {
            float[] vector = future.join();
            if (request.dimensions() != null) {
                try {
                    vector = EmbeddingHead.truncated(vector, request.dimensions());
                } catch (IllegalArgumentException e) {
                    throw new InvalidRequestException("dimensions: " + e.getMessage(), e);
                }
            }
            embeddings.add(Embedding.from(vector));
        }
        return EmbeddingResponse.builder()
                .embeddings(embeddings)
                .metadata(EmbeddingResponseMetadata.builder()
                        .modelName(name)
                        .tokenUsage(new TokenUsage(work.tokens, 0))
                        .build())
                .build();
    }

    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        Work work = submit(request);
        try {
            for (CompletableFuture<float[]> vector : work.vectors) {
                vector.get();
            }
            return response(request, work);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LangChain4jException("interrupted while texts were embedded", e);
        } catch (ExecutionException e) {
            throw Requests.failed("a text could not be embedded", e.getCause());
        } finally {
            work.cancel(); // what is done stays done
        }
    }

    @Override
    public CompletableFuture<EmbeddingResponse> doEmbedAsync(EmbeddingRequest request) {
        Work work = submit(request);
        CompletableFuture<EmbeddingResponse> answer = CompletableFuture.allOf(
                        work.vectors.toArray(CompletableFuture[]::new))
                .handleAsync((_, error) -> {
                    if (error != null) {
                        throw Requests.failed("a text could not be embedded", cause(error));
                    }
                    return response(request, work);
                });
        var _ = answer.whenComplete((_, _) -> work.cancel());
        return answer;
    }

    private static Throwable cause(Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        return cause == null ? error : cause;
    }

    @Override
    public EmbeddingRequestParameters defaultRequestParameters() {
        return defaults;
    }

    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        return Set.of(
                EmbeddingRequestParameters.MODEL_NAME,
                EmbeddingRequestParameters.DIMENSIONS,
                EmbeddingRequestParameters.INPUT_TYPE);
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    @Override
    public String modelName() {
        return name;
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private final LanguageModel model;
        private String name;
        private EmbeddingPrompt prompt = EmbeddingPrompt.NONE;
        private EmbeddingRequestParameters defaults = EmbeddingRequestParameters.EMPTY;
        private List<EmbeddingModelListener> listeners = List.of();

        private Builder(LanguageModel model) {
            this.model = model;
            name = model.name();
        }

        /** The name that responses bear and that requests may ask for; by default the file's. */
        public Builder modelName(String value) {
            name = value;
            return this;
        }

        /** What stands in front of texts whose request has no {@link EmbeddingInputType}; by default nothing. */
        public Builder prompt(EmbeddingPrompt value) {
            prompt = value;
            return this;
        }

        /** What requests get that do not say otherwise. */
        public Builder defaultRequestParameters(EmbeddingRequestParameters value) {
            defaults = value;
            return this;
        }

        /** Told of every request, response and error. */
        public Builder listeners(List<EmbeddingModelListener> value) {
            listeners = List.copyOf(value);
            return this;
        }

        /**
         * The embedding model.
         *
         * @throws IllegalArgumentException if the model is none that embeds
         */
        public JemmaEmbeddingModel build() {
            return new JemmaEmbeddingModel(this);
        }
    }
}
