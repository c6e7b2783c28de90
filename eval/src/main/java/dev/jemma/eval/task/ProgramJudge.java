package dev.jemma.eval.task;

/** Runs programs that a model wrote, to tell the good ones; a {@link dev.jemma.eval.sandbox.Sandbox} for example. */
@FunctionalInterface
public interface ProgramJudge {
    /** Whether the program, a text in Python, comes to its end in time and without an error. */
    boolean passes(String program);
}
