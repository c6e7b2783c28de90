package dev.jemma.convert;

import dev.jemma.JemmaException;
import dev.jemma.format.TensorInfo;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.tensor.DType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the matrices of a model are to be stored as. Norms stay F32. The token embedding, which is the output matrix too,
 * gets at least Q6_K, as other tools do. A row that does not divide into the type's blocks takes the nearest type above
 * it that fits: Q5_0 for Q4_K, Q5_1 for Q5_K, Q8_0 for Q6_K, and F16 where 32 does not divide it either.
 */
public enum Quantization {
    /** Every tensor as it is. */
    KEEP(DType.F32, -1),
    F32(DType.F32, 0),
    F16(DType.F16, 1),
    BF16(DType.BF16, 32),
    Q8_0(DType.Q8_0, 7),
    Q6_K(DType.Q6_K, 18),
    Q5_K(DType.Q5_K, 16),
    Q5_0(DType.Q5_0, 8),
    /** Q4_K with more bits for the value and down projections of some layers: the usual choice. */
    Q4_K_M(DType.Q4_K, 15),
    Q4_K(DType.Q4_K, 14),
    Q4_0(DType.Q4_0, 2);

    private final DType base;
    private final int fileType;

    Quantization(DType base, int fileType) {
        this.base = base;
        this.fileType = fileType;
    }

    /**
     * The choice of this name, in any case.
     *
     * @throws JemmaException if there is none
     */
    public static Quantization of(String name) {
        return Arrays.stream(values())
                .filter(q -> q.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new JemmaException("\"" + name + "\" is no type to quantize to; choose one of "
                        + Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(" "))));
    }

    /** The number for {@code general.file_type}; −1 for {@link #KEEP}. */
    int fileType() {
        return fileType;
    }

    /** The type of a tensor by its GGUF name and shape, in a model of {@code layers} layers. */
    public DType typeOf(TensorInfo tensor, int layers) {
        if (this == KEEP) {
            return tensor.type();
        }
        Optional<Weight> weight = Weight.ofGguf(tensor.name());
        if (tensor.shape().size() != 2 || weight.filter(w -> w.part().isNorm()).isPresent()) {
            return DType.F32;
        }
        boolean output = weight.filter(w -> w.part() == Part.EMBEDDING).isPresent()
                || tensor.name().equals(Weight.GGUF_OUTPUT);
        boolean sensitive = weight.filter(w -> w.part() == Part.VALUE || w.part() == Part.DOWN)
                .filter(w -> getsMoreBits(w.layer(), layers))
                .isPresent();
        return fitting(wanted(output, sensitive), tensor.cols());
    }

    private DType wanted(boolean output, boolean sensitive) {
        if (!base.isQuantized() || this == Q8_0) {
            return base;
        }
        return output || (this == Q4_K_M && sensitive) ? DType.Q6_K : base;
    }

    /** The first and last eighth of the layers, and every third between: where errors were found to cost most. */
    private static boolean getsMoreBits(int layer, int layers) {
        return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    }

    private static DType fitting(DType wanted, long cols) {
        if (cols % wanted.blockElements() == 0) {
            return wanted;
        }
        DType fallback = switch (wanted) {
            case Q4_K -> DType.Q5_0;
            case Q5_K -> DType.Q5_1;
            case Q6_K -> DType.Q8_0;
            default -> DType.F16;
        };
        return fitting(fallback, cols);
    }
}
