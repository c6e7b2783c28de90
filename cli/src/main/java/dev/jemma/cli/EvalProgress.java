package dev.jemma.cli;

import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.Task;
import dev.jemma.eval.TaskResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A bar for one task after another, with the time left. A task's end may overlap the next one's beginning. */
final class EvalProgress implements EvaluationListener, AutoCloseable {
    private final Console console;
    private final Deque<String> tasks = new ArrayDeque<>(); // those not shown to their end, in order
    private final Map<String, Integer> totals = new HashMap<>();
    private final Map<String, Integer> done = new HashMap<>();
    private final Set<String> finished = new HashSet<>();
    private Optional<Progress> bar = Optional.empty();

    EvalProgress(Console console) {
        this.console = console;
    }

    @Override
    public void prepared(Task task, int total, int known) {
        tasks.add(task.name());
        totals.put(task.name(), total);
        done.put(task.name(), known);
    }

    @Override
    public void answered(Task task, int count, int total) {
        done.put(task.name(), count);
        if (task.name().equals(tasks.peek())) {
            shown().at(count);
        }
    }

    @Override
    public void finished(TaskResult result) {
        finished.add(result.task().name());
        while (!tasks.isEmpty() && finished.contains(tasks.peek())) {
            bar.ifPresent(Progress::close);
            bar = Optional.empty();
            tasks.remove();
        }
    }

    private Progress shown() {
        if (bar.isEmpty()) {
            String name = tasks.element();
            Progress started = console.progress(name, totals.getOrDefault(name, 0), Progress.Unit.of("requests"));
            started.resumeAt(Math.max(0, done.getOrDefault(name, 0) - 1));
            bar = Optional.of(started);
        }
        return bar.get();
    }

    @Override
    public void close() {
        bar.ifPresent(Progress::close);
    }
}
