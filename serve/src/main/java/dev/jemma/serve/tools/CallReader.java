package dev.jemma.serve.tools;

import dev.jemma.chat.FunctionTokens;
import dev.jemma.infer.constraint.CallStart;
import dev.jemma.tokenizer.Tokenizer;

/**
 * Takes an answer that was held to a grammar of calls apart, token by token, however it is cut. Keeps back what may yet
 * turn out to belong to a call, and the white space ahead of the first one.
 */
public sealed interface CallReader permits TextCalls, MarkedCalls {
    /**
     * A token came.
     *
     * @param id its id
     * @param text what it adds to the text
     */
    void push(int id, String text, CallSink sink);

    /** The answer is over, where it may have been cut. */
    void finish(CallSink sink);

    /** Whether tokens of an answer begin calls, so that its text alone does not tell them. */
    default boolean byToken(int[] ids) {
        return false;
    }

    /** A reader of one answer. */
    static CallReader of(CallStart start, Tokenizer tokenizer) {
        return switch (start.form()) {
            case TEXT -> new TextCalls(start.onlyFirst());
            case FUNCTION_GEMMA -> {
                FunctionTokens marks = FunctionTokens.of(tokenizer).orElseThrow();
                yield new MarkedCalls(marks, tokenizer.piece(marks.callStart()));
            }
        };
    }
}
