package dev.jemma.infer;

/**
 * How an engine guesses ahead. Guessed tokens ride along in the batch that computes the token before them, and one pass
 * of the model tells which of them it would have chosen itself: those count, the rest is forgotten. The model chooses
 * every token with the random number of its own position (DESIGN 5.9), so a request gets the same tokens with any
 * speculation as with none, sampled ones included; only the time differs.
 */
public sealed interface Speculation {
    /** Most tokens of a guess where nobody says otherwise. */
    int DEFAULT_TOKENS = 16;

    /** More would make a pass slower than the tokens are worth; all sequences of a batch together get no more rows. */
    int MAX_TOKENS = 31;

    /** Most tokens guessed at a time; fewer are as long as guesses are wrong. */
    int tokens();

    /** One token a pass. */
    record None() implements Speculation {
        @Override
        public int tokens() {
            return 0;
        }
    }

    /**
     * Guesses that the text goes on as it did after the last tokens occurred before, in the prompt or the output (prompt
     * lookup). Costs nothing where nothing repeats; pays where answers quote: summaries, corrections, code.
     *
     * @param tokens most tokens guessed at a time, from 1 to {@link #MAX_TOKENS}
     */
    record Lookup(int tokens) implements Speculation {
        public Lookup {
            check(tokens);
        }
    }

    /**
     * Lets a smaller model with the same vocabulary guess (speculative decoding, arXiv 2211.17192). It keeps keys and
     * values of its own, within the budget it was opened with; a sequence that does not fit this budget or the smaller
     * model's context goes on without guesses.
     *
     * @param model the smaller model; the caller closes it, after every model that uses it
     * @param tokens most tokens guessed at a time, from 1 to {@link #MAX_TOKENS}
     */
    record Draft(LanguageModel model, int tokens) implements Speculation {
        public Draft {
            check(tokens);
        }
    }

    private static void check(int tokens) {
        if (tokens < 1 || tokens > MAX_TOKENS) {
            throw new IllegalArgumentException(
                    "a guess has 1 to " + MAX_TOKENS + " tokens, not " + tokens + ": choose a number between them");
        }
    }
}
