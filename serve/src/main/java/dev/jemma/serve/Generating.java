package dev.jemma.serve;

import dev.jemma.chat.ChatException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.FillInTheMiddle;
import dev.jemma.chat.Message;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.ScoreResult;
import dev.jemma.infer.constraint.CallForm;
import dev.jemma.infer.constraint.CallStart;
import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.ChatRequest;
import dev.jemma.serve.protocol.CompletionRequest;
import dev.jemma.serve.protocol.GenerationFields;
import dev.jemma.serve.protocol.PromptInput;
import dev.jemma.serve.tools.Conversation;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** {@code /v1/chat/completions} and {@code /v1/completions}: from a checked request to a run, and on to its delivery. */
final class Generating {
    private final Models models;
    private final Queues queues;
    private final ServeOptions options;
    private final Forms forms;
    private final Telemetry telemetry;
    private final Consumer<Run> running;

    /** @param running told of every run that starts, so that it can be ended from outside */
    Generating(
            Models models,
            Queues queues,
            ServeOptions options,
            Forms forms,
            Telemetry telemetry,
            Consumer<Run> running) {
        this.models = models;
        this.queues = queues;
        this.options = options;
        this.forms = forms;
        this.telemetry = telemetry;
        this.running = running;
    }

    void chat(Exchange exchange) throws InterruptedException {
        ChatRequest request = ChatRequest.read(exchange.body(options.maxBodyBytes()));
        Models.Choice choice = choose(exchange, request.model());
        LanguageModel model = choice.model();
        ChatTemplate template = model.chatTemplate()
                .orElseThrow(() ->
                        ApiException.unsupported("messages", "this model has no chat template; use /v1/completions"));
        int[] ids;
        try {
            List<Message> messages = Conversation.messages(template, request.messages(), request.tools());
            ids = template.encode(model.tokenizer(), messages, true);
        } catch (ChatException e) {
            throw ApiException.invalid("messages", ApiException.words(e));
        }
        checkIds(ids, model, options.maxPromptTokens(), "messages");
        CallForm callForm = Conversation.form(template);
        Optional<Constraints.Lease> form = request.tools().used()
                ? Optional.of(forms.of(exchange, model, callForm, request.tools(), request.form()))
                : forms.of(exchange, model, request.form());
        try (Held _ = new Held(form)) {
            GenerationFields fields = request.generation();
            GenerationRequest job = job(choice, ids, fields, request.logprobs(), model.turnEnds(), form, "messages");
            TokenText tokens = new TokenText(model.tokenizer());
            boolean logprobs = request.logprobs().isPresent();
            Shape shape = request.tools().used()
                    ? new ToolShape(tokens, logprobs, job.stopIds(), ids.length, calls(job), exchange.id())
                    : new ChatShape(tokens, logprobs, job.stopIds(), ids.length);
            run(exchange, choice, List.of(job), shape, fields, () -> {});
        }
    }

    private static CallStart calls(GenerationRequest job) {
        return job.constraint().flatMap(TokenConstraint::calls).orElseThrow();
    }

    /** Gives a constraint back when an answer is over. */
    private record Held(Optional<Constraints.Lease> lease) implements AutoCloseable {
        @Override
        public void close() {
            lease.ifPresent(Constraints.Lease::close);
        }
    }

    void complete(Exchange exchange) throws InterruptedException {
        CompletionRequest request = CompletionRequest.read(exchange.body(options.maxBodyBytes()));
        Models.Choice choice = choose(exchange, request.model());
        LanguageModel model = choice.model();
        Tokenizer tokenizer = model.tokenizer();
        GenerationFields fields = request.generation();
        Set<Integer> stops = new HashSet<>(model.defaults().stopIds());
        List<int[]> prompts = new ArrayList<>();
        for (PromptInput prompt : request.prompts()) {
            prompts.add(ids(tokenizer, prompt, request.suffix(), stops));
        }
        Optional<Constraints.Lease> form = forms.of(exchange, model, request.form());
        try (Held _ = new Held(form)) {
            List<GenerationRequest> jobs = new ArrayList<>();
            for (int[] ids : prompts) {
                jobs.add(job(choice, ids, fields, request.logprobs(), stops, form, "prompt"));
            }
            run(exchange, choice, request, jobs);
        }
    }

    private void run(Exchange exchange, Models.Choice choice, CompletionRequest request, List<GenerationRequest> jobs)
            throws InterruptedException {
        GenerationFields fields = request.generation();
        List<CompletionShape.Echo> echoes = new ArrayList<>();
        long tokens = jobs.stream().mapToLong(j -> j.promptIds().length).sum();
        Shape shape = new CompletionShape(
                new TokenText(choice.model().tokenizer()),
                request.logprobs().isPresent(),
                jobs.getFirst().stopIds(),
                tokens,
                fields.n(),
                fields.maxTokens().orElse(1) == 0,
                echoes);
        run(exchange, choice, jobs, shape, fields, () -> {
            for (int i = 0; request.echo() && i < jobs.size(); i++) {
                echoes.add(echo(exchange, choice, request, i, jobs.get(i).promptIds()));
            }
        });
    }

