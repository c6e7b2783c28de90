package dev.jemma.eval;

import dev.jemma.eval.fewshot.Draw;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What applies to all tasks of a run.
 *
 * @param limit only the first rows of each task
 * @param shots examples before each question, instead of the task's own number
 * @param suite whether a task's own number is that of the Gemma suite
 * @param chat whether prompts are turns of a conversation in the model's own template
 * @param multiturn whether each example is a turn of its own, question and answer
 * @param systemInstruction stands before everything else
 * @param maxTokens most tokens of a generated answer, instead of the task's own
 * @param sampling of generated answers, instead of the task's own
 * @param bootstrapRounds samples behind standard errors that have no formula
 * @param seed of the draws of examples
 */
public record EvaluationOptions(
        OptionalInt limit,
        OptionalInt shots,
        boolean suite,
        boolean chat,
        boolean multiturn,
        Optional<String> systemInstruction,
        OptionalInt maxTokens,
        Optional<Sampling> sampling,
        int bootstrapRounds,
        int seed) {
    /** All rows, the tasks' own shots, plain prompts. */
    public static final EvaluationOptions DEFAULTS = new EvaluationOptions(
            OptionalInt.empty(),
            OptionalInt.empty(),
            false,
            false,
            false,
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            1000,
            Draw.SEED);

    public EvaluationOptions {
        if (limit.orElse(1) < 1 || shots.orElse(0) < 0) {
            throw new EvalException("a limit must be at least 1, and a number of examples at least 0");
        }
        if (maxTokens.orElse(1) < 1) {
            throw new EvalException("answers need room for at least 1 token");
        }
        if (multiturn && !chat) {
            throw new EvalException("examples can be turns of their own only where the chat template is applied");
        }
    }

    /** The same with so many rows of each task. */
    public EvaluationOptions withLimit(int rows) {
        return with(OptionalInt.of(rows), shots, maxTokens);
    }

    /** The same with so many examples. */
    public EvaluationOptions withShots(int examples) {
        return with(limit, OptionalInt.of(examples), maxTokens);
    }

    /** The same with so many tokens of a generated answer at most. */
    public EvaluationOptions withMaxTokens(int most) {
        return with(limit, shots, OptionalInt.of(most));
    }

    private EvaluationOptions with(OptionalInt rows, OptionalInt examples, OptionalInt most) {
        return new EvaluationOptions(
                rows, examples, suite, chat, multiturn, systemInstruction, most, sampling, bootstrapRounds, seed);
    }

    /** Examples before each question of a task. */
    public int shotsOf(Task task) {
        return shots.orElse(suite ? task.suiteShots().orElse(task.usualShots()) : task.usualShots());
    }
}
