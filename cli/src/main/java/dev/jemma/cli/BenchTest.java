package dev.jemma.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * One measurement of {@code jemma bench}: either a prompt is read or tokens are generated.
 *
 * @param prompt tokens of the prompt that is timed; 0 when generating
 * @param generate tokens that each row generates; 0 when reading
 * @param depth tokens that stand before the generated ones and are not timed
 * @param rows sequences that generate at once
 */
record BenchTest(int prompt, int generate, int depth, int rows) {
    /** In llama-bench's manner: {@code pp512}, {@code tg128}, {@code tg128@d4096}, {@code tg128x16}. */
    String name() {
        return prompt > 0
                ? "pp" + prompt
                : "tg" + generate + (depth > 0 ? "@d" + depth : "") + (rows > 1 ? "x" + rows : "");
    }

    /** Timed tokens, all rows together. */
    int tokens() {
        return prompt + generate * rows;
    }

    /** Tokens that a row's context must hold. */
    int context() {
        return prompt + generate + depth + 1;
    }

    /** Every prompt once; every number to generate at every depth with every number of rows. */
    static List<BenchTest> all(
            List<Integer> prompts, List<Integer> generate, List<Integer> depths, List<Integer> rows) {
        List<BenchTest> tests = new ArrayList<>();
        for (int n : prompts) {
            if (atLeast("--prompt-tokens", n, 0) > 0) {
                tests.add(new BenchTest(n, 0, 0, 1));
            }
        }
        for (int n : generate) {
            if (atLeast("--generate-tokens", n, 0) == 0) {
                continue;
            }
            for (int depth : depths) {
                for (int r : rows) {
                    tests.add(new BenchTest(0, n, atLeast("--depth", depth, 0), atLeast("--rows", r, 1)));
                }
            }
        }
        if (tests.isEmpty()) {
            throw new MisuseException("nothing to measure: give -p or -g a number above 0");
        }
        return tests;
    }

    private static int atLeast(String flag, int value, int least) {
        if (value < least) {
            throw new MisuseException(flag + " must be at least " + least + ", not " + value);
        }
        return value;
    }
}
