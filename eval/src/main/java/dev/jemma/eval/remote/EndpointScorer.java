package dev.jemma.eval.remote;

import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.eval.Answer;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Prompt;
import dev.jemma.eval.Request;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Scorer;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.TextScoring;
import dev.jemma.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers requests by an OpenAI-compatible {@code /v1/completions} endpoint, as lm-evaluation-harness' local-completions
 * does: a log-likelihood is that of a prompt that is echoed with its log-probabilities. With a tokenizer, prompts are
 * token ids and are cut exactly as the local engine cuts them; without one they are text, and the endpoint's own tokens
 * say where the continuation begins.
 */
public final class EndpointScorer implements Scorer {
    private static final JsonMapper JSON = new JsonMapper();

    private static final String COMPLETIONS = "completions";
    private static final String CHAT = "chat/completions";

    /** Stops that the protocol allows; the text is cut at all of them here. */
    private static final int MOST_STOPS = 4;

    /**
     * What to ask, and how.
     *
     * @param name of the endpoint, for messages and as part of the key of kept answers
     * @param model as the endpoint calls it
     * @param tokenizer of its model, where prompts shall be token ids
     * @param context most tokens of a prompt and its answer; known only with a tokenizer
     * @param concurrency requests under way at a time
     * @param tries of a request that fails in a way that may pass
     * @param firstPause before the second try; doubles with each
     */
    public record Settings(
            String name,
            String model,
            Optional<Tokenizer> tokenizer,
            OptionalInt context,
            int concurrency,
            int tries,
            Duration firstPause) {
        public Settings {
            if (concurrency < 1 || tries < 1) {
                throw new EvalException("an endpoint needs at least 1 request at a time and 1 try");
            }
        }
    }

    private final Settings settings;
    private final Patient patient;

    /** Asks over this line. */
    public EndpointScorer(Line line, Settings settings) {
        this.settings = settings;
        this.patient = new Patient(line, settings.name(), settings.tries(), settings.firstPause());
    }

    @Override
    public String identity() {
        return "endpoint " + settings.name() + " model " + settings.model() + " "
                + (settings.tokenizer().isPresent() ? "ids" : "text") + " " + settings.context();
    }

    private record Event(int batch, int index, Optional<Answer> answer, Optional<Throwable> failure) {}

