package dev.jemma.eval;

import java.util.List;

/** One question to a model; equal requests have equal answers. */
public sealed interface Request {
    /** How likely is this continuation? Answered by {@link Answer.Likelihood}. */
    record LogLikelihood(Prompt prompt, String continuation) implements Request {}

    /**
     * How likely is this text? Answered by {@link Answer.Rolled}. Windows do not overlap; each is {@code <bos>} and the
     * next {@code window} − 1 tokens.
     */
    record Rolling(String text, int window) implements Request {}

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
