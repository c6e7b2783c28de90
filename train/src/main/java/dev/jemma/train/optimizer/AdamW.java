package dev.jemma.train.optimizer;

import dev.jemma.kernel.AdamStep;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LargeMemory;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import dev.jemma.train.tape.Parameter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Adam with decoupled weight decay (arXiv 1711.05101), as PyTorch computes it: {@code p −= lr·wd·p}, then
 * {@code m += (1−β1)(g−m)}, {@code v = β2·v + (1−β2)g²},
 * {@code p −= lr/(1−β1ᵗ) · m / (√v/√(1−β2ᵗ) + ε)}. Norms do not decay.
 */
public final class AdamW implements Optimizer {
    /**
     * Its constants.
     *
     * @param beta1 memory of the mean
     * @param beta2 memory of the squares
     * @param epsilon ε
     * @param weightDecay share of a matrix that goes at a learning rate of 1
     */
    public record Options(double beta1, double beta2, double epsilon, double weightDecay) {
        /** What language models are usually trained with. */
        public static final Options DEFAULT = new Options(0.9, 0.95, 1e-8, 0.1);
    }

    private final Kernels kernels;
    private final Workers workers;
    private final List<Parameter> parameters;
    private final Options options;
    private final Arena arena = LargeMemory.shared();
    private final List<MemorySegment> means = new ArrayList<>();
    private final List<MemorySegment> squares = new ArrayList<>();
    private long steps;

    /** Starts with nothing remembered. */
    public AdamW(Kernels kernels, Workers workers, List<Parameter> parameters, Options options) {
        this.kernels = kernels;
        this.workers = workers;
        this.parameters = List.copyOf(parameters);
        this.options = options;
        for (Parameter parameter : parameters) {
            means.add(arena.allocate(parameter.values().byteSize(), Tensor.ALIGNMENT_BYTES));
            squares.add(arena.allocate(parameter.values().byteSize(), Tensor.ALIGNMENT_BYTES));
        }
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public void resume(long after) {
        steps = after;
    }

    @Override
    public void step(double learningRate, double factor) {
        steps++;
        float stepSize = (float) (learningRate / (1 - Math.pow(options.beta1(), steps)));
        float squareRoot = (float) Math.sqrt(1 - Math.pow(options.beta2(), steps));
        for (int i = 0; i < parameters.size(); i++) {
            Parameter p = parameters.get(i);
            AdamStep step = new AdamStep(
                    (float) factor,
                    (float) (1 - options.beta1()),
                    (float) options.beta2(),
                    (float) (1 - options.beta2()),
                    stepSize,
                    squareRoot,
                    (float) options.epsilon(),
                    (float) (p.isNorm() ? 1 : 1 - learningRate * options.weightDecay()));
            kernels.training().adamW(workers, p.values(), p.gradient(), means.get(i), squares.get(i), p.floats(), step);
            p.refresh();
        }
    }

    @Override
    public List<StateTensor> state() {
        List<StateTensor> state = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter p = parameters.get(i);
            state.add(StateTensor.like(p, "mean." + p.name(), means.get(i)));
            state.add(StateTensor.like(p, "square." + p.name(), squares.get(i)));
        }
        return state;
    }

    @Override
    public long bytes() {
        return parameters.stream().mapToLong(p -> 2 * p.values().byteSize()).sum();
    }

    @Override
    public void close() {
        arena.close();
    }
}
