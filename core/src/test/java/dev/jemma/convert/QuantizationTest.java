package dev.jemma.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.format.TensorInfo;
import dev.jemma.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QuantizationTest {
    private static final int LAYERS = 18;

    /** Shapes of Gemma 3 270M by GGUF name, outermost first. */
    private static Map<String, List<Long>> gemma270m() {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        shapes.put("output_norm.weight", List.of(640L));
        shapes.put("token_embd.weight", List.of(262144L, 640L));
        for (int i = 0; i < LAYERS; i++) {
            String layer = "blk." + i + ".";
            shapes.put(layer + "attn_k.weight", List.of(256L, 640L));
            shapes.put(layer + "attn_k_norm.weight", List.of(256L));
            shapes.put(layer + "attn_norm.weight", List.of(640L));
            shapes.put(layer + "attn_output.weight", List.of(640L, 1024L));
            shapes.put(layer + "attn_q.weight", List.of(1024L, 640L));
            shapes.put(layer + "attn_q_norm.weight", List.of(256L));
            shapes.put(layer + "attn_v.weight", List.of(256L, 640L));
            shapes.put(layer + "ffn_down.weight", List.of(640L, 2048L));
            shapes.put(layer + "ffn_gate.weight", List.of(2048L, 640L));
            shapes.put(layer + "ffn_norm.weight", List.of(640L));
            shapes.put(layer + "ffn_up.weight", List.of(2048L, 640L));
            shapes.put(layer + "post_attention_norm.weight", List.of(640L));
            shapes.put(layer + "post_ffw_norm.weight", List.of(640L));
        }
        return shapes;
    }

    private static TensorInfo bf16(String name, List<Long> shape) {
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return new TensorInfo(name, DType.BF16, shape, 2 * elements);
    }

    /** What gemma-3-270m-q4_k_m.gguf, as published, holds. */
    @Test
    void theUsualMixtureGivesEveryTensorOfTheRealModelItsPublishedType() {
        Set<Integer> better = Set.of(0, 1, 4, 7, 10, 13, 15, 16, 17);
        Map<String, DType> expected = new LinkedHashMap<>();
        for (String name : gemma270m().keySet()) {
            if (name.contains("norm")) {
                expected.put(name, DType.F32);
            } else if (name.startsWith("token_embd")) {
                expected.put(name, DType.Q8_0);
            } else {
                boolean more = better.contains(Integer.parseInt(name.split("\\.")[1]));
                expected.put(
                        name,
                        switch (name.split("\\.")[2]) {
                            case "attn_v" -> more ? DType.Q8_0 : DType.Q5_0;
                            case "ffn_down" -> more ? DType.Q6_K : DType.Q4_K;
                            case "attn_output" -> DType.Q4_K;
                            default -> DType.Q5_0;
                        });
            }
        }
        assertThat(expected).hasSize(236);
        Map<String, DType> actual = new LinkedHashMap<>();
        gemma270m().forEach((name, shape) -> actual.put(name, Quantization.Q4_K_M.typeOf(bf16(name, shape), LAYERS)));
        assertThat(actual).isEqualTo(expected);
    }

    @Test
    void rowsThatDoNotDivideFallBackToTheNextTypeUp() {
        assertThat(types(640)).containsExactly(DType.Q5_0, DType.Q5_1, DType.Q8_0, DType.Q4_0);
        assertThat(types(512)).containsExactly(DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.Q4_0);
        assertThat(types(72)).containsExactly(DType.F16, DType.F16, DType.F16, DType.F16);
    }

    private static List<DType> types(long cols) {
        List<DType> types = new ArrayList<>();
        TensorInfo tensor = bf16("blk.3.attn_q.weight", List.of(4L, cols));
        for (Quantization q : List.of(Quantization.Q4_K, Quantization.Q5_K, Quantization.Q6_K, Quantization.Q4_0)) {
            types.add(q.typeOf(tensor, LAYERS));
        }
        return types;
    }

    @Test
    void normsStayFloat32AndTheEmbeddingKeepsSixBitsAtLeast() {
        TensorInfo embedding = bf16("token_embd.weight", List.of(1000L, 2048L));
        for (Quantization q : Quantization.values()) {
            if (q != Quantization.KEEP) {
                assertThat(q.typeOf(bf16("blk.0.attn_norm.weight", List.of(2048L)), 1))
                        .isEqualTo(DType.F32);
            }
        }
        assertThat(Quantization.Q4_0.typeOf(embedding, 1)).isEqualTo(DType.Q6_K);
        assertThat(Quantization.Q8_0.typeOf(embedding, 1)).isEqualTo(DType.Q8_0);
        assertThat(Quantization.BF16.typeOf(embedding, 1)).isEqualTo(DType.BF16);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        assertThat(Quantization.of("q4_k_m")).isEqualTo(Quantization.Q4_K_M);
        assertThatThrownBy(() -> Quantization.of("q3_k_s"))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("q3_k_s")
                .hasMessageContaining("Q4_K_M");
    }
}
