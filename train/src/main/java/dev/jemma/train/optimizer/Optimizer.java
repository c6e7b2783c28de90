package dev.jemma.train.optimizer;

import java.util.List;

/**
 * Changes parameters by their gradients. What it remembers from step to step is its {@link #state}; a run that loads
 * parameters, state and the number of steps goes on with the same bits.
 */
public interface Optimizer extends AutoCloseable {
    /** Steps that were made. */
    long steps();

    /** Goes on after that many steps, with the state loaded by the caller. */
    void resume(long steps);

    /**
     * One step.
     *
     * @param learningRate of this step; may be 0, which still updates what is remembered
     * @param factor of all gradients, from clipping
     */
    void step(double learningRate, double factor);

    /** What it remembers, in a fixed order. */
    List<StateTensor> state();

    /** Bytes of what it remembers. */
    long bytes();

    @Override
    void close();
}
