package dev.jemma.infer;

/**
 * How many tokens to guess for a sequence: twice as many after a guess that was right to its end, one more than were
 * right after another, and none for ever longer while everything is wrong.
 */
final class Pace {
    private static final int START = 4;
    /** Wrong guesses in a row that are not held against the proposer. */
    private static final int PATIENCE = 2;

    private static final int LONGEST_REST = 32;

    private final int most;
    private int tokens;
    private int misses;
    private int rest;

    Pace(int most) {
        this.most = most;
        tokens = Math.min(START, most);
    }

    /** Tokens to guess this time; 0 while it rests. */
    int next() {
        if (rest > 0) {
            rest--;
            return 0;
        }
        return tokens;
    }

    void learn(int proposed, int accepted) {
        if (accepted == 0) {
            misses++;
            tokens = 1;
            rest = misses < PATIENCE ? 0 : Math.min(LONGEST_REST, 1 << Math.min(misses - PATIENCE, 30));
            return;
        }
        misses = 0;
        tokens = accepted < proposed ? accepted + 1 : Math.clamp(2L * proposed, Math.min(tokens, most), most);
    }
}
