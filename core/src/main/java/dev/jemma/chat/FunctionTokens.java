package dev.jemma.chat;

import dev.jemma.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;

/**
 * The control tokens of FunctionGemma's calls, by which an answer is read: no text produces them.
 *
 * @param callStart begins a call
 * @param callEnd ends it
 * @param escape stands on both sides of a string
 */
public record FunctionTokens(int callStart, int callEnd, int escape) {
    /** Those of a vocabulary, if it has all that FunctionGemma needs. */
    public static Optional<FunctionTokens> of(Tokenizer tokenizer) {
        if (!ChatTemplate.FUNCTION_GEMMA.fits(tokenizer)) {
            return Optional.empty();
        }
        return Optional.of(new FunctionTokens(
                Prompt.id(FunctionBlock.Kind.CALL.start(), tokenizer),
                Prompt.id(FunctionBlock.Kind.CALL.end(), tokenizer),
                Prompt.id(FunctionBlock.ESCAPE, tokenizer)));
    }

    /** In the order that {@code TokenTrie} marks them in. */
    public List<Integer> calls() {
        return List.of(callStart, callEnd, escape);
    }
}
