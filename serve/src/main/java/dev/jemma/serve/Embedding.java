package dev.jemma.serve;

import dev.jemma.infer.EmbeddingPrompt;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.EngineException;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.EmbeddingRequest;
import dev.jemma.serve.protocol.PromptInput;
import dev.jemma.serve.protocol.Wire;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/embeddings}: vectors of texts. */
final class Embedding {
    private final Models models;
    private final Queues queues;
    private final ServeOptions options;

    Embedding(Models models, Queues queues, ServeOptions options) {
        this.models = models;
        this.queues = queues;
        this.options = options;
    }

    void embed(Exchange exchange) throws InterruptedException {
        EmbeddingRequest request = EmbeddingRequest.read(exchange.body(options.maxBodyBytes()));
        Models.Choice choice = models.choose(request.model());
        exchange.answeredBy(choice.id());
        LanguageModel model = choice.model();
        if (!model.config().embedsText() || choice.adapter().isPresent()) {
            throw ApiException.unsupported("model", "only embedding models give vectors, without an adapter");
        }
        int most = model.config().hiddenSize();
        int size = request.dimensions().orElse(most);
        if (size > most) {
            throw ApiException.invalid("dimensions", "'dimensions' is at most " + most + " for this model");
        }
        List<int[]> inputs = new ArrayList<>();
        long tokens = 0;
        int context = model.engine().options().contextLength();
        for (PromptInput input : request.inputs()) {
            int[] ids = switch (input) {
                case PromptInput.Ids(int[] given) -> given;
                case PromptInput.Text(String text) ->
                    EmbeddingPrompt.ids(model.tokenizer(), request.prompt().prefix(), text);
            };
            Generating.checkIds(ids, model, Math.min(context, options.maxPromptTokens()), "input");
            inputs.add(ids);
            tokens += ids.length;
        }
        List<CompletableFuture<float[]>> futures = submit(choice, inputs);
        exchange.client().working(() -> futures.forEach(f -> f.cancel(true)));
        exchange.used(tokens, 0);
        try {
            ArrayNode data = Wire.object().arrayNode();
            for (CompletableFuture<float[]> future : futures) {
                float[] vector = await(exchange, future);
                if (size < vector.length) {
                    vector = EmbeddingHead.truncated(vector, size);
                }
                ObjectNode entry = data.addObject();
                entry.put("object", "embedding");
                entry.put("index", data.size() - 1);
                write(entry, vector, request.base64());
            }
            ObjectNode answer = Answers.list(data);
            answer.put("model", choice.id());
            answer.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
            exchange.json(200, answer);
        } finally {
            futures.forEach(f -> f.cancel(true));
        }
    }

    private List<CompletableFuture<float[]>> submit(Models.Choice choice, List<int[]> inputs) {
        return queues.enter(choice, inputs.size(), () -> {
            List<CompletableFuture<float[]>> futures = new ArrayList<>();
            try {
                for (int[] ids : inputs) {
                    futures.add(choice.model().engine().embed(ids));
                }
            } catch (EngineClosedException e) {
                futures.forEach(f -> f.cancel(true));
                throw ApiException.stopping();
            } catch (EngineException e) {
                futures.forEach(f -> f.cancel(true));
                throw ApiException.tooLong("input", ApiException.words(e));
            }
            return futures;
        });
    }

    private float[] await(Exchange exchange, CompletableFuture<float[]> future) throws InterruptedException {
        long left = exchange.startNanos() + options.requestTimeout().toNanos() - System.nanoTime();
        try {
            return future.get(Math.max(0, left), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw ApiException.deadline(Math.max(1, options.requestTimeout().toSeconds()));
        } catch (ExecutionException e) {
            throw new EngineException("a text could not be embedded", e);
        } catch (java.util.concurrent.CancellationException e) {
            throw new Delivery.Gone();
        }
    }

    private static void write(ObjectNode entry, float[] vector, boolean base64) {
        if (base64) {
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(vector);
            entry.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
            return;
        }
        ArrayNode numbers = entry.putArray("embedding");
        for (float x : vector) {
            numbers.add(x);
        }
    }
}
