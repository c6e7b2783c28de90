package dev.jemma.infer;

import dev.jemma.tokenizer.Tokenizer;

/**
 * Turns (context, continuation) into ids the way EleutherAI's lm-evaluation-harness does, so that numbers agree: white
 * space at the context's end moves to the continuation, both are tokenized as one text, and what follows as many tokens
 * as the context has alone is the continuation.
 */
public final class TextScoring {
    private TextScoring() {}

    /**
     * @param special whether control tokens spelled out in the texts are control tokens
     * @param top how many of the best tokens to return at each position
     */
    public static ScoreRequest request(
            Tokenizer tokenizer, String context, String continuation, boolean special, int top) {
        int end = context.length();
        while (end > 0 && isPythonSpace(context.charAt(end - 1))) {
            end--;
        }
        String head = context.substring(0, end);
        String tail = context.substring(end) + continuation;
        int[] whole = tokenizer.withBos(tokenizer.encode(head + tail, special));
        // An empty context is <bos> alone; so is one of nothing but white space, which moved.
        int contextTokens = 1 + tokenizer.encode(head, special).length;
        return new ScoreRequest(whole, Math.min(contextTokens, whole.length), top);
    }

    /** What Python's str.rstrip() removes. */
    private static boolean isPythonSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }
}
