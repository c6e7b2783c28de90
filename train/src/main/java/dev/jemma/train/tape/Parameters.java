package dev.jemma.train.tape;

import dev.jemma.kernel.Grid;
import dev.jemma.kernel.LargeMemory;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
import dev.jemma.model.Architecture;
import dev.jemma.model.BoundAdapter;
import dev.jemma.model.Gemma;
import dev.jemma.model.Linear;
import dev.jemma.model.LowRank;
import dev.jemma.model.Weight;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What of a model is trained: all of it, or the matrices of a low-rank adapter beside it. Everything else stays as it is.
 * Matrices are known by their instance, which is what {@link dev.jemma.model.Ops} gets to see.
 */
public final class Parameters implements AutoCloseable {
    private final Arena arena = LargeMemory.shared();
    private final List<Parameter> all = new ArrayList<>();
    private final IdentityHashMap<Linear, Parameter> matrices = new IdentityHashMap<>();
    private final Map<Long, Parameter> norms = new HashMap<>();
    private Optional<BoundAdapter> adapter = Optional.empty();

    private Parameters() {}

    /** Nothing is trained: for evaluation and for a reference model. */
    public static Parameters none() {
        return new Parameters();
    }

    /**
     * Every weight of a model whose matrices are all float32 ({@link dev.jemma.model.ModelLoader#asMasters}).
     *
     * @throws IllegalArgumentException if one is of another type
     */
    public static Parameters full(Gemma gemma) {
        Parameters parameters = new Parameters();
        Architecture architecture = gemma.config().architecture();
        for (Weight weight : Weight.all(gemma.config())) {
            String name = weight.huggingFaceName(architecture);
            if (weight.part().isNorm()) {
                Tensor factors = gemma.norm(weight);
                Parameter norm = Parameter.norm(name, factors, parameters.arena);
                parameters.all.add(norm);
                parameters.norms.put(factors.data().address(), norm);
            } else {
                parameters.addMatrix(name, gemma.matrix(weight));
            }
        }
        return parameters;
    }

    /** The two matrices of each addition that an adapter makes to the model, which stays as it is. */
    public static Parameters adapter(Gemma gemma, Adapter adapter) {
        Parameters parameters = new Parameters();
        parameters.adapter = Optional.of(adapter.boundTo(gemma));
        Architecture architecture = gemma.config().architecture();
        for (Weight weight : Weight.all(gemma.config())) {
            Optional<LowRank> addition = adapter.of(weight);
            if (addition.isPresent()) {
                parameters.addMatrix(
                        LowRank.nameOfA(weight, architecture), addition.get().a());
                parameters.addMatrix(
                        LowRank.nameOfB(weight, architecture), addition.get().b());
            }
        }
        return parameters;
    }

    private void addMatrix(String name, Linear linear) {
        if (!(linear instanceof Linear.Packed(Matrix matrix))) {
            throw new IllegalArgumentException(
                    name + " is a " + linear.getClass().getSimpleName() + ", not a matrix");
        }
        Grid transposed = matrix.transposed()
                .orElseThrow(() -> new IllegalArgumentException(
                        name + " is " + matrix.type() + "; only float32 matrices are trained"));
        Parameter parameter = Parameter.matrix(name, linear.out(), linear.in(), transposed, arena);
        all.add(parameter);
        matrices.put(linear, parameter);
    }

    /** All that is trained, in the order of the model. */
    public List<Parameter> all() {
        return List.copyOf(all);
    }

    /** Numbers that are trained. */
    public long count() {
        return all.stream().mapToLong(Parameter::elements).sum();
    }

    /** The parameter of this name; empty if it is not trained. */
    public Optional<Parameter> named(String name) {
        return all.stream().filter(p -> p.name().equals(name)).findAny();
    }

    /** The adapter that is trained, if it is one. */
    public Optional<Adapter> adapter() {
        return adapter.map(BoundAdapter::adapter);
    }

    Optional<Parameter> of(Linear matrix) {
        return Optional.ofNullable(matrices.get(matrix));
    }

    Optional<Parameter> ofNorm(Tensor factors) {
        return Optional.ofNullable(norms.get(factors.data().address()));
    }

    Optional<LowRank> addition(Linear matrix) {
        return adapter.flatMap(bound -> bound.of(matrix));
    }

    /** Forgets all gradients: before the first batch of a step. */
    public void clearGradients(Workers workers) {
        all.forEach(parameter -> parameter.clearGradient(workers));
    }

    /** Frees gradients and masters of norms; the model's own weights stay. */
    @Override
    public void close() {
        arena.close();
    }
}
