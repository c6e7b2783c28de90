package dev.jemma.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.model.DenseLayers;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.GgufConfig;
import dev.jemma.model.HfConfig;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.GgufVocabulary;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

class ConverterTest {
    private static final TestWorkers WORKERS = new TestWorkers(3);

    @TempDir
    Path temp;

    /** There and back: everything but norms has the same bytes, norms are within a float32 ulp of 1 + w. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1-mqa",
                "gemma1-mha",
                "gemma2",
                "gemma3",
                "gemma3-ropescale",
                "gemma3-bf16-sharded",
                "embeddinggemma",
                "vaultgemma"
            })
    void aFolderSurvivesTheWayThroughGguf(String model) {
        Path gguf = temp.resolve("m.gguf");
        Path back = temp.resolve("back");
        try (HfFolder original = HfFolder.open(Golden.path("models/" + model))) {
            Converter.toGguf(original, Optional.empty(), gguf, Quantization.KEEP, WORKERS, Progress.NONE);
            try (GgufFile file = GgufFile.open(gguf)) {
                assertThat(Converter.toHuggingFace(file, back, WORKERS, Progress.NONE))
                        .isEmpty();
                assertSame(GgufConfig.read(file), HfConfig.read(original.config()));
            }
            try (HfFolder copy = HfFolder.open(back)) {
                assertSame(HfConfig.read(copy.config()), HfConfig.read(original.config()));
                assertThat(copy.config().integer("vocab_size"))
                        .isEqualTo(original.config().integer("vocab_size"));
                assertThat(names(copy.tensors())).isEqualTo(names(original.tensors()));
                for (TensorInfo info : original.tensors().tensors()) {
                    TensorInfo other = copy.tensors().find(info.name()).orElseThrow();
                    assertThat(other).isEqualTo(info);
                    if (info.name().endsWith("norm.weight")) {
                        float[] w = floats(original.tensors(), info);
                        float[] there = floats(copy.tensors(), other);
                        for (int i = 0; i < w.length; i++) {
                            assertThat(Math.abs(there[i] - w[i])).isLessThanOrEqualTo(Math.ulp(1 + w[i]));
                        }
                    } else {
                        assertThat(bytes(copy.tensors(), other)).isEqualTo(bytes(original.tensors(), info));
                    }
                }
            }
        }
    }

    /** What is not a family's usual choice has to be said by a key of its own. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "vaultgemma; \"layer_types\": [\"sliding_attention\", \"full_attention\", \"sliding_attention\"]",
                "vaultgemma; \"attn_logit_softcapping\": 50.0",
                "vaultgemma; \"sliding_window\": null",
                "gemma1-mqa; \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 4, \"rope_theta\": 10000.0}",
                "gemma2; \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 4, \"rope_theta\": 20000.0}",
                "gemma2; \"final_logit_softcapping\": null",
                "gemma2; \"query_pre_attn_scalar\": 17",
                "gemma3; \"layer_types\": [\"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\","
                        + " \"full_attention\", \"full_attention\", \"full_attention\"], \"sliding_window\": null",
                "gemma3; \"rope_parameters\": {\"full_attention\": {\"rope_theta\": 500000.0},"
                        + " \"sliding_attention\": {\"rope_theta\": 20000.0}}"
            })
    void unusualSettingsSurviveBothWays(String model, String setting) throws IOException {
        Path folder = Files.createDirectories(temp.resolve("unusual"));
        Path golden = Golden.path("models/" + model);
        Files.copy(golden.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        ObjectMapper json = new ObjectMapper();
        ObjectNode config = (ObjectNode) Golden.json("models/" + model + "/config.json");
        config.setAll((ObjectNode) json.readTree("{" + setting + "}"));
        Files.writeString(folder.resolve("config.json"), json.writeValueAsString(config));
        Path gguf = temp.resolve("m.gguf");
        try (HfFolder original = HfFolder.open(folder)) {
            GemmaConfig meant = HfConfig.read(original.config());
            Converter.toGguf(original, Optional.empty(), gguf, Quantization.KEEP, WORKERS, Progress.NONE);
            try (GgufFile file = GgufFile.open(gguf)) {
                assertSame(GgufConfig.read(file), meant);
                Converter.toHuggingFace(file, temp.resolve("back"), WORKERS, Progress.NONE);
            }
            try (HfFolder copy = HfFolder.open(temp.resolve("back"))) {
                assertSame(HfConfig.read(copy.config()), meant);
            }
            try (HfFolder usual = HfFolder.open(golden)) {
                assertThat(meant).isNotEqualTo(HfConfig.read(usual.config()));
            }
        }
    }

    @Test
    void aFolderWhoseTensorsDoNotFitItsConfigurationIsRefused() throws IOException {
        Path folder = Files.createDirectories(temp.resolve("f"));
        Files.copy(Golden.path("models/gemma3/model.safetensors"), folder.resolve("model.safetensors"));
        String config = Files.readString(Golden.path("models/gemma3/config.json"));
        Files.writeString(folder.resolve("config.json"), config.replace("\"head_dim\": 16", "\"head_dim\": 8"));
        assertRefused(folder, "has shape");
    }

    /** Our GGUF of a golden folder holds the tensors of the golden GGUF, made by other software. */
    @ParameterizedTest
    @CsvSource({"gemma1-mqa", "gemma1-mha", "gemma2", "gemma3"})
    void aConvertedFolderEqualsTheReferenceConversion(String model) {
        Path gguf = temp.resolve("m.gguf");
        try (HfFolder folder = HfFolder.open(Golden.path("models/" + model))) {
            Converter.toGguf(folder, Optional.empty(), gguf, Quantization.F32, WORKERS, Progress.NONE);
        }
        try (GgufFile ours = GgufFile.open(gguf);
                GgufFile reference = GgufFile.open(Golden.path("models/gguf/" + model + "-F32.gguf"))) {
            assertThat(names(ours)).isEqualTo(names(reference));
            for (TensorInfo info : reference.tensors()) {
                assertThat(floats(ours, ours.find(info.name()).orElseThrow()))
                        .as(info.name())
                        .isEqualTo(floats(reference, info));
            }
            GemmaConfig mine = GgufConfig.read(ours);
            GemmaConfig theirs = GgufConfig.read(reference);
            if (!model.equals("gemma2")) { // whose GGUF cannot say that 18 is not the head size; ours can
                assertSame(mine, theirs);
            } else {
                assertThat(mine.queryScalar()).isEqualTo(18);
                assertThat(theirs.queryScalar()).isEqualTo(16);
            }
            assertThat(ours.metadata().integer("general.file_type")).hasValue(0);
        }
    }

