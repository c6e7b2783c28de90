package dev.jemma.cli;

import dev.jemma.eval.EvalException;
import dev.jemma.eval.Task;
import dev.jemma.eval.sandbox.Sandbox;
import dev.jemma.eval.sandbox.SandboxLimits;
import dev.jemma.eval.task.Benchmarks;
import dev.jemma.eval.task.ProgramJudge;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Where {@code jemma eval} runs the programs that a model writes: opened, and tried, before the model is, if at all. */
final class EvalSandbox implements ProgramJudge, AutoCloseable {
    private final Function<SandboxLimits, Sandbox> opening;
    private Optional<Sandbox> sandbox = Optional.empty();

    EvalSandbox(boolean unsafe) {
        this(limits -> unsafe ? Sandbox.unprotected(limits, 1) : Sandbox.open(limits, 1));
    }

    /** A sandbox that is opened so. */
    EvalSandbox(Function<SandboxLimits, Sandbox> opening) {
        this.opening = opening;
    }

    /**
     * Opens the sandbox if one of the tasks needs it.
     *
     * @throws EvalException if there can be none here
     */
    void openFor(List<Task> tasks) {
        Optional<Task> first =
                tasks.stream().filter(Benchmarks::asksForPrograms).findFirst();
        if (first.isEmpty()) {
            return;
        }
        try {
            sandbox = Optional.of(opening.apply(SandboxLimits.DEFAULTS));
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
