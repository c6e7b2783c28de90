package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptLookupTest {
    private static int[] guess(int shortestRun, int most, int... ids) {
        return PromptLookup.guess(new TokenHistory(ids), shortestRun, most);
    }

    @Test
    void whatFollowedTheSameTokensIsGuessed() {
        assertThat(guess(2, 3, 1, 2, 3, 4, 5, 9, 1, 2)).containsExactly(3, 4, 5);
    }

    @Test
    void theLongestRunWinsAndTheLatestOfEqualOnes() {
        assertThat(guess(2, 1, 7, 1, 2, 30, 1, 2, 31, 9, 7, 1, 2)).containsExactly(30);
        assertThat(guess(2, 1, 1, 2, 30, 1, 2, 31, 9, 1, 2)).containsExactly(31);
    }

    @Test
    void nothingIsGuessedWhereTooLittleRepeats() {
        assertThat(guess(2, 4, 1, 2, 3, 4, 5, 2)).isEmpty();
        assertThat(guess(3, 4, 1, 2, 3, 4, 1, 2)).isEmpty();
        assertThat(guess(1, 4, 5)).isEmpty();
        assertThat(guess(1, 2, 1, 2, 3, 4, 5, 2)).containsExactly(3, 4);
    }

    @Test
    void aRunThatReachesTheEndGoesRound() {
        assertThat(guess(2, 5, 8, 1, 2, 3, 1, 2, 3, 1, 2)).containsExactly(3, 1, 2, 3, 1);
        assertThat(guess(2, 3, 4, 4, 4)).containsExactly(4, 4, 4);
    }

    @Test
    void aPaceGrowsWithSuccessAndRestsAfterFailures() {
        Pace pace = new Pace(8);
        assertThat(pace.next()).isEqualTo(4);
        pace.learn(4, 4);
        assertThat(pace.next()).isEqualTo(8);
        pace.learn(8, 8);
        assertThat(pace.next()).isEqualTo(8);
        pace.learn(2, 2); // a guess that was short is no reason for shorter ones
        assertThat(pace.next()).isEqualTo(8);
        pace.learn(8, 2);
        assertThat(pace.next()).isEqualTo(3);
        pace.learn(3, 0);
        assertThat(pace.next()).isEqualTo(1);
        int rested = 0;
        for (int failure = 0; failure < 20; failure++) {
            pace.learn(1, 0);
            for (rested = 0; pace.next() == 0; rested++) {
                assertThat(rested).isLessThan(32);
            }
        }
        assertThat(rested).isEqualTo(32);
        pace.learn(1, 1);
        assertThat(pace.next()).isEqualTo(2);
    }

    @Test
    void tokensTakenBackLeaveNoTraceInTheHistory() {
        TokenHistory history = new TokenHistory(new int[] {2, 5});
        history.add(5);
        history.add(6);
        history.add(6);
        history.truncate(4);
        assertThat(history.generatedIds()).containsExactly(5, 6);
        assertThat(history.generatedCounts()).containsOnly(java.util.Map.entry(5, 1), java.util.Map.entry(6, 1));
        history.truncate(0);
        assertThat(history.size()).isEqualTo(2);
        assertThat(history.generatedCounts()).isEmpty();
    }
}