    /** Q8_0 and Q4_0 of the golden folder are, byte for byte, what the reference made of it. */
    @ParameterizedTest
    @CsvSource({"Q8_0", "Q4_0"})
    void quantizedFilesEqualTheReferencesBytes(Quantization quantization) {
        Path gguf = temp.resolve("q.gguf");
        try (GgufFile source = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"))) {
            Converter.quantize(source, gguf, quantization, WORKERS, Progress.NONE);
        }
        try (GgufFile ours = GgufFile.open(gguf);
                GgufFile reference = GgufFile.open(Golden.path("models/gguf/gemma3-" + quantization + ".gguf"))) {
            for (TensorInfo info : reference.tensors()) {
                TensorInfo own = ours.find(info.name()).orElseThrow();
                assertThat(own).isEqualTo(info);
                assertThat(bytes(ours, own)).as(info.name()).isEqualTo(bytes(reference, info));
            }
            assertThat(ours.metadata().integer("general.file_type"))
                    .isEqualTo(reference.metadata().integer("general.file_type"));
            assertThat(ours.metadata().string(EmbeddingScale.KEY)).contains("exact");
        }
    }

    @ParameterizedTest
    @EnumSource(Quantization.class)
    void everyTypeGivesAFileThatLoadsAndDoesNotDependOnThreads(Quantization quantization) throws IOException {
        Path one = temp.resolve("one.gguf");
        Path many = temp.resolve("many.gguf");
        List<String> told = new ArrayList<>();
        try (GgufFile source = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"))) {
            Converter.quantize(source, one, quantization, new TestWorkers(1), (name, i, n) -> told.add(name));
            Converter.quantize(source, many, quantization, new TestWorkers(4), Progress.NONE);
            assertThat(told)
                    .containsExactlyElementsOf(
                            source.tensors().stream().map(TensorInfo::name).toList());
        }
        assertThat(Files.mismatch(one, many)).isEqualTo(-1);
        try (GgufFile file = GgufFile.open(one)) {
            assertThat(file.metadata().strings("tokenizer.ggml.tokens").orElseThrow())
                    .hasSize(512);
            for (TensorInfo info : file.tensors()) {
                for (float x : floats(file, info)) {
                    assertThat(x).isFinite();
                }
            }
        }
    }

