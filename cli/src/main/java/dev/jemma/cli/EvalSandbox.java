package dev.jemma.cli;

import dev.jemma.eval.EvalException;
import dev.jemma.eval.Task;
import dev.jemma.eval.sandbox.Sandbox;
import dev.jemma.eval.sandbox.SandboxLimits;
import dev.jemma.eval.task.Benchmarks;
import dev.jemma.eval.task.ProgramJudge;
import java.util.List;
import java.util.Optional;

/** Where {@code jemma eval} runs the programs that a model writes: opened, and tried, before the model is, if at all. */
final class EvalSandbox implements ProgramJudge, AutoCloseable {
    private Optional<Sandbox> sandbox = Optional.empty();

    /**
     * Opens the sandbox if one of the tasks needs it.
     *
     * @param unsafe without protection
     * @throws EvalException if there can be none here
     */
    void openFor(List<Task> tasks, boolean unsafe) {
        Optional<Task> first =
                tasks.stream().filter(Benchmarks::asksForPrograms).findFirst();
        if (first.isEmpty()) {
            return;
        }
        try {
            sandbox = Optional.of(
                    unsafe ? Sandbox.unprotected(SandboxLimits.DEFAULTS, 1) : Sandbox.open(SandboxLimits.DEFAULTS, 1));
        } catch (EvalException e) {
            throw new EvalException(first.get().name() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean passes(String program) {
        return sandbox.orElseThrow(() -> new IllegalStateException("no task was said to need a sandbox"))
                .run(program)
                .passed();
    }

    @Override
    public void close() {
        sandbox.ifPresent(Sandbox::close);
    }
}