    private static CompletionShape.Echo echo(
            Exchange exchange, Models.Choice choice, CompletionRequest request, int i, int[] ids) {
        Optional<CompletableFuture<ScoreResult>> scores = Optional.empty();
        if (request.logprobs().isPresent() && ids.length > 1) {
            ScoreRequest score = new ScoreRequest(ids, 1, request.logprobs().getAsInt(), choice.adapter());
            scores = Optional.of(choice.model().engine().submit(score, exchange.scope()));
        }
        String text = switch (request.prompts().get(i)) {
            case PromptInput.Text(String plain) -> plain;
            case PromptInput.Ids _ -> choice.model().tokenizer().decode(ids, SpecialText.SKIP);
        };
        return new CompletionShape.Echo(text, ids, scores);
    }

    private static int[] ids(Tokenizer tokenizer, PromptInput prompt, Optional<String> suffix, Set<Integer> stops) {
        return switch (prompt) {
            case PromptInput.Ids(int[] ids) -> ids;
            case PromptInput.Text(String text)
            when suffix.isPresent() -> {
                try {
                    IntStream.of(FillInTheMiddle.stopTokens(tokenizer)).forEach(stops::add);
                    yield FillInTheMiddle.encode(tokenizer, text, suffix.get());
                } catch (ChatException e) {
                    throw ApiException.unsupported("suffix", ApiException.words(e));
                }
            }
            case PromptInput.Text(String text) -> tokenizer.withBos(tokenizer.encode(text));
        };
    }

    private Models.Choice choose(Exchange exchange, Optional<String> asked) {
        Models.Choice choice = models.choose(asked);
        exchange.answeredBy(choice.id());
        if (choice.model().config().embedsText()) {
            throw ApiException.unsupported("model", "an embedding model does not generate text; use /v1/embeddings");
        }
        return choice;
    }

    private GenerationRequest job(
            Models.Choice choice,
            int[] ids,
            GenerationFields fields,
            OptionalInt logprobs,
            Set<Integer> stops,
            Optional<Constraints.Lease> form,
            String param) {
        LanguageModel model = choice.model();
        checkIds(ids, model, options.maxPromptTokens(), param);
        int context = model.engine().options().contextLength();
        long most = (long) ids.length + Math.max(1, fields.maxTokens().orElse(1));
        if (most > context) {
            throw ApiException.tooLong(
                    ids.length < context ? "max_tokens" : param,
                    "the prompt has " + ids.length + " tokens and " + (most - ids.length)
                            + " more were asked for, but the context holds " + context);
        }
        if (fields.n() > model.engine().options().maxSequences()) {
            throw ApiException.invalid(
                    "n", "'n' is at most " + model.engine().options().maxSequences() + " on this server");
        }
        RequestBuilder builder = model.request(ids);
        fields.apply(
                builder, model.defaults().sampling(), stops, model.tokenizer().vocabularySize());
        logprobs.ifPresent(builder::logprobs);
        choice.adapter().ifPresent(builder::adapter);
        form.ifPresent(lease -> builder.constraint(lease.constraint()));
        return builder.build();
    }

    /** What an engine would refuse, with the name of the field. */
    static void checkIds(int[] ids, LanguageModel model, int most, String param) {
        if (ids.length > most) {
            throw ApiException.tooLong(
                    param, "'" + param + "' has " + ids.length + " tokens; this server takes at most " + most);
        }
        int vocabulary = model.config().vocabularySize();
        for (int id : ids) {
            if (id >= vocabulary) {
                throw ApiException.invalid(
                        param, "token id " + id + " is outside the vocabulary of " + vocabulary + " tokens");
            }
        }
    }

    private void run(
            Exchange exchange,
            Models.Choice choice,
            List<GenerationRequest> jobs,
            Shape shape,
            GenerationFields fields,
            Runnable alongside)
            throws InterruptedException {
        Run run = queues.enter(choice, jobs.size(), () -> {
            Run started = Run.start(choice.model(), exchange.scope(), jobs, fields.stream(), options.streamBuffer());
            running.accept(started);
            return started;
        });
        try (run) {
            alongside.run();
            new Delivery(exchange, run, shape, fields, options, choice.id(), jobs.size()).deliver();
            run.firstTokenNanos().ifPresent(t -> telemetry.firstToken(choice.id(), (t - exchange.startNanos()) / 1e9));
        } finally {
            shape.cancel();
        }
    }
}