    @Test
    void theTokenizerTravelsInTheFileAndItsSizeTrimsTheEmbedding() {
        TokenizerData tokenizer;
        try (GgufFile golden = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"))) {
            TokenizerData all = TokenizerData.of(golden).orElseThrow();
            assertThat(all.endOfTurnId()).contains(5);
            tokenizer = new TokenizerData(
                    all.model(),
                    new GgufVocabulary(
                            all.pieces().tokens().subList(0, 500),
                            Arrays.copyOf(all.pieces().scores(), 500),
                            Arrays.copyOf(all.pieces().types(), 500)),
                    2,
                    1,
                    3,
                    0,
                    all.endOfTurnId(),
                    true,
                    false,
                    Optional.of("{{ template }}"));
        }
        Path gguf = temp.resolve("m.gguf");
        try (HfFolder folder = HfFolder.open(Golden.path("models/gemma3"))) {
            Converter.toGguf(folder, Optional.of(tokenizer), gguf, Quantization.KEEP, WORKERS, Progress.NONE);
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThat(file.find("token_embd.weight").orElseThrow().shape()).containsExactly(500L, 96L);
            TokenizerData read = Converter.toHuggingFace(file, temp.resolve("hf"), WORKERS, Progress.NONE)
                    .orElseThrow();
            assertThat(read.pieces().tokens()).isEqualTo(tokenizer.pieces().tokens());
            assertThat(read.pieces().scores()).isEqualTo(tokenizer.pieces().scores());
            assertThat(read.pieces().types()).isEqualTo(tokenizer.pieces().types());
            assertThat(read.chatTemplate()).contains("{{ template }}");
            assertThat(read.endOfTurnId()).contains(5);
            assertThat(temp.resolve("hf/chat_template.jinja")).hasContent("{{ template }}");
        }
    }

    @Test
    void aMultimodalFolderGivesItsTextPart() throws IOException {
        Path folder = temp.resolve("mm");
        List<TensorInfo> infos = new ArrayList<>();
        try (HfFolder text = HfFolder.open(Golden.path("models/gemma3"))) {
            infos.add(new TensorInfo("vision_tower.vision_model.x.weight", DType.F32, List.of(1L), 4));
            infos.add(new TensorInfo("language_model.lm_head.weight", DType.F32, List.of(1L), 4));
            for (TensorInfo info : text.tensors().tensors()) {
                infos.add(new TensorInfo("language_model." + info.name(), info.type(), info.shape(), info.byteSize()));
            }
            try (SafetensorsWriter writer = SafetensorsWriter.create(folder, infos, Map.of(), 200_000)) {
                writer.write(MemorySegment.ofArray(new byte[4]));
                writer.write(MemorySegment.ofArray(new byte[4]));
                for (TensorInfo info : text.tensors().tensors()) {
                    writer.write(MemorySegment.ofArray(bytes(text.tensors(), info)));
                }
                writer.finish();
            }
        }
        String config = Files.readString(Golden.path("models/gemma3/config.json"), StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"gemma3\",\"text_config\":" + config + "}");
        Path gguf = temp.resolve("m.gguf");
        try (HfFolder mm = HfFolder.open(folder)) {
            Converter.toGguf(mm, Optional.empty(), gguf, Quantization.F32, WORKERS, Progress.NONE);
        }
        try (GgufFile ours = GgufFile.open(gguf);
                GgufFile reference = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"))) {
            assertThat(names(ours)).isEqualTo(names(reference));
        }
    }

