package dev.jemma.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.format.FormatException;
import dev.jemma.format.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GemmaConfigTest {
    private static GemmaConfig read(String json) {
        return HfConfig.read(Json.parse(json.getBytes(StandardCharsets.UTF_8), "config.json"));
    }

    /** Paper Table 2: embedding and non-embedding parameters, the former with the padded 256,128 rows. */
    @ParameterizedTest
    @CsvSource({"2048, 18, 16384, 8, 1, 524550144, 1981884416", "3072, 28, 24576, 16, 16, 786825216, 7751248896"})
    void parameterCountsAreThoseOfThePapersTable2(
            int d, int layers, int ff, int heads, int kvHeads, long embedding, long rest) {
        GemmaConfig config = read("""
                {"model_type": "gemma", "hidden_size": %d, "num_hidden_layers": %d, "intermediate_size": %d,
                 "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": 256, "vocab_size": 256128}
                """.formatted(d, layers, ff, heads, kvHeads));
        assertThat(config.embeddingParameters()).isEqualTo(embedding);
        assertThat(config.nonEmbeddingParameters()).isEqualTo(rest);
    }

    /** Totals of published checkpoints, tied embedding counted once (gemma.md 2.1). */
    @ParameterizedTest
    @CsvSource({
        "gemma2, 2304, 26, 9216, 8, 4, 256, 256000, 2614341888",
        "gemma2, 3584, 42, 14336, 16, 8, 256, 256000, 9241705984",
        "gemma2, 4608, 46, 36864, 32, 16, 128, 256000, 27227128320",
        "gemma3_text, 640, 18, 2048, 4, 1, 256, 262144, 268098176",
        "gemma3_text, 1152, 26, 6912, 4, 1, 256, 262144, 999885952",
        "gemma3_text, 2560, 34, 10240, 8, 4, 256, 262208, 3880263168",
        "gemma3_text, 3840, 48, 15360, 16, 8, 256, 262208, 11766034176",
        "gemma3_text, 5376, 62, 21504, 32, 16, 128, 262208, 27009346304",
        "vaultgemma, 1152, 26, 6912, 4, 4, 256, 256000, 1038741120"
    })
    void totalsAreThoseOfThePublishedCheckpoints(
            String type, int d, int layers, int ff, int heads, int kvHeads, int headDim, int vocabulary, long total) {
        GemmaConfig config = read("""
                {"model_type": "%s", "hidden_size": %d, "num_hidden_layers": %d, "intermediate_size": %d,
                 "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d, "vocab_size": %d}
                """.formatted(type, d, layers, ff, heads, kvHeads, headDim, vocabulary));
        assertThat(config.embeddingParameters() + config.nonEmbeddingParameters())
                .isEqualTo(total);
    }

    @Test
    void gemma3HasOneGlobalLayerInSixAndTheLastTwoOf26AreLocal() {
        GemmaConfig config =
                read("{\"model_type\": \"gemma3_text\", \"num_hidden_layers\": 26, \"sliding_window\": 512}");
        for (int i = 0; i < 26; i++) {
            LayerConfig layer = config.layers().get(i);
            assertThat(layer.global()).as("layer %d", i).isEqualTo(i == 5 || i == 11 || i == 17 || i == 23);
            assertThat(layer.ropeTheta()).isEqualTo(layer.global() ? 1e6f : 1e4f);
        }
    }

    @Test
    void gemma2AlternatesLocalFirstAndIsCapped() {
        GemmaConfig config = read("{\"model_type\": \"gemma2\"}");
        assertThat(config.layers().get(0).attention().window()).isEqualTo(4096);
        assertThat(config.layers().get(1).global()).isTrue();
        assertThat(config.layers().get(0).attention().softcap()).isEqualTo(50f);
        assertThat(config.finalLogitSoftcap()).isEqualTo(30f);
        assertThat(config.assumed()).anyMatch(line -> line.contains("hidden_size"));
    }

    @Test
    void anExplicitNullMeansNoSoftcap() {
        GemmaConfig config = read(
                "{\"model_type\": \"gemma2\", \"attn_logit_softcapping\": null, \"final_logit_softcapping\": null}");
        assertThat(config.layers().get(0).attention().softcap()).isZero();
        assertThat(config.finalLogitSoftcap()).isZero();
    }

    @Test
    void aMultimodalConfigGivesItsTextPart() {
        String json = """
                {"model_type": "gemma3", "vision_config": {},
                 "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "num_hidden_layers": 34,
                   "intermediate_size": 10240, "sliding_window": 1024, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}}
                """;
        GemmaConfig config = read(json);
        assertThat(config.hiddenSize()).isEqualTo(2560);
        assertThat(config.layers().get(5).ropeFactor()).isEqualTo(8f);
        assertThat(config.layers().get(4).ropeFactor()).isEqualTo(1f);
        assertThat(HfConfig.hasVision(Json.parse(json.getBytes(StandardCharsets.UTF_8), "config.json")))
                .isTrue();
    }

    @Test
    void vaultGemmaIsUncappedAndFullyAttentiveUnlessItsFileSaysOtherwise() {
        GemmaConfig silent = read("{\"model_type\": \"vaultgemma\", \"num_hidden_layers\": 2}");
        assertThat(silent.layers()).allMatch(LayerConfig::global);
        assertThat(silent.layers().getFirst().attention().softcap()).isZero();
        assertThat(silent.finalLogitSoftcap()).isZero();
        GemmaConfig mixed = read("""
                {"model_type": "vaultgemma", "num_hidden_layers": 2, "sliding_window": 512,
                 "layer_types": ["sliding_attention", "full_attention"]}
                """);
        assertThat(mixed.layers().get(0).attention().window()).isEqualTo(512);
        assertThat(mixed.layers().get(1).global()).isTrue();
    }

    @Test
    void onlyTheFlagMakesAGemma3TextModelLookBothWays() {
        String json =
                "{\"model_type\": \"gemma3_text\", \"architectures\": [\"Gemma3TextModel\"], \"num_hidden_layers\": 6%s}";
        assertThat(read(json.formatted("")).architecture()).isEqualTo(Architecture.GEMMA3);
        GemmaConfig both = read(json.formatted(", \"sliding_window\": 512, \"use_bidirectional_attention\": true"));
        assertThat(both.embedsText()).isTrue();
        assertThat(both.slidingWindow()).isEqualTo(512);
        assertThat(both.layers().getFirst().attention().window()).isEqualTo(257);
        assertThat(both.layers().getFirst().attention().causal()).isFalse();
    }

    @Test
    void positionScalingIsOfGlobalLayersOnlyWhereLocalOnesHaveABaseOfTheirOwn() {
        String scaled = ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 4}}";
        GemmaConfig gemma2 = read("{\"model_type\": \"gemma2\"" + scaled);
        assertThat(gemma2.layers()).allMatch(layer -> layer.ropeFactor() == 4);
        GemmaConfig gemma3 = read("{\"model_type\": \"gemma3_text\"" + scaled);
        assertThat(gemma3.layers()).allMatch(layer -> layer.ropeFactor() == (layer.global() ? 4 : 1));
        assertThat(gemma3.rope()).isEqualTo(new RopeConfig(1e6f, 1e4f, 4));
    }

    @Test
    void otherModelsAreNamedAndWhatIsSupportedIsSaid() {
        assertThatThrownBy(() -> read("{\"model_type\": \"gemma4_text\", \"use_bidirectional_attention\": \"vision\"}"))
                .hasMessageContaining("gemma4_text")
                .hasMessageContaining("Gemma 3");
        assertThatThrownBy(() -> read("{\"model_type\": \"llama\"}"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama")
                .hasMessageContaining("Gemma 3");
        assertThatThrownBy(() -> read("{}")).hasMessageContaining("missing");
    }
}
