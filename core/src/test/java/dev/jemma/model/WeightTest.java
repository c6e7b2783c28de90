package dev.jemma.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.TensorInfo;
import dev.jemma.testing.Golden;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightTest {
    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mqa", "gemma2", "gemma3", "embeddinggemma", "vaultgemma"})
    void namesAndShapesAreThoseOfTheReferenceFolder(String model) {
        try (HfFolder folder = HfFolder.open(Golden.path("models/" + model))) {
            GemmaConfig config = HfConfig.read(folder.config());
            Set<String> names = new HashSet<>();
            for (Weight weight : Weight.all(config)) {
                String name = weight.huggingFaceName(config.architecture());
                TensorInfo tensor = folder.tensors().find(name).orElseThrow();
                assertThat(tensor.shape()).as(name).isEqualTo(weight.shape(config));
                names.add(name);
                for (String prefixed : weight.huggingFaceNames(config.architecture())) {
                    assertThat(Weight.ofHuggingFace(config.architecture(), prefixed))
                            .contains(weight);
                }
            }
            assertThat(names)
                    .containsExactlyInAnyOrderElementsOf(folder.tensors().tensors().stream()
                            .map(TensorInfo::name)
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mqa-F32", "gemma2-F32", "gemma3-F32"})
    void namesAndShapesAreThoseOfTheReferenceGguf(String model) {
        try (GgufFile file = GgufFile.open(Golden.path("models/gguf/" + model + ".gguf"))) {
            GemmaConfig config = GgufConfig.read(file);
            for (Weight weight : Weight.all(config)) {
                TensorInfo tensor = file.find(weight.ggufName()).orElseThrow();
                assertThat(tensor.shape()).as(tensor.name()).isEqualTo(weight.shape(config));
                assertThat(Weight.ofGguf(tensor.name())).contains(weight);
            }
            assertThat(Weight.all(config)).hasSize(file.tensors().size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "blk.%d.attn_q.weight",
                "blk.00.attn_q.weight",
                "blk.-1.attn_q.weight",
                "blk.99999999999.attn_q.weight",
                "blk.0.token_embd.weight",
                "layers.0.attn_q.weight",
                "attn_q.weight",
                "output.weight",
                ""
            })
    void otherNamesAreNotTaken(String name) {
        assertThat(Weight.ofGguf(name)).isEmpty();
        assertThat(Weight.ofHuggingFace(Architecture.GEMMA3, name)).isEmpty();
    }
}
