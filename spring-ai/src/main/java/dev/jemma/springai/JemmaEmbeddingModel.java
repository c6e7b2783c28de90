package dev.jemma.springai;

import dev.jemma.JemmaException;
import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.EmbeddingHead;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.DefaultEmbeddingOptions;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationContext;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationDocumentation;

/**
 * EmbeddingGemma in this process as Spring AI's embedding model. Vectors have length 1; the option {@code dimensions}
 * cuts them as the model was trained for. Texts and documents can have prompts of their own, which is what a vector store
 * tells apart: it looks for texts among documents. Texts of one call share a batch. The model is not closed with it.
 */
public final class JemmaEmbeddingModel implements EmbeddingModel {
    private final LanguageModel model;
    private final String name;
    private final EmbeddingPrompt textPrompt;
    private final EmbeddingPrompt documentPrompt;
    private final @Nullable Integer dimensions;
    private final ObservationRegistry observations;

    private JemmaEmbeddingModel(Builder builder) {
        if (!builder.model.config().embedsText()) {
            throw new IllegalArgumentException("only an embedding model gives vectors: open EmbeddingGemma");
        }
        model = builder.model;
        name = builder.name;
        textPrompt = builder.textPrompt;
        documentPrompt = builder.documentPrompt;
        dimensions = builder.dimensions;
        observations = builder.observations;
    }

    /** An embedding model that puts no prompt before texts. */
    public static JemmaEmbeddingModel of(LanguageModel model) {
        return builder(model).build();
    }

    /** A builder; the model stays the caller's to close. */
    public static Builder builder(LanguageModel model) {
        return new Builder(model);
    }

    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
        return call(request, textPrompt);
    }

    @Override
    public float[] embed(Document document) {
        return call(new EmbeddingRequest(List.of(content(document)), null), documentPrompt)
                .getResult()
                .getOutput();
    }

    @Override
    public List<float[]> embed(
            List<Document> documents, @Nullable EmbeddingOptions options, BatchingStrategy batchingStrategy) {
        List<float[]> vectors = new ArrayList<>();
        for (List<Document> batch : batchingStrategy.batch(documents)) {
            List<String> texts =
                    batch.stream().map(JemmaEmbeddingModel::content).toList();
            call(new EmbeddingRequest(texts, options), documentPrompt)
                    .getResults()
                    .forEach(embedding -> vectors.add(embedding.getOutput()));
        }
        return vectors;
    }

    private static String content(Document document) {
        String text = document.getText();
        if (text == null) {
            throw new UnsupportedOperationException("Jemma does not support documents that are media");
        }
        return text;
    }

    private EmbeddingResponse call(EmbeddingRequest request, EmbeddingPrompt prompt) {
        EmbeddingRequest whole = new EmbeddingRequest(request.getInstructions(), options(request.getOptions()));
        EmbeddingModelObservationContext context = EmbeddingModelObservationContext.builder()
                .embeddingRequest(whole)
                .provider(JemmaChatModel.PROVIDER)
                .build();
        return EmbeddingModelObservationDocumentation.EMBEDDING_MODEL_OPERATION
                .observation(null, new DefaultEmbeddingModelObservationConvention(), () -> context, observations)
                .observe(() -> {
                    EmbeddingResponse response = compute(whole, prompt);
                    context.setResponse(response);
                    return response;
                });
    }

    /** The options that count. */
    private EmbeddingOptions options(@Nullable EmbeddingOptions asked) {
        if (asked != null && !(asked instanceof DefaultEmbeddingOptions)) {
            throw new IllegalArgumentException(
                    "options of " + asked.getClass().getName() + " are another provider's; use EmbeddingOptions");
        }
        if (asked != null && asked.getModel() != null && !asked.getModel().equals(name)) {
            throw new IllegalArgumentException(
                    "this model is '" + name + "', but '" + asked.getModel() + "' was asked for");
        }
        Integer size = asked == null || asked.getDimensions() == null ? dimensions : asked.getDimensions();
        EmbeddingOptions.Builder options = EmbeddingOptions.builder().model(name);
        return size == null ? options.build() : options.dimensions(size).build();
    }

    private EmbeddingResponse compute(EmbeddingRequest request, EmbeddingPrompt prompt) {
        List<CompletableFuture<float[]>> futures = new ArrayList<>();
        int tokens = 0;
        try {
            for (String text : request.getInstructions()) {
                int[] ids = EmbeddingPrompt.ids(model.tokenizer(), prompt.prefix(), text);
                tokens += ids.length;
                futures.add(embed(ids));
            }
            EmbeddingOptions options = request.getOptions();
            Integer size = options == null ? null : options.getDimensions();
            List<Embedding> embeddings = new ArrayList<>();
            for (CompletableFuture<float[]> future : futures) {
                float[] vector = future.get();
                embeddings.add(new Embedding(
                        size == null ? vector : EmbeddingHead.truncated(vector, size), embeddings.size()));
            }
            return new EmbeddingResponse(embeddings, new EmbeddingResponseMetadata(name, new DefaultUsage(tokens, 0)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JemmaException("interrupted while texts were embedded", e);
        } catch (ExecutionException e) {
            throw Requests.failed("a text could not be embedded", e.getCause());
        } finally {
            futures.forEach(future -> future.cancel(true)); // what is done stays done
        }
    }

    private CompletableFuture<float[]> embed(int[] ids) {
        try {
            return model.engine().embed(ids);
        } catch (EngineClosedException e) {
            throw e; // no fault of the request
        } catch (JemmaException e) { // too long
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private final LanguageModel model;
        private String name;
        private EmbeddingPrompt textPrompt = EmbeddingPrompt.NONE;
        private EmbeddingPrompt documentPrompt = EmbeddingPrompt.NONE;
        private @Nullable Integer dimensions;
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

        /** What stands in front of texts; by default nothing, for a search {@link EmbeddingPrompt#QUERY}. */
        public Builder textPrompt(EmbeddingPrompt value) {
            textPrompt = value;
            return this;
        }

        /** What stands in front of documents; by default nothing, for a search {@link EmbeddingPrompt#DOCUMENT}. */
        public Builder documentPrompt(EmbeddingPrompt value) {
            documentPrompt = value;
            return this;
        }

        /** Numbers of a vector; by default all that the model has. */
        public Builder dimensions(@Nullable Integer count) {
            dimensions = count;
            return this;
        }

        /** Told of every call; by default nobody. */
        public Builder observationRegistry(ObservationRegistry value) {
            observations = value;
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
