package dev.jemma.eval;

import dev.jemma.eval.fewshot.Draw;
import java.util.List;
import java.util.Optional;

/**
 * The rows that a task's examples are drawn from, and where they come from. Where the data lacks the split that they
 * should come from, the evaluated rows serve, the asked one left out.
 *
 * @param spare whether one more than is needed is drawn, for where the asked row may be among them
 * @param origin in words; empty where no examples are asked for
 * @param note why these are not the rows that the reference draws from; empty where they are, as far as names tell
 */
record Examples(List<Doc> pool, boolean spare, String origin, Optional<String> note) {
    Examples {
        pool = List.copyOf(pool);
    }

    /** Those of a task with these rows. */
    static Examples of(Task task, DataFolder folder, List<Doc> docs, int shots) {
        if (shots == 0) {
            return new Examples(List.of(), task.spare(), "", Optional.empty());
        }
        if (task.pool().isEmpty()) {
            return new Examples(docs, true, "the evaluated rows, the asked one left out", Optional.empty());
        }
        Source pool = task.pool().get();
        if (pool.names().isEmpty()) { // no files of the folder
            return new Examples(pool.rows(folder), task.spare(), "the task's own", Optional.empty());
        }
        Optional<String> whole = folder.first(pool.names());
        if (whole.isPresent()) {
            return new Examples(pool.rows(folder), task.spare(), whole.get(), Optional.empty());
        }
        String missing = "there is no " + folder.root().resolve(pool.names().getFirst());
        Optional<String> part = folder.first(pool.parts());
        if (part.isPresent()) {
            return new Examples(
                    pool.rows(folder),
                    task.spare(),
                    part.get() + ", a part of the split",
                    Optional.of(missing + ": examples come from " + part.get() + ", a part of it"));
        }
        return new Examples(
                docs,
                true,
                "the evaluated rows, the asked one left out",
                Optional.of(missing + ": examples come from the evaluated rows, the asked one left out"));
    }

    /** Draws from them, item after item. */
    Draw<Doc> draw(Task task, int seed) {
        return new Draw<>(pool, task.order(), spare, seed, (a, b) -> a.value().equals(b.value()));
    }
}
