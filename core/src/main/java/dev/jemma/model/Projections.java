package dev.jemma.model;

import dev.jemma.kernel.Matrix;
import dev.jemma.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * The lists that products of several matrices are made with, kept from pass to pass: the same weights are multiplied
 * again for every token, and their results lie in the same tensors of the {@link Workspace}.
 */
final class Projections {
    /** Outputs that are remembered; tensors of a few shapes, so that only odd batches go beyond. */
    private static final int MOST_OUTPUTS = 256;

    private final IdentityHashMap<Linear, List<Matrix>> ofOne = new IdentityHashMap<>();
    private final IdentityHashMap<Linear, List<Matrix>> ofTwo = new IdentityHashMap<>();
    private final IdentityHashMap<List<Linear>, List<Matrix>> ofMany = new IdentityHashMap<>();
    private final IdentityHashMap<Tensor, List<Tensor>> outputs = new IdentityHashMap<>();

    List<Matrix> matrices(Linear weight) {
        List<Matrix> known = ofOne.get(weight);
        if (known == null) {
            known = List.of(packed(weight));
            ofOne.put(weight, known);
        }
        return known;
    }

    /** The matrices of two weights, of which the first never comes with another second. */
    List<Matrix> matrices(Linear first, Linear second) {
        List<Matrix> known = ofTwo.get(first);
        if (known == null || !known.get(1).equals(packed(second))) {
            known = List.of(packed(first), packed(second));
            ofTwo.put(first, known);
        }
        return known;
    }

    /** The matrices of weights whose list does not change. */
    List<Matrix> matrices(List<Linear> weights) {
        List<Matrix> known = ofMany.get(weights);
        if (known == null) {
            known = weights.stream().map(Projections::packed).toList();
            ofMany.put(weights, known);
        }
        return known;
    }

    /**
     * A tensor of the workspace for each matrix, with these rows. The list is used again where its first tensor is: what
     * it held before has been overwritten by then.
     */
    List<Tensor> outputs(Workspace workspace, int rows, List<Matrix> matrices) {
        Tensor first = workspace.tensor(rows, matrices.get(0).rows());
        List<Tensor> list = outputs.get(first);
        if (list == null) {
            if (outputs.size() == MOST_OUTPUTS) {
                outputs.clear();
            }
            list = new ArrayList<>();
            outputs.put(first, list);
            list.add(first);
        }
        for (int i = 1; i < matrices.size(); i++) {
            Tensor next = workspace.tensor(rows, matrices.get(i).rows());
            if (i < list.size()) {
                list.set(i, next);
            } else {
                list.add(next);
            }
        }
        while (list.size() > matrices.size()) {
            list.removeLast();
        }
        return list;
    }

    /** A list of this tensor alone. */
    List<Tensor> list(Tensor out) {
        List<Tensor> list = outputs.get(out);
        if (list == null || list.size() != 1) {
            if (outputs.size() == MOST_OUTPUTS) {
                outputs.clear();
            }
            list = new ArrayList<>(List.of(out));
            outputs.put(out, list);
        }
        return list;
    }

    /** The matrix of a weight that inference can compute with. */
    static Matrix packed(Linear weight) {
        if (weight instanceof Linear.Packed(Matrix matrix)) {
            return matrix;
        }
        throw new IllegalArgumentException(
                "inference computes packed weights, not " + weight.getClass().getSimpleName());
    }
}