    @Test
    void projectionsOfAnEmbeddingModelTravelBothWays() throws IOException {
        Path folder = temp.resolve("e");
        Files.createDirectories(folder);
        Path golden = Golden.path("models/embeddinggemma");
        Files.copy(golden.resolve("config.json"), folder.resolve("config.json"));
        Files.copy(golden.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        byte[][] weights = {new byte[32 * 64 * 4], new byte[64 * 32 * 4]};
        for (int i = 0; i < 2; i++) {
            new Random(i).nextBytes(weights[i]);
            TensorInfo info = new TensorInfo(
                    "linear.weight", DType.F32, i == 0 ? List.of(32L, 64L) : List.of(64L, 32L), weights[i].length);
            try (SafetensorsWriter writer = SafetensorsWriter.create(
                    folder.resolve(i + 2 + "_Dense"), List.of(info), Map.of(), Long.MAX_VALUE)) {
                writer.write(MemorySegment.ofArray(weights[i]));
                writer.finish();
            }
        }
        Path gguf = temp.resolve("e.gguf");
        try (HfFolder hf = HfFolder.open(folder)) {
            Converter.toGguf(hf, Optional.empty(), gguf, Quantization.KEEP, WORKERS, Progress.NONE);
        }
        Path back = temp.resolve("back");
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThat(file.architecture()).isEqualTo("gemma-embedding");
            assertThat(file.metadata().bool("gemma-embedding.attention.causal")).contains(false);
            assertThat(bytes(file, file.find("dense_3.weight").orElseThrow())).isEqualTo(weights[1]);
            Converter.toHuggingFace(file, back, WORKERS, Progress.NONE);
        }
        try (HfFolder hf = HfFolder.open(back);
                DenseLayers dense = DenseLayers.open(hf, HfConfig.read(hf.config()))) {
            DenseLayers.Layer layer = dense.layers().getFirst();
            assertThat(layer.number()).isEqualTo(2);
            assertThat(bytes(layer.file(), layer.tensor())).isEqualTo(weights[0]);
        }
        assertThat(back.resolve("modules.json")).exists();
    }

    @Test
    void whatCannotBeConvertedIsSaidInOneLine() throws IOException {
        Path folder = Files.createDirectories(temp.resolve("f"));
        Files.copy(Golden.path("models/gemma3/model.safetensors"), folder.resolve("model.safetensors"));
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"llama\"}");
        assertRefused(folder, "llama");
        String config = Files.readString(Golden.path("models/gemma3/config.json"), StandardCharsets.UTF_8);
        Files.writeString(
                folder.resolve("config.json"),
                config.replace("\"num_hidden_layers\": 7", "\"num_hidden_layers\": 8")
                        .replaceFirst("\"sliding_attention\",", "\"sliding_attention\",\"sliding_attention\","));
        assertRefused(folder, "blk.7");
        assertThatThrownBy(() -> {
                    try (GgufFile file = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"))) {
                        Converter.toHuggingFace(file, folder, WORKERS, Progress.NONE);
                    }
                })
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("not empty");
    }

    /** Equal but for the notes on what the files leave out. */
    private static void assertSame(GemmaConfig a, GemmaConfig b) {
        assertThat(a).usingRecursiveComparison().ignoringFields("assumed").isEqualTo(b);
    }

    private void assertRefused(Path folder, String word) {
        assertThatThrownBy(() -> {
                    try (HfFolder hf = HfFolder.open(folder)) {
                        Converter.toGguf(
                                hf,
                                Optional.empty(),
                                temp.resolve("x.gguf"),
                                Quantization.KEEP,
                                WORKERS,
                                Progress.NONE);
                    }
                })
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(word);
        assertThat(temp.resolve("x.gguf")).doesNotExist();
    }

    private static TreeSet<String> names(TensorFile file) {
        TreeSet<String> names = new TreeSet<>();
        file.tensors().forEach(info -> names.add(info.name()));
        return names;
    }

    private static byte[] bytes(TensorFile file, TensorInfo info) {
        byte[] bytes = new byte[(int) info.byteSize()];
        file.read(info, 0, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private static float[] floats(TensorFile file, TensorInfo info) {
        return Quants.decode(info.type(), bytes(file, info));
    }
}
