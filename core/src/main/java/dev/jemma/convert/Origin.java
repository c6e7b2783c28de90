package dev.jemma.convert;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.model.Adapter;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.Weight;
import dev.jemma.tensor.DType;
import java.util.List;
import java.util.Optional;

/**
 * Where a weight of a changed model comes from.
 *
 * @param weight what it is
 * @param file is read for it
 * @param info as it is there
 * @param baseType the type that the model has had it in
 * @param lacksOne whether it is a norm without its 1
 */
record Origin(Weight weight, TensorFile file, TensorInfo info, DType baseType, boolean lacksOne) {
    /**
     * All weights of a model, in the order in which they are used.
     *
     * @throws FormatException if one is missing, or the change belongs to another model
     */
    static List<Origin> all(ModelFiles base, WeightChange change) {
        GemmaConfig config = base.config();
        if (config.embedsText()) {
            throw new JemmaException(base.path() + " is an embedding model; Jemma changes language models only");
        }
        List<Weight> weights = Weight.all(config);
        return switch (change) {
            case WeightChange.Merged(Adapter adapter) ->
                weights.stream().map(weight -> merged(weight, base, adapter)).toList();
            case WeightChange.Trained(SafetensorsFile trained) -> {
                if (trained.tensors().size() != weights.size()) {
                    throw new FormatException(trained.description() + " holds "
                            + trained.tensors().size() + " tensors, but " + base.path() + " has " + weights.size()
                            + "; was the run made from another model?");
                }
                yield weights.stream()
                        .map(weight -> trained(weight, base, trained))
                        .toList();
            }
        };
    }

    private static Origin merged(Weight weight, ModelFiles base, Adapter adapter) {
        TensorInfo info = base.tensor(weight);
        Optional<MergedTensor> changed =
                adapter.of(weight).map(addition -> new MergedTensor(base.tensors(), info, addition));
        boolean lacksOne = weight.part().isNorm() && base.addOneToNorms();
        return new Origin(
                weight,
                changed.<TensorFile>map(file -> file).orElse(base.tensors()),
                changed.map(MergedTensor::info).orElse(info),
                info.type(),
                lacksOne);
    }

    private static Origin trained(Weight weight, ModelFiles base, SafetensorsFile trained) {
        GemmaConfig config = base.config();
        String name = weight.huggingFaceName(config.architecture());
        TensorInfo info = trained.find(name)
                .orElseThrow(() -> new FormatException(trained.description() + ": the tensor " + name
                        + " is missing; was the run made from another model than " + base.path() + "?"));
        return new Origin(
                weight,
                trained,
                weight.checked(info, config, trained),
                base.tensor(weight).type(),
                weight.part().isNorm());
    }
}
