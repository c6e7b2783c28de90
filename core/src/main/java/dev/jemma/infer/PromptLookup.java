package dev.jemma.infer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Guesses that a text goes on as it did before: finds where the longest run of its last tokens occurred already, the
 * latest such place, and proposes what followed there. After wrong guesses only longer runs count.
 */
final class PromptLookup implements Proposer {
    /** Tokens that must repeat: one alone says next to nothing. */
    static final int SHORTEST_RUN = 2;
    /** Longer runs are not told apart. */
    static final int LONGEST_RUN = 8;

    private static final class State {
        final Pace pace;
        int shortestRun = SHORTEST_RUN;

        State(Pace pace) {
            this.pace = pace;
        }
    }

    private final int tokens;
    private final Map<Sequence, State> states = new HashMap<>();

    /** @param tokens most tokens of a guess */
    PromptLookup(int tokens) {
        this.tokens = tokens;
    }

    @Override
    public List<int[]> propose(List<Sequence> sequences, int[] limits) {
        List<int[]> guesses = new ArrayList<>(sequences.size());
        for (int i = 0; i < limits.length; i++) {
            guesses.add(limits[i] > 0 ? guess(sequences.get(i), limits[i]) : NOTHING);
        }
        return guesses;
    }

    private int[] guess(Sequence sequence, int limit) {
        State state = states.computeIfAbsent(sequence, _ -> new State(new Pace(tokens)));
        int most = Math.min(limit, state.pace.next());
        return most == 0 ? NOTHING : guess(sequence.tokens, state.shortestRun, most);
    }

    /** What followed the last run of at least {@code shortestRun} tokens before, at most {@code most} tokens. */
    static int[] guess(TokenHistory history, int shortestRun, int most) {
        int last = history.size() - 1;
        int longest = shortestRun - 1;
        int found = -1; // where the earlier run ends
        for (int end = last - 1; end >= shortestRun - 1 && longest < LONGEST_RUN; end--) {
            if (history.id(end) == history.id(last)) {
                int run = 1;
                while (run < LONGEST_RUN && run <= end && history.id(end - run) == history.id(last - run)) {
                    run++;
                }
                if (run > longest) {
                    longest = run;
                    found = end;
                }
            }
        }
        if (found < 0) {
            return NOTHING;
        }
        int[] guess = new int[most];
        int period = last - found;
        for (int i = 0; i < most; i++) { // a run that reaches the end goes round
            guess[i] = i < period ? history.id(found + 1 + i) : guess[i - period];
        }
        return guess;
    }

    @Override
    public void learn(Sequence sequence, int proposed, int accepted) {
        State state = states.get(sequence);
        if (state != null) {
            state.pace.learn(proposed, accepted);
            state.shortestRun = Math.clamp(
                    accepted > 0 ? state.shortestRun - 1L : state.shortestRun + 1L, SHORTEST_RUN, LONGEST_RUN);
        }
    }

    @Override
    public void forget(Sequence sequence) {
        states.remove(sequence);
    }

    @Override
    public void close() {}
}
