package dev.jemma.serve;

import dev.jemma.infer.Completion;
import dev.jemma.infer.constraint.ConstraintException;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.GenerationFields;
import dev.jemma.serve.protocol.Wire;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Brings a run's answers to its client: whole, or piece by piece as server-sent events. On the connection's thread. */
final class Delivery {
    /** The client went away or was thrown out: there is nobody to answer. */
    static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Gone() {
            super("the client is gone", null, false, false);
        }
    }

    private static final byte[] COMMENT = ": still working\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private final Exchange exchange;
    private final Run run;
    private final Shape shape;
    private final GenerationFields fields;
    private final ServeOptions options;
    private final String model;
    private final String id;
    private final long created = System.currentTimeMillis() / 1000;
    private final long deadline;
    private final List<Optional<List<Completion>>> answers;
    private int missing;

    Delivery(
            Exchange exchange,
            Run run,
            Shape shape,
            GenerationFields fields,
            ServeOptions options,
            String model,
            int prompts) {
        this.exchange = exchange;
        this.run = run;
        this.shape = shape;
        this.fields = fields;
        this.options = options;
        this.model = model;
        id = Answers.id(shape.wholeObject().startsWith("chat") ? "chatcmpl" : "cmpl", exchange.id());
        deadline = exchange.startNanos() + options.requestTimeout().toNanos();
        answers = new ArrayList<>();
        for (int i = 0; i < prompts; i++) {
            answers.add(Optional.empty());
        }
        missing = prompts;
    }

    /** Sends everything; returns when the answer is complete. */
    void deliver() throws InterruptedException {
        exchange.client().working(() -> {
            run.cancel();
            shape.cancel();
        });
        if (fields.stream()) {
            stream();
        } else {
            whole();
        }
    }

    private void whole() throws InterruptedException {
        while (missing > 0) {
            next(deadline - System.nanoTime()).ifPresent(this::take);
        }
        shape.prepare();
        if (exchange.client().isGone()) {
            throw new Gone();
        }
        ObjectNode answer = Answers.head(id, shape.wholeObject(), created, model);
        ArrayNode choices = answer.putArray("choices");
        for (int p = 0; p < answers.size(); p++) {
            List<Completion> all = answers.get(p).orElseThrow();
            for (int s = 0; s < all.size(); s++) {
                choices.add(shape.whole(p * fields.n() + s, all.get(s)));
            }
        }
        usage(answer);
        exchange.json(200, answer);
    }

    private void stream() throws InterruptedException {
        Optional<Run.Event> first = Optional.empty();
        long opening =
                Math.min(deadline, System.nanoTime() + options.keepAlive().toNanos());
        while (first.isEmpty() && System.nanoTime() < opening) { // what fails at once gets a proper status
            first = next(opening - System.nanoTime());
        }
        shape.prepare();
        try (OutputStream out = exchange.stream("text/event-stream; charset=utf-8")) {
            try {
                for (int i = 0; i < answers.size() * fields.n(); i++) {
                    Optional<ObjectNode> choice = shape.opening(i);
                    if (choice.isPresent()) {
                        write(out, piece(choice.get()));
                    }
                }
                write(out, first);
                while (missing > 0) {
                    long wait = Math.min(
                            deadline - System.nanoTime(), options.keepAlive().toNanos());
                    write(out, next(wait));
                }
                if (fields.includeUsage()) {
                    ObjectNode last = Answers.head(id, shape.pieceObject(), created, model);
                    last.putArray("choices");
                    usage(last);
                    write(out, last);
                } else {
                    count();
                }
                raw(out, DONE);
            } catch (ApiException e) { // too late for a status
                write(out, e.body());
                raw(out, DONE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An event is sent as pieces; none, as a comment that keeps the connection open. */
    private void write(OutputStream out, Optional<Run.Event> event) throws IOException {
        if (event.isEmpty()) {
            raw(out, COMMENT);
            return;
        }
        switch (event.get()) {
            case Run.Event.Token(int request, var token) -> {
                for (ObjectNode choice : shape.pieces(request * fields.n() + token.sample(), token)) {
                    write(out, piece(choice));
                }
            }
            case Run.Event.Done(int request, List<Completion> all) -> {
                take(event.get());
                for (int s = 0; s < all.size(); s++) {
                    for (ObjectNode choice : shape.endings(request * fields.n() + s, all.get(s))) {
                        write(out, piece(choice));
                    }
                }
            }
            default -> take(event.get());
        }
    }

    private ObjectNode piece(ObjectNode choice) {
        ObjectNode node = Answers.head(id, shape.pieceObject(), created, model);
        node.putArray("choices").add(choice);
        if (fields.includeUsage()) {
            node.putNull("usage");
        }
        return node;
    }

    private void write(OutputStream out, JsonNode data) throws IOException {
        byte[] json = Wire.bytes(data);
        byte[] event = new byte[json.length + 8];
        System.arraycopy("data: ".getBytes(StandardCharsets.US_ASCII), 0, event, 0, 6);
        System.arraycopy(json, 0, event, 6, json.length);
        event[event.length - 2] = '\n';
        event[event.length - 1] = '\n';
        raw(out, event);
    }

    private void raw(OutputStream out, byte[] bytes) throws IOException {
        exchange.client().writing();
        out.write(bytes);
        out.flush();
        exchange.client().waiting();
    }

    /** The next event of the run; ends everything when the time is over or the client is gone. */
    private Optional<Run.Event> next(long nanos) throws InterruptedException {
        Optional<Run.Event> event = run.next(nanos);
        if (exchange.client().isGone()) {
            throw new Gone();
        }
        if (event.isEmpty() && System.nanoTime() >= deadline) {
            run.cancel();
            shape.cancel();
            Duration limit = options.requestTimeout();
            throw ApiException.deadline(Math.max(1, limit.toSeconds()));
        }
        return event;
    }

    private void take(Run.Event event) {
        switch (event) {
            case Run.Event.Done(int request, List<Completion> all) -> {
                if (run.isCancelled()) {
                    throw ApiException.stopping();
                }
                answers.set(request, Optional.of(all));
                missing--;
            }
            case Run.Event.Failed(Throwable cause) -> throw failure(cause);
            case Run.Event.Overrun() -> throw new Gone();
            case Run.Event.Token _ -> {}
        }
    }

    private static RuntimeException failure(Throwable cause) {
        Throwable inner = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        if (inner instanceof ConstraintException) { // a form that grows beyond all bounds where it is followed
            return ApiException.invalid("", String.valueOf(inner.getMessage()));
        }
        if (inner instanceof IllegalArgumentException) { // sampling that leaves no token to choose
            return ApiException.invalid("", String.valueOf(inner.getMessage()));
        }
        return inner instanceof RuntimeException e ? e : new IllegalStateException(inner);
    }

    private void usage(ObjectNode answer) {
        Answers.usage(answer, shape.promptTokens(), count(), run.cachedTokens());
    }

    private long count() {
        long completion =
                answers.stream().mapToLong(a -> Shape.tokens(a.orElseThrow())).sum();
        exchange.used(shape.promptTokens(), completion);
        return completion;
    }
}
