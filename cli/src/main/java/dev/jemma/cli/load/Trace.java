package dev.jemma.cli.load;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/**
 * The requests of a run, one after the other and the same ones for the same seed, whoever answers them. Arrivals are a
 * Poisson process: the times between them are exponentially distributed and do not depend on each other.
 */
public final class Trace {
    /**
     * A prompt of a file.
     *
     * @param maxTokens most tokens of its answer, if the file says so
     */
    public record Prompt(String text, OptionalInt maxTokens) {}

    private final SplittableRandom arrivals;
    private final SplittableRandom lengths;
    private final OptionalDouble perSecond;
    private final Optional<List<Prompt>> prompts;
    private final Lengths promptWords;
    private final Lengths answerTokens;
    private double seconds;
    private int count;

    /**
     * A trace from its beginning.
     *
     * @param perSecond mean rate of arrivals; empty where a request follows the end of another
     * @param prompts used in turn, not empty; where absent, prompts are random words
     * @param promptWords words of such a prompt
     * @param answerTokens most tokens of an answer, where the prompt's own line does not say
     */
    public Trace(
            long seed,
            OptionalDouble perSecond,
            Optional<List<Prompt>> prompts,
            Lengths promptWords,
            Lengths answerTokens) {
        SplittableRandom random = new SplittableRandom(seed);
        arrivals = random.split();
        lengths = random.split();
        this.perSecond = perSecond;
        this.prompts = prompts;
        this.promptWords = promptWords;
        this.answerTokens = answerTokens;
    }

    /** The next request. */
    public synchronized Call next() {
        if (perSecond.isPresent()) {
            seconds += -Math.log1p(-arrivals.nextDouble()) / perSecond.getAsDouble();
        }
        int answer = answerTokens.next(lengths);
        int number = count++;
        if (prompts.isPresent()) {
            Prompt prompt = prompts.get().get(number % prompts.get().size());
            return new Call(atNanos(), prompt.text(), prompt.maxTokens().orElse(answer));
        }
        return new Call(atNanos(), Words.prompt(lengths, promptWords.next(lengths)), answer);
    }

    private long atNanos() {
        return (long) (1e9 * seconds);
    }
}
