package dev.jemma.eval.math;

import dev.jemma.eval.EvalException;
import java.util.Optional;

/** The last {@code \boxed} of a text. */
final class Boxed {
    private Boxed() {}

    /** The box with its command; empty if there is none, or it is not closed. */
    static Optional<String> last(String text) {
        int spaced = text.lastIndexOf("\\boxed ");
        if (spaced >= 0) {
            String rest = text.substring(spaced);
            int end = rest.indexOf('$');
            return Optional.of(end < 0 ? rest : rest.substring(0, end));
        }
        return lastBraced(text);
    }

    /** The same, of boxes with braces only. */
    static Optional<String> lastBraced(String text) {
        int start = text.lastIndexOf("\\boxed");
        start = start < 0 ? text.lastIndexOf("\\fbox") : start;
        int open = 0;
        for (int i = start; i >= 0 && i < text.length(); i++) {
            char c = text.charAt(i);
            open += c == '{' ? 1 : 0;
            if (c == '}' && --open == 0) {
                return Optional.of(text.substring(start, i + 1));
            }
        }
        return Optional.empty();
    }

    /** What stands in the last box. */
    static String content(String text) {
        return last(text)
                .flatMap(Boxed::inside)
                .orElseThrow(() -> new EvalException("a solution of the data set has no \\boxed answer: "
                        + text.substring(0, Math.min(80, text.length()))));
    }

    /** What a box holds. */
    static Optional<String> inside(String box) {
        if (box.startsWith("\\boxed ")) {
            return Optional.of(box.substring("\\boxed ".length()));
        }
        return box.startsWith("\\boxed{") && box.endsWith("}")
                ? Optional.of(box.substring("\\boxed{".length(), box.length() - 1))
                : Optional.empty();
    }
}
