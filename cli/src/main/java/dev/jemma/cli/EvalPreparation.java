package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Questions;
import dev.jemma.eval.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What {@code jemma eval} does before it opens a model: reads the data of all tasks and tries the sandbox. Everything
 * that is missing is told at once, in a line each.
 */
final class EvalPreparation {
    private final List<String> problems = new ArrayList<>();
    private final List<Questions> questions = new ArrayList<>();

    private EvalPreparation() {}

    /**
     * The questions of all tasks.
     *
     * @param asked the tasks by the names that were asked for: a group is told in one line
     * @throws EvalException if something is missing, with the last line; the others are on the console
     */
    static List<Questions> of(
            Console console,
            Map<String, List<Task>> asked,
            DataFolder data,
            EvaluationOptions options,
            EvalSandbox sandbox) {
        EvalPreparation preparation = new EvalPreparation();
        try {
            sandbox.openFor(asked.values().stream().flatMap(List::stream).toList());
        } catch (EvalException e) {
            preparation.problems.add(String.valueOf(e.getMessage()));
        }
        asked.values().forEach(tasks -> preparation.read(tasks, data, options));
        preparation.tell(console);
        for (Questions of : preparation.questions) {
            of.note().ifPresent(note -> console.warn(of.task().name() + ": " + note));
        }
        return preparation.questions;
    }

    private void read(List<Task> tasks, DataFolder data, EvaluationOptions options) {
        List<String> wrong = new ArrayList<>();
        for (Task task : tasks) {
            try {
                questions.add(Questions.of(task, data, options));
            } catch (JemmaException e) { // a file may also be damaged
                wrong.add(String.valueOf(e.getMessage()));
            }
        }
        if (!wrong.isEmpty()) {
            int more = wrong.size() - 1;
            problems.add(wrong.getFirst() + (more == 0 ? "" : " (and " + more + " more of its tasks)"));
        }
    }

    private void tell(Console console) {
        if (problems.isEmpty()) {
            return;
        }
        problems.subList(0, problems.size() - 1).forEach(console::error);
        throw new EvalException(problems.getLast());
    }
}
