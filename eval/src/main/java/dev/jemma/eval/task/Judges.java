package dev.jemma.eval.task;

import java.util.Optional;

/**
 * What some answers need beside a comparison of texts. Where a judge is missing, the answers are kept but not marked.
 *
 * @param programs runs a Python program and tells whether it ended well
 * @param minerva whether a worked solution ends in the answer of the reference solution
 * @param agiEvalMath whether a short answer to a mathematical question is the right one
 */
public record Judges(Optional<Programs> programs, Optional<Answers> minerva, Optional<Answers> agiEvalMath) {
    /** No judge at all. */
    public static final Judges NONE = new Judges(Optional.empty(), Optional.empty(), Optional.empty());

    /** Runs programs. */
    @FunctionalInterface
    public interface Programs {
        /** Whether the program ends by itself, in time and without an error. */
        boolean passes(String program);
    }

    /** Compares answers. */
    @FunctionalInterface
    public interface Answers {
        /** Whether an answer as the model gave it is as good as the reference as the data has it. */
        boolean right(String answer, String reference);
    }
}
