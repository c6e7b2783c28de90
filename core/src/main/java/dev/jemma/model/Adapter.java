package dev.jemma.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Low-rank additions to weights of a model, carried beside it: one model serves any number of adapters at once. Compared
 * by identity; immutable, though training changes the numbers in its matrices.
 */
public final class Adapter {
    /**
     * How an adapter scales its additions.
     *
     * @param rank r of its matrices, where they do not differ
     * @param alpha α
     * @param rankStabilized whether the scale is α/√r (rsLoRA) rather than α/r
     */
    public record Scaling(int rank, double alpha, boolean rankStabilized) {
        /** The factor of an addition of a rank. */
        public float scale(int of) {
            return (float) (alpha / (rankStabilized ? Math.sqrt(of) : of));
        }
    }

    private final String name;
    private final Scaling scaling;
    private final Map<Weight, LowRank> additions;

    /**
     * @param name what people call it
     * @param scaling what its factors were computed from
     * @param additions by the weight that each adds to
     */
    public Adapter(String name, Scaling scaling, Map<Weight, LowRank> additions) {
        this.name = name;
        this.scaling = scaling;
        this.additions = new LinkedHashMap<>(additions);
    }

    /** What its factors were computed from. */
    public Scaling scaling() {
        return scaling;
    }

    /** What people call it. */
    public String name() {
        return name;
    }

    /** The addition to a weight, if it has one. */
    public Optional<LowRank> of(Weight weight) {
        return Optional.ofNullable(additions.get(weight));
    }

    /** Every addition. */
    public Map<Weight, LowRank> additions() {
        return new LinkedHashMap<>(additions);
    }

    /** Numbers in it. */
    public long parameters() {
        return additions.values().stream()
                .mapToLong(l -> (long) l.rank() * (l.a().in() + l.b().out()))
                .sum();
    }

    /**
     * The additions by the matrices of a model.
     *
     * @throws IllegalArgumentException if an addition does not fit the weight that it adds to
     */
    public BoundAdapter boundTo(Gemma gemma) {
        return new BoundAdapter(this, gemma);
    }

    @Override
    public String toString() {
        return "adapter " + name;
    }
}
