package dev.jemma.eval.math;

import dev.jemma.eval.metric.PythonText;
import java.util.List;

/**
 * Whether a solution gives the answer of another by the rules of Math-Verify 0.9.0 (Hugging Face), which
 * lm-evaluation-harness reports as {@code math_verify}: the answer is looked for in any form ({@link AnswerFinder}), read
 * as LaTeX or plain numbers, and compared as a number, set, interval, point, matrix or relation ({@link SameAnswer}).
 * Values are compared, not simplified, so that nothing takes long.
 */
public final class MathVerify {
    private MathVerify() {}

    /**
     * Whether the two give the same answer.
     *
     * @param generated what a model wrote
     * @param solution the data set's own, whose answer sets the form
     */
    public static boolean matches(String generated, String solution) {
        List<Object> right = AnswerFinder.find(solution);
        List<Object> given = AnswerFinder.find(generated);
        for (Object a : right) {
            for (Object b : given) {
                if (same(a, b)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean same(Object right, Object given) {
        if (right instanceof Value a && given instanceof Value b) {
            return SameAnswer.of(a, b);
        }
        return right instanceof String a
                && given instanceof String b
                && !PythonText.strip(a).isEmpty()
                && PythonText.strip(a).equals(PythonText.strip(b));
    }

    /** For tests and messages: what was found. */
    static String found(String text) {
        return AnswerFinder.find(text).toString();
    }
}
