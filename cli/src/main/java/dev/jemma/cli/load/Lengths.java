package dev.jemma.cli.load;

import dev.jemma.JemmaException;
import java.util.SplittableRandom;

/**
 * A length, or a range of lengths that are all equally likely.
 *
 * @param least at least 1
 * @param most not less
 */
public record Lengths(int least, int most) {
    private static final int LONGEST = 1_000_000;

    /**
     * Reads {@code 64} or {@code 32-256}.
     *
     * @throws JemmaException if it is neither
     */
    public static Lengths parse(String flag, String text) {
        String[] parts = text.strip().split("-", 2);
        try {
            int least = Integer.parseInt(parts[0]);
            int most = Integer.parseInt(parts[parts.length - 1]);
            if (least >= 1 && most >= least && most <= LONGEST) {
                return new Lengths(least, most);
            }
        } catch (NumberFormatException e) {
            throw new JemmaException(flag + " is a number or a range such as 32-256, not '" + text + "'", e);
        }
        throw new JemmaException(
                flag + " is a number or a range such as 32-256, from 1 to " + LONGEST + ", not '" + text + "'");
    }

    int next(SplittableRandom random) {
        return random.nextInt(least, most + 1);
    }
}
