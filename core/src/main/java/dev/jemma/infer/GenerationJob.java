package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.infer.constraint.TokenMask;
import dev.jemma.tokenizer.StreamDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One request's continuations: samples tokens, streams their text, and ends each by its own rule. */
final class GenerationJob extends Job {
    private final GenerationRequest request;
    private final int vocabularySize;
    private final Consumer<GeneratedToken> listener;
    private final CompletableFuture<List<Completion>> future = new CompletableFuture<>();
    private final List<Output> outputs = new ArrayList<>();
    private final int[] stopIds;
    private volatile SpeculationReport report = SpeculationReport.NONE; // written by the engine's thread alone

    /** What one continuation has so far. */
    private static final class Output {
        final StreamDecoder decoder;
        final StopStrings stops;
        final StringBuilder text = new StringBuilder();
        final List<TokenLogprob> logprobs = new ArrayList<>();
        int[] ids = new int[0];
        int state; // of the constraint, behind `taken` tokens
        int taken;
        Optional<FinishReason> finish = Optional.empty();

        Output(StreamDecoder decoder, StopStrings stops) {
            this.decoder = decoder;
            this.stops = stops;
        }
    }

    GenerationJob(
            GenerationRequest request,
            int vocabularySize,
            Supplier<StreamDecoder> decoders,
            Consumer<GeneratedToken> listener) {
        this.request = request;
        this.vocabularySize = vocabularySize;
        this.listener = listener;
        for (int i = 0; i < request.samples(); i++) {
            outputs.add(new Output(
                    decoders.get(),
                    new StopStrings(request.stopStrings(), request.constraint().flatMap(TokenConstraint::calls))));
            outputs.getLast().state =
                    request.constraint().map(TokenConstraint::start).orElse(TokenConstraint.DEAD);
        }
        stopIds = request.stopIds().stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    int[] prompt() {
        return request.promptIds();
    }

    @Override
    int maxLength() {
        return request.promptIds().length + request.maxTokens();
    }

    @Override
    int sequences() {
        return request.samples();
    }

    @Override
    int firstWanted() {
        return request.promptIds().length - 1;
    }

    boolean needsLogSumExp() {
        return request.logprobs().isPresent();
    }

    /** Which logits the next token of a sequence depends on; empty: on all. */
    Optional<LogitChoice> choice(Sequence sequence) {
        SamplingOptions sampling = request.sampling();
        if (request.logprobs().isPresent() || !sampling.plainLogits()) {
            return Optional.empty();
        }
        int k = sampling.greedy() ? 1 : sampling.topK();
        Optional<TokenMask> mask = request.constraint().map(c -> mask(c, sequence.tokens, sequence.sample));
        return k > 0 || mask.isPresent()
                ? Optional.of(new LogitChoice(k > 0 ? OptionalInt.of(k) : OptionalInt.empty(), mask))
                : Optional.empty();
    }

    /** Whether no token may follow {@code id}. */
    boolean endsWith(int id) {
        return request.stopIds().contains(id);
    }

    /** Tokens worth guessing for a sequence: the model always adds one of its own. */
    int guessable(Sequence sequence) {
        int generated = sequence.tokens.generated();
        return generated == 0 ? 0 : request.maxTokens() - generated - 1; // the first one may have to be forked
    }

    /** What guessing ahead brought so far. */
    SpeculationReport report() {
        return report;
    }

    /** A pass of the model begins to look at {@code guessed} guesses. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one writer
    void guessed(int guessed) {
        report = report.pass(guessed);
    }

    /** A guess was right. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one writer
    void confirmed() {
        report = report.accept();
    }

    /** The next token of a history by one of the sampler's rows of logits. */
    int choose(TokenHistory tokens, int sample, Sampler sampler, int row) {
        if (request.constraint().isEmpty()) {
            return sampler.sample(row, request.sampling(), tokens, sample);
        }
        TokenMask mask = mask(request.constraint().get(), tokens, sample);
        return sampler.sample(row, request.sampling(), tokens, sample, mask);
    }

    /** What may follow a history. */
    private TokenMask mask(TokenConstraint constraint, TokenHistory tokens, int sample) {
        Output output = outputs.get(sample);
        int state = output.state;
        for (int i = tokens.promptLength() + output.taken;
                i < tokens.size();
                i++) { // guesses, if it is a draft model's
            state = constraint.next(state, tokens.id(i));
        }
        return constraint.mask(state, stopIds);
    }

    /** The beginning of a guess that the constraint allows; what follows can only be wrong. */
    int[] allowed(Sequence sequence, int[] guess) {
        if (request.constraint().isEmpty()) {
            return guess;
        }
        TokenConstraint constraint = request.constraint().get();
        int state = outputs.get(sequence.sample).state;
        for (int i = 0; i < guess.length; i++) {
            if (endsWith(guess[i])) {
                return constraint.complete(state) ? Arrays.copyOf(guess, i + 1) : Arrays.copyOf(guess, i);
            }
            state = constraint.next(state, guess[i]);
            if (state == TokenConstraint.DEAD) {
                return Arrays.copyOf(guess, i);
            }
        }
        return guess;
    }

    /** Follows the constraint; true if nothing can follow. */
    private boolean finishes(Output output, int id) {
        if (request.constraint().isEmpty()) {
            return false;
        }
        TokenConstraint constraint = request.constraint().get();
        output.state = constraint.next(output.state, id);
        output.taken++;
        return constraint.finished(output.state);
    }

    /** Takes the token {@code id}, just added to a sequence; true if the sequence goes on. */
    boolean accept(Sequence sequence, int id, Logits logits, int row) {
        Output output = outputs.get(sequence.sample);
        Optional<TokenLogprob> logprob = Optional.empty();
        if (request.logprobs().isPresent()) {
            int k = request.logprobs().getAsInt();
            float p = (float) (logits.values().get(row, id) - logits.logSumExp()[row]);
            logprob = Optional.of(
                    new TokenLogprob(id, p, k == 0 ? List.of() : TopTokens.of(logits, row, vocabularySize, k)));
            output.logprobs.add(logprob.get());
        }
        boolean ended = endsWith(id);
        String before = beginsCall(id) ? output.stops.calls() : "";
        String text = ended ? "" : before + output.stops.push(output.decoder.push(id));
        ended = ended || finishes(output, id) || output.stops.stopped();
        boolean full = sequence.tokens.generated() >= request.maxTokens();
        if (ended || full) {
            text += rest(output);
            finish(sequence.tokens, output, ended || output.stops.stopped() ? FinishReason.STOP : FinishReason.LENGTH);
        }
        output.text.append(text);
        listener.accept(new GeneratedToken(sequence.sample, id, text, logprob));
        completeIfDone();
        return !ended && !full;
    }

    private boolean beginsCall(int id) {
        return request.constraint().filter(c -> c.beginsCall(id)).isPresent();
    }

    /** Text still held back by the decoder and the stop rule. */
    private static String rest(Output output) {
        return output.stops.push(output.decoder.flush()) + output.stops.finish();
    }

    private static void finish(TokenHistory tokens, Output output, FinishReason reason) {
        output.ids = tokens.generatedIds();
        output.finish = Optional.of(reason);
    }

    /** Ends a sequence that was cut off. */
    void cut(int sample, TokenHistory tokens) {
        Output output = outputs.get(sample);
        if (output.finish.isEmpty()) {
            output.text.append(rest(output));
            finish(tokens, output, FinishReason.CANCELLED);
        }
    }

    private void completeIfDone() {
        for (int i = 0; i < outputs.size(); i++) {
            if (outputs.get(i).finish.isEmpty()) {
                return;
            }
        }
        future.complete(completions());
    }

    private List<Completion> completions() {
        return outputs.stream()
                .map(o -> new Completion(o.text.toString(), o.ids, o.finish.orElse(FinishReason.CANCELLED), o.logprobs))
                .toList();
    }

    @Override
    CompletableFuture<List<Completion>> future() {
        return future;
    }

    @Override
    void cancelled(EngineException reason) {
        if (reason.getCause() == null) {
            future.complete(completions());
        } else { // something broke: nobody should take this for an answer that was cut
            future.completeExceptionally(reason);
        }
    }
}
