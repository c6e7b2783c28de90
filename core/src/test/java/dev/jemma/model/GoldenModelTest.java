package dev.jemma.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import dev.jemma.testing.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Tiny random checkpoints against transformers, step by step; tolerances are those of the golden README. */
class GoldenModelTest {
    private static final float EMBED_TOLERANCE = 1e-6f;

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "gemma1-mqa, 2e-4",
        "gemma1-mha, 2e-4",
        "gemma2, 5e-4",
        "gemma3, 2e-4",
        "gemma3-ropescale, 2e-4",
        "vaultgemma, 2e-4",
        "embeddinggemma, 2e-4"
    })
    void everyLayerAndTheLogitsMatchTheReference(String name, float tolerance) {
        JsonNode golden = Golden.json("models/" + name + "/golden.json");
        try (ModelRig rig = ModelRig.load(Golden.path("models/" + name));
                Tensors reference = new Tensors(Golden.path("models/" + name + "/golden.safetensors"))) {
            for (String length : List.of("len1", "len7", "len24", "len40")) {
                int[] ids = Tensors.ints(golden.get("sequences").get(length));
                TreeMap<String, float[][]> steps = new TreeMap<>();
                ModelRig.Pass pass = rig.run(ids, (step, x) -> {
                    float[][] rows = new float[x.rows()][];
                    for (int i = 0; i < rows.length; i++) {
                        rows[i] = x.row(i);
                    }
                    steps.put(step, rows);
                });
                int[] positions =
                        length.equals("len40") ? Tensors.ints(golden.get("len40_hidden_positions")) : all(ids.length);
                List<String> compared = new ArrayList<>();
                for (var step : steps.entrySet()) {
                    String key = length + ".hidden." + step.getKey();
                    float[][] want = reference.rows(key);
                    float[][] got = select(step.getValue(), positions);
                    assertThat(Tensors.maxDiff(got, want))
                            .as(key)
                            .isLessThanOrEqualTo(step.getKey().equals("embed") ? EMBED_TOLERANCE : tolerance);
                    compared.add(step.getKey());
                }
                assertThat(compared)
                        .contains("embed", "layer0", "final_norm")
                        .hasSize(rig.gemma.config().layers().size() + 2);
                if (reference.has(length + ".logits")) {
                    assertThat(Tensors.maxDiff(pass.logits(), reference.rows(length + ".logits")))
                            .as(length + ".logits")
                            .isLessThanOrEqualTo(tolerance);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"gemma1-mqa", "gemma1-mha", "gemma2", "gemma3", "gemma3-ropescale", "vaultgemma", "embeddinggemma"})
    void bothSpellingsOfTheConfigurationSayTheSame(String name) {
        var written = dev.jemma.format.Json.read(Golden.path("models/" + name + "/config.json"));
        var hub = dev.jemma.format.Json.read(Golden.path("models/" + name + "/config.hub-style.json"));
        GemmaConfig a = HfConfig.read(written);
        GemmaConfig b = HfConfig.read(hub);
        assertThat(b).usingRecursiveComparison().ignoringFields("assumed").isEqualTo(a);
    }

    @Test
    void shardedBf16MatchesUnderBothEmbeddingFactors() {
        JsonNode golden = Golden.json("models/gemma3/golden.json");
        for (EmbeddingScale scale : List.of(EmbeddingScale.EXACT, EmbeddingScale.BF16)) {
            String suffix = scale == EmbeddingScale.EXACT ? ".logits" : ".logits_rounded_embedding_scale";
            try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3-bf16-sharded"), scale);
                    Tensors reference = new Tensors(Golden.path("models/gemma3-bf16-sharded/golden.safetensors"))) {
                for (String length : List.of("len7", "len24")) {
                    int[] ids = Tensors.ints(golden.get("sequences").get(length));
                    assertThat(Tensors.maxDiff(rig.run(ids, Probe.NONE).logits(), reference.rows(length + suffix)))
                            .as(length + suffix)
                            .isLessThanOrEqualTo(2e-4f);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({"gemma1-mqa-F32, gemma1-mqa", "gemma1-mha-F32, gemma1-mha", "gemma3-F32, gemma3"})
    void aGgufFileGivesTheLogitsOfItsSafetensors(String gguf, String folder) {
        JsonNode golden = Golden.json("models/" + folder + "/golden.json");
        try (ModelRig a = ModelRig.load(Golden.path("models/gguf/" + gguf + ".gguf"));
                ModelRig b = ModelRig.load(Golden.path("models/" + folder))) {
            for (String length : List.of("len1", "len7", "len24", "len40")) {
                int[] ids = Tensors.ints(golden.get("sequences").get(length));
                assertThat(Tensors.maxDiff(
                                a.run(ids, Probe.NONE).logits(),
                                b.run(ids, Probe.NONE).logits()))
                        .as(length)
                        .isLessThanOrEqualTo(1e-5f);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "gemma3-Q8_0, gemma3, .logits",
        "gemma3-Q4_0, gemma3, .logits",
        "gemma2-F32, gemma2, .logits_scale_head_dim"
    })
    void aGgufFileMatchesItsOwnReference(String gguf, String folder, String suffix) {
        JsonNode golden = Golden.json("models/" + folder + "/golden.json");
        try (ModelRig rig = ModelRig.load(Golden.path("models/gguf/" + gguf + ".gguf"));
                Tensors reference = new Tensors(Golden.path("models/gguf/" + gguf + ".golden.safetensors"))) {
            for (String length : List.of("len7", "len24")) {
                int[] ids = Tensors.ints(golden.get("sequences").get(length));
                assertThat(Tensors.maxDiff(rig.run(ids, Probe.NONE).logits(), reference.rows(length + suffix)))
                        .as(length + suffix)
                        .isLessThanOrEqualTo(5e-4f);
            }
        }
    }

    private static int[] all(int n) {
        int[] positions = new int[n];
        for (int i = 0; i < n; i++) {
            positions[i] = i;
        }
        return positions;
    }

    private static float[][] select(float[][] rows, int[] positions) {
        float[][] selected = new float[positions.length][];
        for (int i = 0; i < selected.length; i++) {
            selected[i] = rows[positions[i]];
        }
        return selected;
    }
}
