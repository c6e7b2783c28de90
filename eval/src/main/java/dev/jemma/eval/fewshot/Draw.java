package dev.jemma.eval.fewshot;

import java.util.List;
import java.util.function.BiPredicate;

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
    private final BiPredicate<T, T> same;

    /**
     * A draw of a task.
     *
     * @param spare whether one more than is needed is drawn, for where the item itself is among them: it is left out
     * @param same whether two of them are the same, so that one is not shown before the other is asked
     */
    public Draw(List<T> pool, Order order, boolean spare, int seed, BiPredicate<T, T> same) {
        this.pool = List.copyOf(pool);
        this.order = order;
        this.spare = spare;
        this.random = new PythonRandom(seed);
        this.same = same;
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
        if (order == Order.FIRST) {
            List<T> left = spare ? others(pool, item) : pool;
            return enough(left, shots).subList(0, shots);
        }
        if (!spare) {
            return random.sample(enough(pool, shots), shots);
        }
        if (pool.size() <= shots) {
            throw tooFew(shots, pool.size() - 1);
        }
        List<T> left = others(random.sample(pool, shots + 1), item);
        if (left.size() < shots) { // several rows are the same as the asked one
            left = random.sample(enough(others(pool, item), shots), shots);
        }
        return left.subList(0, shots);
    }

    private List<T> enough(List<T> some, int shots) {
        if (some.size() < shots) {
            throw tooFew(shots, some.size());
        }
        return some;
    }

    private static IllegalArgumentException tooFew(int shots, int there) {
        return new IllegalArgumentException(shots + " examples are asked for, but there are " + Math.max(0, there));
    }

    private List<T> others(List<T> some, T item) {
        return some.stream().filter(one -> !same.test(one, item)).toList();
    }
}
