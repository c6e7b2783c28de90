package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.infer.Completion;
import dev.jemma.infer.FinishReason;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SpeculationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * A conversation with a model: what was said, and how the next answer is made. Every turn hands the engine the whole
 * conversation; its prefix cache computes only what is new. {@link #cancel} may be called from any thread, the rest
 * from one.
 */
final class ChatSession {
    private final LanguageModel model;
    private final ChatTemplate template;
    private final SamplingFlags flags;
    private final List<Message> turns = new ArrayList<>();
    private String instructions = "";
    private ChatParams params;
    private volatile Optional<Generation> running = Optional.empty();

    /**
     * An answer.
     *
     * @param promptTokens tokens of the conversation up to the question
     * @param tokens of the answer
     * @param promptSeconds from the question to the first token
     * @param decodeSeconds from the first token to the last
     * @param speculation what guessing ahead brought
     */
    record Answer(
            String text,
            FinishReason finish,
            int promptTokens,
            int tokens,
            double promptSeconds,
            double decodeSeconds,
            SpeculationReport speculation) {
        /** Tokens per second once the first one is there; 0 if there is no second. */
        double tokensPerSecond() {
            return tokens > 1 && decodeSeconds > 0 ? (tokens - 1) / decodeSeconds : 0;
        }
    }

    /** One thing that the engine says: a piece of text, or that it is done. */
    private record Piece(String text, long nanos, boolean last) {}

    ChatSession(LanguageModel model, ChatTemplate template, SamplingFlags flags) {
        this.model = model;
        this.template = template;
        this.flags = flags;
        params = new ChatParams(flags.sampling(model.defaults()), java.util.OptionalInt.empty());
    }

    /** Values in force. */
    ChatParams params() {
        return params;
    }

    /** Changes a value; see {@link ChatParams#with}. */
    void set(String name, String value) {
        params = params.with(name, value);
    }

    /** Instructions in force; empty for none. */
    String instructions() {
        return instructions;
    }

    /**
     * Sets the instructions ahead of the conversation; empty for none.
     *
     * @throws dev.jemma.chat.ChatException if the model knows no instructions
     */
    void instruct(String text) {
        if (!text.isEmpty()) {
            template.render(List.of(new Message(instructor(), text), Message.user("")), true);
        }
        instructions = text;
    }

    private Role instructor() {
        return template == ChatTemplate.FUNCTION_GEMMA ? Role.DEVELOPER : Role.SYSTEM;
    }

    /** The conversation, instructions in front. */
    List<Message> messages() {
        List<Message> all = new ArrayList<>();
        if (!instructions.isEmpty()) {
            all.add(new Message(instructor(), instructions));
        }
        all.addAll(turns);
        return all;
    }

    /** Forgets what was said. */
    void reset() {
        turns.clear();
    }

    /** Stops the answer that is being made, if any. */
    void cancel() {
        running.ifPresent(Generation::cancel);
    }

    /**
     * Says something and waits for the answer, which becomes part of the conversation. If that fails, the conversation is
     * what it was before.
     *
     * @param show gets the answer piece by piece, on this thread
     * @throws JemmaException if the conversation is too long for the context
     */
    Answer say(String text, Consumer<String> show) {
        turns.add(Message.user(text));
        boolean answered = false;
        try {
            Answer answer = answer(show);
            if (answer.finish() != FinishReason.CANCELLED || answer.tokens() > 0) {
                turns.add(Message.model(answer.text()));
                answered = true;
            }
            return answer;
        } finally {
            if (!answered) {
                turns.removeLast();
            }
        }
    }

    private Answer answer(Consumer<String> show) {
        GenerationRequest request = request();
        BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
        long startNanos = System.nanoTime();
        Generation generation =
                model.generate(request, token -> pieces.add(new Piece(token.text(), System.nanoTime(), false)));
        running = Optional.of(generation);
        var _ = generation.future().whenComplete((_, _) -> pieces.add(new Piece("", System.nanoTime(), true)));
        try {
            long firstNanos = 0;
            long lastNanos = 0;
            int shown = 0;
            for (Piece piece = pieces.take(); !piece.last(); piece = pieces.take()) {
                firstNanos = firstNanos == 0 ? piece.nanos() : firstNanos;
                lastNanos = piece.nanos();
                shown += piece.text().length();
                show.accept(piece.text());
            }
            Completion completion = generation.await().getFirst();
            show.accept(completion
                    .text()
                    .substring(Math.min(shown, completion.text().length())));
            return new Answer(
                    completion.text(),
                    completion.finishReason(),
                    request.promptIds().length,
                    completion.ids().length,
                    firstNanos == 0 ? 0 : (firstNanos - startNanos) / 1e9,
                    (lastNanos - firstNanos) / 1e9,
                    generation.speculation());
        } catch (InterruptedException e) {
            generation.cancel();
            Thread.currentThread().interrupt();
            throw new JemmaException("interrupted", e);
        } catch (RuntimeException e) {
            generation.cancel(); // nobody reads the answer any more
            throw e;
        } finally {
            running = Optional.empty();
        }
    }

    private GenerationRequest request() {
        int[] ids = template.encode(model.tokenizer(), messages(), true);
        int context = model.engine().options().contextLength();
        int room = context - ids.length;
        if (room < 1) {
            throw new JemmaException("the conversation has " + ids.length + " tokens, but the context holds " + context
                    + ": /reset starts anew, and --context raises the limit");
        }
        RequestBuilder builder = flags.apply(model.chatRequest(ids), params.sampling());
        params.maxTokens().ifPresent(builder::maxTokens);
        GenerationRequest asked = builder.build();
        return new GenerationRequest(
                asked.promptIds(),
                Math.min(asked.maxTokens(), room), // an answer may end at the context's end
                asked.sampling(),
                asked.stopStrings(),
                asked.stopIds(),
                asked.samples(),
                asked.logprobs());
    }
}
