package dev.jemma.chat;

import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.TokenizerFamily;
import java.util.stream.IntStream;

/**
 * CodeGemma's prompt for code between two pieces of code: the model is shown what stands before and after, and writes
 * what belongs in between. The control tokens are numbers 67 to 70 of the Gemma 1 vocabulary.
 */
public final class FillInTheMiddle {
    private static final int PREFIX = 67;
    private static final int MIDDLE = 68;
    private static final int SUFFIX = 69;
    private static final int SEPARATOR = 70;

    private FillInTheMiddle() {}

    /**
     * The ids of the prompt, with bos. Both sides are plain text.
     *
     * @param prefix the code before the gap
     * @param suffix the code after the gap
     * @throws ChatException if this is not a vocabulary of Gemma 1
     */
    public static int[] encode(Tokenizer tokenizer, String prefix, String suffix) {
        check(tokenizer);
        IntStream prompt = IntStream.of(PREFIX);
        prompt = IntStream.concat(prompt, IntStream.of(tokenizer.encode(prefix)));
        prompt = IntStream.concat(prompt, IntStream.of(SUFFIX));
        prompt = IntStream.concat(prompt, IntStream.of(tokenizer.encode(suffix)));
        return tokenizer.withBos(IntStream.concat(prompt, IntStream.of(MIDDLE)).toArray());
    }

    /** Ids at which the middle is complete: any of the four control tokens, and eos. */
    public static int[] stopTokens(Tokenizer tokenizer) {
        check(tokenizer);
        return new int[] {PREFIX, MIDDLE, SUFFIX, SEPARATOR, tokenizer.special().eos()};
    }

    private static void check(Tokenizer tokenizer) {
        if (tokenizer.family() != TokenizerFamily.GEMMA_1_2) {
            throw new ChatException(
                    "fill-in-the-middle needs a CodeGemma model: this vocabulary is not that of Gemma 1");
        }
    }
}
