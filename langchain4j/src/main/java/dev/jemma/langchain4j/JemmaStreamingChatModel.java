package dev.jemma.langchain4j;

import dev.jemma.infer.LanguageModel;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow.Publisher;

/**
 * A model in this process as LangChain4j's streaming chat model. A handler is called on a virtual thread of its own
 * request and may take its time. After {@code StreamingHandle.cancel()}, or the cancellation of a subscription, it is not
 * called any more, and the generation ends within a step of the engine. The model is not closed with it.
 */
public final class JemmaStreamingChatModel implements StreamingChatModel {
    private static final System.Logger LOG = System.getLogger(JemmaStreamingChatModel.class.getName());

    private final Requests requests;
    private final ChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;

    private JemmaStreamingChatModel(JemmaChatModelBuilder<JemmaStreamingChatModel> builder) {
        requests = new Requests(builder.model(), builder.name());
        defaults = builder.defaults();
        listeners = builder.registered();
    }

    /** A streaming chat model of the model's own defaults. */
    public static JemmaStreamingChatModel of(LanguageModel model) {
        return builder(model).build();
    }

    /** A builder; the model stays the caller's to close. */
    public static JemmaChatModelBuilder<JemmaStreamingChatModel> builder(LanguageModel model) {
        return new JemmaChatModelBuilder<>(model, JemmaStreamingChatModel::new);
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        Stream stream;
        try {
            stream = Stream.start(requests, request);
        } catch (RuntimeException e) {
            report(handler, e);
            return;
        }
        Thread.ofVirtual().name("jemma-stream").start(() -> deliver(stream, handler));
    }

    private static void deliver(Stream stream, StreamingChatResponseHandler handler) {
        try {
            while (true) {
                Stream.Item item = stream.take();
                if (stream.isCancelled()) {
                    return;
                }
                switch (item) {
                    case Stream.Item.Text(String text) -> tell(stream, handler, text);
                    case Stream.Item.Done done -> {
                        handler.onCompleteResponse(done.response());
                        return;
                    }
                    case Stream.Item.Failed(Throwable error) -> {
                        report(handler, error);
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            stream.cancel();
        } catch (RuntimeException e) { // from onCompleteResponse
            report(handler, e);
        }
    }

    /** A handler's own trouble goes to its onError and does not end the answer, as with other providers. */
    private static void tell(Stream stream, StreamingChatResponseHandler handler, String text) {
        try {
            handler.onPartialResponse(new PartialResponse(text), new PartialResponseContext(stream));
        } catch (RuntimeException e) {
            report(handler, e);
        }
    }

    private static void report(StreamingChatResponseHandler handler, Throwable error) {
        try {
            handler.onError(error);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "onError of a handler failed itself", e);
        }
    }

    @Override
    public Publisher<ChatModelStreamingEvent> doChat(ChatRequest request) {
        return subscriber -> Events.start(requests, request, subscriber);
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
