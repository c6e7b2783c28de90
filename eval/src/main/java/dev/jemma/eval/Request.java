package dev.jemma.eval;

import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One question to a model; equal requests have equal answers. */
public sealed interface Request {
    /** How likely is this continuation? Answered by {@link Answer.Likelihood}. */
    record LogLikelihood(Prompt prompt, String continuation) implements Request {}

    /**
     * How likely is this text? Answered by {@link Answer.Rolled}. Windows do not overlap; each is {@code <bos>} and the
     * next {@code window} − 1 tokens.
     */
    record Rolling(String text, int window) implements Request {
        /**
         * Its windows as token ids; none of a text without a token.
         *
         * @param most tokens that there is room for
         * @throws EvalException if a window has no room for a token behind {@code <bos>}
         */
        public List<int[]> windows(Tokenizer tokenizer, int most) {
            int step = Math.min(window, most) - 1;
            if (step < 1) {
                throw new EvalException("the tokens of a text are read behind <bos>, which a window of "
                        + Math.min(window, most) + " has no room for; raise it with --context");
            }
            int[] ids = tokenizer.encode(text);
            List<int[]> windows = new ArrayList<>();
            for (int from = 0; from < ids.length; from += step) {
                windows.add(tokenizer.withBos(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + step))));
            }
            return windows;
        }
    }

    /**
     * What comes next? Answered by {@link Answer.Text}.
     *
     * @param stops texts that end the answer and are not part of it
     * @param maxTokens most tokens of the answer
     * @param sample number of this answer among several to the same prompt
     */
    record Generate(Prompt prompt, List<String> stops, int maxTokens, Sampling sampling, int sample)
            implements Request {
        public Generate {
            stops = List.copyOf(stops);
        }
    }
}
