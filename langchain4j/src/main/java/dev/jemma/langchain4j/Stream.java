package dev.jemma.langchain4j;

import dev.jemma.JemmaException;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationRequest;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One answer on its way: the engine's thread puts pieces into a queue, which a thread of the request's own empties, so
 * that the engine never waits for who reads. The queue holds one answer at most, which its most tokens bound.
 */
final class Stream implements StreamingHandle {
    /** What comes out of it. */
    sealed interface Item {
        /** New text, never empty. */
        record Text(String text) implements Item {}

        /** The last item of an answer that ended by itself. */
        record Done(ChatResponse response) implements Item {}

        /** The last item of one that failed. */
        record Failed(Throwable error) implements Item {}
    }

    private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();
    private final Generation generation;
    private volatile boolean cancelled;

    private Stream(Requests requests, GenerationRequest job) {
        generation = requests.model().generate(job, token -> {
            if (!token.text().isEmpty()) {
                items.add(new Item.Text(token.text()));
            }
        });
        var _ = generation.future().whenComplete((completions, error) -> {
            if (error == null) {
                items.add(new Item.Done(requests.response(job, completions)));
            } else {
                items.add(new Item.Failed(Requests.failed("the model failed to answer", error)));
            }
        });
    }

    /**
     * Starts an answer.
     *
     * @throws LangChain4jException if the request cannot be honoured
     */
    static Stream start(Requests requests, ChatRequest request) {
        GenerationRequest job = requests.request(request);
        try {
            return new Stream(requests, job);
        } catch (JemmaException e) {
            throw Requests.refused(e);
        }
    }

    /** Waits for the next item. */
    Item take() throws InterruptedException {
        return items.take();
    }

    @Override
    public void cancel() {
        cancelled = true;
        generation.cancel();
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }
}
