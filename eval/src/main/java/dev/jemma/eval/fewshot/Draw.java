package dev.jemma.eval.fewshot;

import java.util.List;

/**
 * Draws the examples of one task's items, item after item: one generator runs through the task, so the examples of an
 * item depend on how many items came before it.
 */
public final class Draw<T> {
    /** What lm-evaluation-harness seeds its draws with. */
    public static final int SEED = 1234;

    /** How examples are chosen. */
    public enum Order {
        /** At random, anew for every item. */
        DRAWN,
        /** The first of the pool, in order, for every item. */
        FIRST
    }

    private final List<T> pool;
    private final Order order;
    private final boolean spare;
    private final PythonRandom random;

    /**
     * A draw of a task.
     *
     * @param spare whether one more than is needed is drawn, for where the item itself is among them: it is left out
     */
    public Draw(List<T> pool, Order order, boolean spare, int seed) {
        this.pool = List.copyOf(pool);
        this.order = order;
        this.spare = spare;
        this.random = new PythonRandom(seed);
    }

    /**
     * The examples of the next item.
     *
     * @throws IllegalArgumentException if the pool has too few
     */
    public List<T> next(T item, int shots) {
        if (shots == 0) {
            return List.of();
        }
        int n = spare ? shots + 1 : shots;
        if (n > pool.size()) {
            throw new IllegalArgumentException(
                    shots + " examples are asked for, but there are " + (pool.size() - (spare ? 1 : 0)));
        }
        List<T> drawn = order == Order.FIRST ? pool.subList(0, n) : random.sample(pool, n);
        return spare
                ? drawn.stream()
                        .filter(example -> !example.equals(item))
                        .limit(shots)
                        .toList()
                : drawn;
    }
}
