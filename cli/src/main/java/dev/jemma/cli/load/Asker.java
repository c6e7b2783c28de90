package dev.jemma.cli.load;

import dev.jemma.JemmaException;
import java.util.OptionalLong;

/** Whom a load is for. Called from many threads. */
@FunctionalInterface
public interface Asker {
    /**
     * What an answer came to.
     *
     * @param promptTokens as the server counts them
     * @param answerTokens as the server counts them
     */
    record Usage(OptionalLong promptTokens, OptionalLong answerTokens) {}

    /**
     * Asks, and waits for the end of the answer.
     *
     * @param onPiece runs for each piece of the answer, as it comes
     * @throws JemmaException if the answer does not come to its end; the message is the kind of what went wrong
     * @throws InterruptedException if this thread is interrupted
     */
    Usage ask(Call call, Runnable onPiece) throws InterruptedException;
}
