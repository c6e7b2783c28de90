package dev.jemma.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.CompleteResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.Semaphore;

/** A stream for one subscriber: no more events than it asks for, in order, on one virtual thread. */
final class Events implements Subscription {
    private static final int PLENTY =
            1 << 29; // an answer never has so many tokens, and twice as many and more still fit

    private final Stream stream;
    private final Subscriber<? super ChatModelStreamingEvent> subscriber;
    private final Semaphore asked = new Semaphore(0);
    private volatile boolean wrong;

    private Events(Stream stream, Subscriber<? super ChatModelStreamingEvent> subscriber) {
        this.stream = stream;
        this.subscriber = subscriber;
    }

    /** Starts an answer; a request that cannot be honoured is the subscriber's error. */
    static void start(Requests requests, ChatRequest request, Subscriber<? super ChatModelStreamingEvent> subscriber) {
        Stream stream;
        try {
            stream = Stream.start(requests, request);
        } catch (RuntimeException e) {
            subscriber.onSubscribe(new Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {}
            });
            subscriber.onError(e);
            return;
        }
        Events events = new Events(stream, subscriber);
        subscriber.onSubscribe(events);
        Thread.ofVirtual().name("jemma-events").start(events::deliver);
    }

    private void deliver() {
        try {
            while (true) {
                Stream.Item item = stream.take();
                if (!(item instanceof Stream.Item.Failed)) {
                    asked.acquire();
                }
                if (wrong) {
                    stream.cancel();
                    subscriber.onError(new IllegalArgumentException("a subscriber must ask for at least one event"));
                    return;
                }
                if (stream.isCancelled()) {
                    return;
                }
                switch (item) {
                    case Stream.Item.Text(String text) -> subscriber.onNext(new PartialResponse(text));
                    case Stream.Item.Done done -> {
                        subscriber.onNext(new CompleteResponse(done.response()));
                        subscriber.onComplete();
                        return;
                    }
                    case Stream.Item.Failed(Throwable error) -> {
                        subscriber.onError(error);
                        return;
                    }
                }
            }
        } catch (InterruptedException | RuntimeException e) { // a subscriber must not throw: nothing more to tell it
            stream.cancel();
        }
    }

    @Override
    public synchronized void request(long n) {
        if (n <= 0) {
            wrong = true;
            asked.release();
        } else if (asked.availablePermits() < PLENTY) {
            asked.release((int) Math.min(n, PLENTY));
        }
    }

    @Override
    public void cancel() {
        stream.cancel();
        asked.release();
    }
}
