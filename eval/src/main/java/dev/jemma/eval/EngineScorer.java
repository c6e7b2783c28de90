package dev.jemma.eval;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.infer.Completion;
import dev.jemma.infer.Engine;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.SamplingOptions;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.ScoreResult;
import dev.jemma.infer.TextScoring;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Answers requests with a model in this process. All go through its one engine, many at a time, in an order in which
 * shared beginnings are computed once ({@link PrefixOrder}). Numbers do not depend on that order. A text that is longer
 * than the context loses tokens after {@code <bos>}, on the left.
 */
public final class EngineScorer implements Scorer {
    /** Requests under way: enough to fill batches with the beginnings of some and the ends of others. */
    private static final int UNDER_WAY = 64;

    private final LanguageModel model;
    private final Tokenizer tokenizer;
    private final Engine engine;
    private final int context;
    private final Set<Integer> stopIds;
    private final Optional<ChatTemplate> template;
    private final String identity;

    /**
     * Answers with this model.
     *
     * @param identity what the model is and how it computes, for the key of kept answers: a checksum, the precision, …
     */
    public EngineScorer(LanguageModel model, String identity) {
        this.model = model;
        this.tokenizer = model.tokenizer();
        this.engine = model.engine();
        this.context = engine.options().contextLength();
        this.stopIds = model.defaults().stopIds();
        this.template = model.chatTemplate();
        this.identity = identity;
    }

    @Override
    public String identity() {
        return identity;
    }

    /** A request as the engine takes it, a window of one if it is rolling. */
    private sealed interface Call {
        int[] ids();

        record Score(int request, ScoreRequest call) implements Call {
            @Override
            public int[] ids() {
                return call.ids();
            }
        }

        record Generate(int request, GenerationRequest call) implements Call {
            @Override
            public int[] ids() {
                return call.promptIds();
            }
        }

        int request();
    }

    /** Something that the engine's thread tells. */
    private sealed interface Event {
        /** The call's beginning is computed: those that wait for it may start. */
        record Computed(Batch batch, int call) implements Event {}

        record Scored(Batch batch, int call, ScoreResult result) implements Event {}

        record Generated(Batch batch, int call, String text) implements Event {}

        record Failed(Throwable why) implements Event {}
    }

    /** The calls of a batch, which of them may start, and rolling sums that are not complete yet. */
    private static final class Batch {
        private final int number;
        private final List<Call> calls;
        private final int[] place; // in the order, by call
        private final List<List<Integer>> followers = new ArrayList<>();
        private final PriorityQueue<Integer> ready;
        private final double[] sums;
        private final long[] tokens;
        private final int[] windowsLeft;
        private final List<Request> requests;
        private final Map<Integer, Runnable> underWay = new HashMap<>(); // by call, what ends it
        private int notStarted;

        Batch(int number, List<Request> requests, List<Call> calls) {
            this.number = number;
            this.requests = requests;
            this.calls = calls;
            PrefixOrder order = PrefixOrder.of(calls.stream().map(Call::ids).toArray(int[][]::new));
            place = new int[calls.size()];
            for (int p = 0; p < place.length; p++) {
                place[order.at(p)] = p;
                followers.add(new ArrayList<>(0));
            }
            ready = new PriorityQueue<>((a, b) -> Integer.compare(place[a], place[b]));
            for (int c = 0; c < place.length; c++) {
                if (order.waits(c)) {
                    followers.get(order.leader(c)).add(c);
                } else {
                    ready.add(c);
                }
            }
            notStarted = calls.size();
            sums = new double[requests.size()];
            tokens = new long[requests.size()];
            windowsLeft = new int[requests.size()];
            calls.forEach(call -> windowsLeft[call.request()]++);
        }

        void cancel() {
            underWay.values().forEach(Runnable::run);
        }

        void release(int call) {
            ready.addAll(followers.get(call));
            followers.get(call).clear();
        }
    }

    @Override
    public void answer(List<List<Request>> batches, Receiver receiver) {
        List<Batch> begun = new ArrayList<>();
        try {
            run(batches, receiver, begun);
        } finally {
            begun.forEach(Batch::cancel); // after a failure nobody waits for the others
        }
    }

    private void run(List<List<Request>> batches, Receiver receiver, List<Batch> begun) {
        LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
        List<Batch> open = new ArrayList<>();
        int next = 0;
        int underWay = 0;
        while (true) {
            for (int b = 0; b < open.size() && underWay < UNDER_WAY; b++) {
                Batch batch = open.get(b);
                while (underWay < UNDER_WAY && !batch.ready.isEmpty()) {
                    start(batch, batch.ready.remove(), events);
                    batch.notStarted--;
                    underWay++;
                }
            }
            open.removeIf(batch -> batch.notStarted == 0);
            if (underWay < UNDER_WAY && open.size() < 2 && next < batches.size()) {
                Batch batch = batch(next, batches.get(next));
                next++;
                tellUnasked(batch, receiver);
                open.add(batch);
                begun.add(batch);
                continue;
            }
            if (underWay == 0) {
                return;
            }
            underWay -= handle(take(events), receiver);
        }
    }

    private static Event take(LinkedBlockingQueue<Event> events) {
        try {
            return events.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EvalException("the evaluation was interrupted", e);
        }
    }