    @Override
    public void answer(List<List<Request>> batches, Receiver receiver) {
        LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
        Semaphore free = new Semaphore(settings.concurrency());
        int open = batches.stream().mapToInt(List::size).sum();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        try {
            for (int b = 0; b < batches.size(); b++) {
                for (int r = 0; r < batches.get(b).size(); r++) {
                    while (!free.tryAcquire()) {
                        deliver(events.take(), receiver, free);
                        open--;
                    }
                    int batch = b;
                    int index = r;
                    Request request = batches.get(b).get(r);
                    threads.execute(() -> events.add(event(batch, index, request)));
                }
            }
            for (; open > 0; open--) {
                deliver(events.take(), receiver, free);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EvalException("the evaluation was interrupted", e);
        } finally {
            threads.shutdownNow(); // what is still under way has nobody who waits for it
        }
    }

    private static void deliver(Event event, Receiver receiver, Semaphore free) {
        free.release();
        if (event.failure().isPresent()) {
            Throwable why = event.failure().get();
            throw why instanceof RuntimeException known
                    ? known
                    : new EvalException("a request failed: " + why.getMessage(), why);
        }
        event.answer().ifPresent(answer -> receiver.answered(event.batch(), event.index(), answer));
    }

    private Event event(int batch, int index, Request request) {
        try {
            return new Event(batch, index, Optional.of(ask(request)), Optional.empty());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Event(batch, index, Optional.empty(), Optional.of(e));
        } catch (RuntimeException | Error e) {
            return new Event(batch, index, Optional.empty(), Optional.of(e));
        }
    }

    private Answer ask(Request request) throws InterruptedException {
        return switch (request) {
            case Request.LogLikelihood likelihood -> likelihood(likelihood);
            case Request.Generate generate -> new Answer.Text(generated(generate));
            case Request.Rolling rolling -> rolled(rolling);
        };
    }

    private Answer.Likelihood likelihood(Request.LogLikelihood request) throws InterruptedException {
        String context = plain(request.prompt());
        if (settings.tokenizer().isPresent()) {
            ScoreRequest whole =
                    TextScoring.request(settings.tokenizer().get(), context, request.continuation(), false, 0);
            int targets = whole.ids().length - whole.firstTarget();
            int[] ids = fit(whole.ids(), targets + 1, 1);
            return Echo.ofIds(
                    choice(COMPLETIONS, echo().set("prompt", array(ids))), ids, ids.length - targets, settings.name());
        }
        String head = context.stripTrailing();
        String text = context + request.continuation();
        return Echo.ofText(choice(COMPLETIONS, echo().put("prompt", text)), text, head.length(), settings.name());
    }

    private Answer.Rolled rolled(Request.Rolling request) throws InterruptedException {
        Tokenizer tokenizer = settings.tokenizer()
                .orElseThrow(() -> new EvalException(
                        "the perplexity of a text is that of its tokens; give the tokenizer of the endpoint's model"
                                + " with --tokenizer"));
        int most = settings.context().orElse(Integer.MAX_VALUE) - 1; // one token is generated behind each
        double sum = 0;
        long tokens = 0;
        for (int[] window : request.windows(tokenizer, most)) {
            sum += Echo.ofIds(choice(COMPLETIONS, echo().set("prompt", array(window))), window, 1, settings.name())
                    .sum();
            tokens += window.length - 1;
        }
        return new Answer.Rolled(sum, tokens);
    }

    private String generated(Request.Generate request) throws InterruptedException {
        Sampling sampling = request.sampling();
        ObjectNode body = body().put("max_tokens", request.maxTokens())
                .put("temperature", sampling.temperature())
                .put("seed", sampling.seed() + request.sample());
        if (sampling.temperature() > 0) {
            body.put("top_p", sampling.topP());
            if (sampling.topK() > 0) {
                body.put("top_k", sampling.topK());
            }
        }
        request.stops().stream().limit(MOST_STOPS).forEach(body.withArray("stop")::add);
        JsonNode text = switch (request.prompt()) {
            case Prompt.Plain(String prompt) -> {
                if (settings.tokenizer().isPresent()) {
                    Tokenizer tokenizer = settings.tokenizer().get();
                    int[] ids = fit(tokenizer.withBos(tokenizer.encode(prompt)), 1, request.maxTokens());
                    body.set("prompt", array(ids));
                } else {
                    body.put("prompt", prompt);
                }
                yield choice(COMPLETIONS, body).path("text");
            }
            case Prompt.Chat(List<Message> messages) -> {
                body.set("messages", conversation(messages));
                JsonNode message = choice(CHAT, body).path("message").path("content");
                // an answer of nothing at all is null in that protocol
                yield message.isNull() ? JSON.getNodeFactory().stringNode("") : message;
            }
        };
        if (!text.isString()) {
            throw new EvalException(settings.name() + " answers without a text");
        }
        String answer = text.asString();
        int end = answer.length();
        for (String stop : request.stops()) {
            int at = stop.isEmpty() ? -1 : answer.indexOf(stop);
            end = at >= 0 && at < end ? at : end;
        }
        return answer.substring(0, end);
    }

    private static String plain(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Plain(String text) -> text;
            case Prompt.Chat _ ->
                throw new EvalException("an endpoint tells no log-likelihoods in a conversation; leave out"
                        + " --apply-chat-template, or run the model itself");
        };
    }

    /** The roles by the protocol's names. */
    private static ArrayNode conversation(List<Message> messages) {
        ArrayNode array = JSON.createArrayNode();
        for (Message message : messages) {
            String role =
                    message.role() == Role.MODEL ? "assistant" : message.role().label();
            array.addObject().put("role", role).put("content", message.content());
        }
        return array;
    }

    /** Cut on the left, {@code <bos>} kept, so that {@code answer} more tokens fit. */
    private int[] fit(int[] ids, int needed, int answer) {
        int most = settings.context().orElse(Integer.MAX_VALUE) - answer;
        if (ids.length <= most) {
            return ids;
        }
        if (needed > most) {
            throw new EvalException("a request needs " + (needed + answer) + " tokens, but the context holds "
                    + settings.context().orElse(0) + "; raise it with --context");
        }
        int[] cut = Arrays.copyOfRange(ids, ids.length - most, ids.length);
        cut[0] = ids[0];
        return cut;
    }

    private ObjectNode body() {
        return JSON.createObjectNode().put("model", settings.model());
    }

    /** One token is generated, since not every endpoint takes 0; nothing is made of it. */
    private ObjectNode echo() {
        return body().put("max_tokens", 1)
                .put("temperature", 0)
                .put("logprobs", 1)
                .put("echo", true);
    }

    private static ArrayNode array(int[] ids) {
        ArrayNode array = JSON.createArrayNode();
        for (int id : ids) {
            array.add(id);
        }
        return array;
    }

    private JsonNode choice(String path, JsonNode body) throws InterruptedException {
        JsonNode choice = patient.post(path, JSON.writeValueAsString(body))
                .path("choices")
                .path(0);
        if (!choice.isObject()) {
            throw new EvalException(settings.name() + " answers without \"choices\"; is it a completions endpoint?");
        }
        return choice;
    }
}
