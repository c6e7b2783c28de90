package dev.jemma.eval;

/** Is told how an evaluation gets on; called on the evaluation's own thread. */
public interface EvaluationListener {
    /** Wants to know nothing. */
    EvaluationListener NONE = new EvaluationListener() {};

    /** A task's requests are made; {@code known} of {@code total} are answered from an earlier run. */
    default void prepared(Task task, int total, int known) {}

    /** One more request of a task is answered: {@code done} of {@code total}. */
    default void answered(Task task, int done, int total) {}

    /** All of a task's requests are answered and marked. */
    default void finished(TaskResult result) {}
}
