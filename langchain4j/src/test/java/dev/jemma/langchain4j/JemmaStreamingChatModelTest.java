package dev.jemma.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.TinyModels;
import dev.jemma.testing.Waiting;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Streams say what the waiting model says, piece by piece, and end when nobody wants them any more. */
class JemmaStreamingChatModelTest {
    private static LanguageModel model;
    private static JemmaStreamingChatModel streaming;

    @BeforeAll
    static void open() {
        model = TinyModels.chat();
        streaming = JemmaStreamingChatModel.of(model);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ChatRequest asking(double temperature, int tokens) {
        return ChatRequest.builder()
                .messages(UserMessage.from("hello"))
                .parameters(JemmaChatRequestParameters.builder()
                        .temperature(temperature)
                        .maxOutputTokens(tokens)
                        .build())
                .build();
    }

    /** Keeps what it is told. */
    private static class Listener implements StreamingChatResponseHandler {
        final List<String> pieces = new CopyOnWriteArrayList<>();
        final List<Throwable> errors = new CopyOnWriteArrayList<>();
        final CompletableFuture<ChatResponse> done = new CompletableFuture<>();

        @Override
        public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
            pieces.add(piece.text());
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            done.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            errors.add(error);
        }
    }

    @Test
    void piecesAddUpToTheAnswerOfTheWaitingModel() throws Exception {
        Listener listener = new Listener();
        streaming.chat(asking(0, 16), listener);
        ChatResponse streamed = listener.done.get();
        ChatResponse waited = JemmaChatModel.of(model).chat(asking(0, 16));
        assertThat(String.join("", listener.pieces))
                .isEqualTo(streamed.aiMessage().text())
                .isEqualTo(waited.aiMessage().text());
        assertThat(listener.pieces).hasSizeGreaterThan(1);
        assertThat(streamed.tokenUsage()).isEqualTo(waited.tokenUsage());
        assertThat(streamed.finishReason()).isEqualTo(waited.finishReason());
        assertThat(listener.errors).isEmpty();
    }

    @Test
    void cancelEndsTheGenerationAndNothingMoreIsHeard() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        Listener listener = new Listener() {
            @Override
            public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
                heard.incrementAndGet();
                context.streamingHandle().cancel();
                assertThat(context.streamingHandle().isCancelled()).isTrue();
            }
        };
        long before = model.engine().stats().generatedTokens();
        streaming.chat(asking(0, TinyModels.ENDLESS), listener);
        Waiting.until(() -> heard.get() == 1);
        TinyModels.awaitEarlyEnd(model, before);
        Thread.sleep(50);
        assertThat(heard.get()).isEqualTo(1);
        assertThat(listener.done).isNotDone();
        assertThat(listener.errors).isEmpty();
    }

    @Test
    void aHandlersOwnTroubleReachesItsOnErrorAndTheAnswerGoesOn() throws Exception {
        Listener listener = new Listener() {
            @Override
            public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
                if (pieces.isEmpty()) {
                    pieces.add(piece.text());
                    throw new IllegalStateException("mine");
                }
                super.onPartialResponse(piece, context);
            }
        };
        streaming.chat(asking(0, 8), listener);
        String whole = listener.done.get().aiMessage().text();
        assertThat(String.join("", listener.pieces)).isEqualTo(whole);
        assertThat(listener.errors).hasSize(1).first().isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aRefusedRequestIsTheHandlersError() {
        Listener listener = new Listener();
        streaming.chat(asking(-1, 8), listener);
        assertThat(listener.errors).hasSize(1).first().isInstanceOf(InvalidRequestException.class);
        assertThat(listener.done).isNotDone();
    }

    @Test
    void aSlowHandlerDoesNotHoldTheEngineUp() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        Listener slow = new Listener() {
            @Override
            public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
                gate.join();
                super.onPartialResponse(piece, context);
            }
        };
        streaming.chat(asking(0, 8), slow);
        ChatResponse other = JemmaChatModel.of(model).chat(asking(0, 8)); // comes while the other one's reader stands
        gate.complete(null);
        assertThat(slow.done.get().aiMessage()).isEqualTo(other.aiMessage());
    }

    /** Asks for so many events at a time. */
    private static final class Reader implements Flow.Subscriber<ChatModelStreamingEvent> {
        final List<ChatModelStreamingEvent> events = new CopyOnWriteArrayList<>();
        final CompletableFuture<Boolean> done = new CompletableFuture<>();
        final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
        private final long first;

        Reader(long first) {
            this.first = first;
        }

        @Override
        public void onSubscribe(Flow.Subscription to) {
            subscription.set(to);
            to.request(first);
        }

        @Override
        public void onNext(ChatModelStreamingEvent event) {
            events.add(event);
        }

        @Override
        public void onError(Throwable error) {
            done.completeExceptionally(error);
        }

        @Override
        public void onComplete() {
            done.complete(true);
        }
    }

    @Test
    void aPublisherGivesNoMoreThanIsAskedForAndThenAll() throws Exception {
        Reader reader = new Reader(2);
        streaming.chat(asking(0, 16)).subscribe(reader);
        Waiting.until(() -> reader.events.size() == 2 && model.engine().stats().sequences() == 0);
        Thread.sleep(50);
        assertThat(reader.events).hasSize(2);
        reader.subscription.get().request(Long.MAX_VALUE);
        assertThat(reader.done.get()).isTrue();
        List<String> text = new ArrayList<>();
        for (ChatModelStreamingEvent event : reader.events.subList(0, reader.events.size() - 1)) {
            text.add(((PartialResponse) event).text());
        }
        ChatResponse last = ((CompleteResponse) reader.events.getLast()).chatResponse();
        assertThat(String.join("", text)).isEqualTo(last.aiMessage().text());
    }

    @Test
    void aCancelledSubscriptionEndsTheGeneration() throws Exception {
        Reader reader = new Reader(1);
        long before = model.engine().stats().generatedTokens();
        streaming.chat(asking(0, TinyModels.ENDLESS)).subscribe(reader);
        Waiting.until(() -> reader.events.size() == 1);
        reader.subscription.get().cancel();
        TinyModels.awaitEarlyEnd(model, before);
        assertThat(reader.done).isNotDone();
        assertThat(reader.events).hasSize(1);
    }

    @Test
    void askingForNothingIsTheSubscribersError() {
        Reader reader = new Reader(0);
        streaming.chat(asking(0, 8)).subscribe(reader);
        assertThat(reader.done)
                .failsWithin(java.time.Duration.ofSeconds(30))
                .withThrowableThat()
                .withCauseInstanceOf(IllegalArgumentException.class);
    }
}
