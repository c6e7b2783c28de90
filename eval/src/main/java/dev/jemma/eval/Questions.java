package dev.jemma.eval;

import java.util.List;
import java.util.Optional;

/**
 * A task with everything that will be asked: its rows are read and its examples drawn, so that data that is missing or
 * damaged shows before a model is opened.
 *
 * @param rows rows of the task, also those that are not asked
 * @param shots examples before each question
 * @param origin where the examples come from, in words; empty without examples
 * @param note why they are not the rows that the reference draws from; empty where they are
 */
public record Questions(Task task, List<Item> items, int rows, int shots, String origin, Optional<String> note) {
    public Questions {
        items = List.copyOf(items);
    }

    /**
     * Reads the data of a task.
     *
     * @throws EvalException if it is not there, is damaged, or has no rows or too few examples; the message begins with the task
     */
    public static Questions of(Task task, DataFolder folder, EvaluationOptions options) {
        try {
            Questions questions = Items.questions(task, folder, options);
            if (questions.items().isEmpty()) {
                throw new EvalException("the data has no rows of this task");
            }
            return questions;
        } catch (EvalException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(task.name() + ": ") ? e : new EvalException(task.name() + ": " + message, e);
        }
    }
}
