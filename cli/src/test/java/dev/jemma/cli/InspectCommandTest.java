package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
    @TempDir
    Path home;

    @Test
    void countsAreThoseOfTheTensorsInTheFile() {
        Outcome run = TinyModels.run(home, "inspect", TinyModels.gguf("gemma3-Q8_0"), "--json", "--tensors");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode json = run.json();
        long elements = 0;
        long bytes = 0;
        for (JsonNode tensor : json.get("tensors")) {
            long count = 1;
            for (JsonNode n : tensor.get("shape")) {
                count *= n.asLong();
            }
            elements += count;
            bytes += tensor.get("bytes").asLong();
        }
        assertThat(json.get("parameters").get("total").asLong()).isEqualTo(elements);
        assertThat(json.get("memory").get("weight_bytes").asLong()).isEqualTo(bytes);
        long inTypes = 0;
        for (JsonNode type : json.get("tensor_types")) {
            inTypes += type.get("bytes").asLong();
        }
        assertThat(inTypes).isEqualTo(bytes);
        assertThat(json.get("environment").get("version").asString()).isNotEmpty();
        assertThat(json.get("tokenizer").get("pieces").asInt()).isEqualTo(512);
        assertThat(json.get("defaults").get("temperature").asDouble()).isZero();
    }

    @Test
    void memoryGrowsWithTheContextByTheGlobalLayersAlone() {
        // more than windows and a chunk hold, so that only global layers grow
        JsonNode small = TinyModels.run(home, "inspect", TinyModels.gguf("gemma3-F32"), "--json", "-c", "4096")
                .json();
        JsonNode large = TinyModels.run(home, "inspect", TinyModels.gguf("gemma3-F32"), "--json", "-c", "8192")
                .json();

        long growth = large.get("memory").get("kv_bytes").asLong()
                - small.get("memory").get("kv_bytes").asLong();
        long expected = 0;
        for (JsonNode kind : small.get("shape").get("kinds")) {
            if (kind.get("window").asInt() == 0) {
                expected += kind.get("count").asLong()
                        * kind.get("kv_heads").asLong()
                        * kind.get("head_dim").asLong()
                        * 2
                        * Float.BYTES
                        * 4096;
            }
        }
        assertThat(expected).isPositive();
        assertThat(growth).isEqualTo(expected);
        assertThat(small.get("warnings").get(0).asString()).contains("256").contains("4096");
    }

    @Test
    void theTextNamesEverythingAPersonLooksFor() {
        Outcome run = TinyModels.run(home, "inspect", TinyModels.gguf("gemma2-F32"));

        assertThat(run.out())
                .contains("Gemma 2 (gemma2)")
                .contains("134,856 = 36,864 embedding + 97,992 others")
                .contains("logits capped at 30.0")
                .contains("window")
                .contains("global")
                .contains("RoPE base 10,000")
                .contains("greedy (built in for a base model)")
                .contains("8.485281 (exact)")
                .contains("memory");
    }

    @Test
    void aFolderIsReadToo() {
        Path folder = TinyModels.folder(home, "embeddinggemma");

        JsonNode json =
                TinyModels.run(home, "inspect", folder.toString(), "--json").json();

        assertThat(json.get("format").asString()).isEqualTo("Hugging Face folder");
        assertThat(json.get("architecture").asString()).isEqualTo("gemma-embedding");
        assertThat(json.get("shape").get("kinds").get(0).get("causal").asBoolean())
                .isFalse();
        assertThat(json.get("tensor_types").get(0).get("type").asString()).isEqualTo("BF16");
    }

    @Test
    void aChatTemplateOfItsOwnIsNamedInAWarning() throws IOException {
        Path folder = TinyModels.folder(home, "gemma3");
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ bos_token }}{{ messages[0].content }}");

        Outcome run = TinyModels.run(home, "inspect", folder.toString());

        assertThat(run.out()).contains("THE FILE'S OWN DIFFERS").contains("own chat template differs");
    }

    @Test
    void mistakesAreTold() throws IOException {
        Path text = Files.writeString(home.resolve("model.gguf"), "this is no model");

        assertThat(TinyModels.run(home, "inspect", text.toString()).err()).contains("not a GGUF file");
        assertThat(TinyModels.run(home, "inspect", "-c", "0", text.toString()).code())
                .isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "inspect", "-m", "a", "b").err()).contains("two models");
    }
}
