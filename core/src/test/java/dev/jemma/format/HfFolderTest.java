package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HfFolderTest {
    @TempDir
    Path temp;

    @Test
    void shardsGiveTheSameTensorsAsOneFile() {
        try (HfFolder sharded = HfFolder.open(Golden.path("models/gemma3-bf16-sharded"));
                HfFolder single = HfFolder.open(Golden.path("models/gemma3"))) {
            assertThat(sharded.tensors().tensors().stream()
                            .map(TensorInfo::name)
                            .sorted())
                    .isEqualTo(single.tensors().tensors().stream()
                            .map(TensorInfo::name)
                            .sorted()
                            .toList());
            assertThat(sharded.config().get("hidden_size").asInt()).isEqualTo(96);
        }
    }

    @Test
    void weightsQuantizedForOtherSoftwareAreRefusedInOneLine() throws IOException {
        Files.writeString(temp.resolve("config.json"), "{\"quantization_config\":{\"quant_method\":\"gptq\"}}");
        assertThatThrownBy(() -> HfFolder.open(temp))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("gptq")
                .hasMessageContaining("GGUF");
    }

    @Test
    void anIndexCannotNameFilesOutsideItsFolder() throws IOException {
        Files.copy(Golden.path("models/gemma3/model.safetensors"), temp.resolve("x.safetensors"));
        Path folder = Files.createDirectory(temp.resolve("model"));
        Files.writeString(folder.resolve("config.json"), "{}");
        for (String name : new String[] {
            "../x.safetensors", temp.resolve("x.safetensors").toString(), "a\\b.safetensors", "..", ".x.safetensors"
        }) {
            Files.writeString(
                    folder.resolve("model.safetensors.index.json"),
                    "{\"weight_map\":{\"a\":\"" + name.replace("\\", "\\\\") + "\"}}");
            assertThatThrownBy(() -> HfFolder.open(folder))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("not a plain file name");
        }
    }

    @Test
    void theTemplateIsFoundInEitherPlace() throws IOException {
        Files.copy(Golden.path("models/gemma3/model.safetensors"), temp.resolve("model.safetensors"));
        Files.writeString(temp.resolve("config.json"), "{}");
        try (HfFolder folder = HfFolder.open(temp)) {
            assertThat(folder.chatTemplate()).isEmpty();
        }
        Files.writeString(
                temp.resolve("tokenizer_config.json"),
                "{\"chat_template\":[{\"name\":\"tool\",\"template\":\"t\"},{\"name\":\"default\",\"template\":\"d\"}]}");
        try (HfFolder folder = HfFolder.open(temp)) {
            assertThat(folder.chatTemplate()).contains("d");
        }
        Files.writeString(temp.resolve("chat_template.jinja"), "j");
        try (HfFolder folder = HfFolder.open(temp)) {
            assertThat(folder.chatTemplate()).contains("j");
        }
    }
}