    /** Returns how many calls are done with it. */
    private static int handle(Event event, Receiver receiver) {
        switch (event) {
            case Event.Computed(Batch batch, int call) -> {
                batch.release(call);
                return 0;
            }
            case Event.Scored(Batch batch, int call, ScoreResult result) -> {
                batch.underWay.remove(call);
                batch.release(call);
                scored(batch, batch.calls.get(call).request(), result, receiver);
            }
            case Event.Generated(Batch batch, int call, String text) -> {
                batch.underWay.remove(call);
                batch.release(call);
                receiver.answered(batch.number, batch.calls.get(call).request(), new Answer.Text(text));
            }
            case Event.Failed(Throwable why) -> {
                if (why instanceof RuntimeException e) {
                    throw e;
                }
                throw new EvalException("a request failed: " + why.getMessage(), why);
            }
        }
        return 1;
    }

    private static void scored(Batch batch, int request, ScoreResult result, Receiver receiver) {
        if (batch.requests.get(request) instanceof Request.Rolling) {
            batch.sums[request] += result.sum();
            batch.tokens[request] += result.logprobs().length;
            if (--batch.windowsLeft[request] == 0) {
                receiver.answered(batch.number, request, new Answer.Rolled(batch.sums[request], batch.tokens[request]));
            }
        } else {
            receiver.answered(batch.number, request, new Answer.Likelihood(result.sum(), result.allGreedy()));
        }
    }

    /** A text without a token has no window, and its answer is nothing. */
    private static void tellUnasked(Batch batch, Receiver receiver) {
        for (int r = 0; r < batch.windowsLeft.length; r++) {
            if (batch.windowsLeft[r] == 0) {
                receiver.answered(batch.number, r, new Answer.Rolled(0, 0));
            }
        }
    }

    private void start(Batch batch, int index, LinkedBlockingQueue<Event> events) {
        switch (batch.calls.get(index)) {
            case Call.Score score -> {
                CompletableFuture<ScoreResult> future = engine.submit(score.call());
                batch.underWay.put(index, () -> future.cancel(true));
                var _ = future.whenComplete((result, why) ->
                        events.add(why == null ? new Event.Scored(batch, index, result) : new Event.Failed(why)));
            }
            case Call.Generate generate -> {
                boolean[] begun = new boolean[1];
                var generation = model.generate(generate.call(), _ -> {
                    if (!begun[0]) {
                        begun[0] = true;
                        events.add(new Event.Computed(batch, index));
                    }
                });
                batch.underWay.put(index, generation::cancel);
                var _ = generation
                        .future()
                        .whenComplete((completions, why) -> events.add(
                                why == null
                                        ? new Event.Generated(batch, index, text(completions))
                                        : new Event.Failed(why)));
            }
        }
    }

    private static String text(List<Completion> completions) {
        return completions.isEmpty() ? "" : completions.getFirst().text();
    }

    private Batch batch(int number, List<Request> requests) {
        List<Call> calls = new ArrayList<>(requests.size());
        for (int r = 0; r < requests.size(); r++) {
            switch (requests.get(r)) {
                case Request.LogLikelihood likelihood -> calls.add(new Call.Score(r, score(likelihood)));
                case Request.Generate generate -> calls.add(new Call.Generate(r, generation(generate)));
                case Request.Rolling rolling -> {
                    for (int[] window : rolling.windows(tokenizer, context)) {
                        calls.add(new Call.Score(r, new ScoreRequest(window, 1, 0)));
                    }
                }
            }
        }
        return new Batch(number, requests, calls);
    }

    private ScoreRequest score(Request.LogLikelihood request) {
        ScoreRequest whole = switch (request.prompt()) {
            case Prompt.Plain(String text) -> TextScoring.request(tokenizer, text, request.continuation(), false, 0);
            case Prompt.Chat chat -> {
                int[] head = encode(chat);
                int[] tail = tokenizer.encode(request.continuation());
                int[] ids = Arrays.copyOf(head, head.length + tail.length);
                System.arraycopy(tail, 0, ids, head.length, tail.length);
                yield new ScoreRequest(ids, head.length, 0);
            }
        };
        int targets = whole.ids().length - whole.firstTarget();
        if (targets >= context) {
            throw new EvalException("a choice has " + targets + " tokens, but the context holds " + context
                    + "; raise it with --context");
        }
        int[] ids = fit(whole.ids(), context);
        return new ScoreRequest(ids, ids.length - targets, 0);
    }

    /** Cut on the left, {@code <bos>} kept. */
    private static int[] fit(int[] ids, int most) {
        if (ids.length <= most) {
            return ids;
        }
        int[] cut = Arrays.copyOfRange(ids, ids.length - most, ids.length);
        cut[0] = ids[0];
        return cut;
    }

    private int[] encode(Prompt.Chat chat) {
        ChatTemplate own = template.orElseThrow(() ->
                new EvalException("this model has no chat template that is known; leave out --apply-chat-template"));
        return own.encode(tokenizer, chat.messages(), true);
    }

    private GenerationRequest generation(Request.Generate request) {
        int[] ids = switch (request.prompt()) {
            case Prompt.Plain(String text) -> tokenizer.withBos(tokenizer.encode(text));
            case Prompt.Chat chat -> encode(chat);
        };
        int most = request.maxTokens();
        if (most >= context) {
            throw new EvalException("an answer may have " + most + " tokens, but the context holds " + context
                    + "; raise it with --context");
        }
        Sampling sampling = request.sampling();
        SamplingOptions options = SamplingOptions.builder()
                .temperature((float) sampling.temperature())
                .topP((float) sampling.topP())
                .topK(sampling.topK())
                .seed(sampling.seed() + request.sample())
                .build();
        return new GenerationRequest(
                fit(ids, context - most), most, options, request.stops(), stopIds, 1, OptionalInt.empty());
    }
}
