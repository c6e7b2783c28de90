package dev.jemma.model;

import java.util.IdentityHashMap;
import java.util.Optional;

/** An adapter's additions by the matrices of one model, known by identity: what an {@link Ops} looks up. Immutable. */
public final class BoundAdapter {
    private final Adapter adapter;
    private final IdentityHashMap<Linear, LowRank> additions = new IdentityHashMap<>();

    BoundAdapter(Adapter adapter, Gemma gemma) {
        this.adapter = adapter;
        adapter.additions().forEach((weight, addition) -> {
            Linear matrix = gemma.matrix(weight);
            if (addition.a().in() != matrix.in() || addition.b().out() != matrix.out()) {
                throw new IllegalArgumentException("adapter " + adapter.name() + ": an addition of ["
                        + addition.b().out() + ", " + addition.a().in() + "] does not fit "
                        + weight.huggingFaceName(gemma.config().architecture()) + " [" + matrix.out() + ", "
                        + matrix.in() + "]");
            }
            additions.put(matrix, addition);
        });
    }

    /** The adapter. */
    public Adapter adapter() {
        return adapter;
    }

    /** The addition to a matrix of the model, if it has one. */
    public Optional<LowRank> of(Linear matrix) {
        return Optional.ofNullable(additions.get(matrix));
    }
}
