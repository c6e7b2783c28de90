package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.convert.Converter;
import dev.jemma.convert.Quantization;
import dev.jemma.format.FormatException;
import dev.jemma.format.HfFolder;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.ModelFiles;
import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who decides how a model generates when a request does not say. */
class GenerationDefaultsTest {
    private static final SpecialTokens SPECIAL = new Tokenizer(
                    SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                            .vocabulary())
            .special();

    @TempDir
    Path folder;

    private void model(String... more) throws IOException {
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(Golden.path("models/gemma3/" + name), folder.resolve(name));
        }
        for (int i = 0; i < more.length; i += 2) {
            Files.writeString(folder.resolve(more[i]), more[i + 1]);
        }
    }

    private static GenerationDefaults of(Path path) {
        try (ModelFiles files = ModelFiles.open(path)) {
            return GenerationDefaults.of(files, SPECIAL);
        }
    }

    @Test
    void aBaseModelIsGreedyAndEndsAtTheEndOfTheText() throws IOException {
        model();
        GenerationDefaults defaults = of(folder);
        assertThat(defaults.sampling().greedy()).isTrue();
        assertThat(defaults.stopIds()).containsExactly(1);
        assertThat(defaults.maxTokens()).isEqualTo(512);
    }

    @Test
    void aModelWithAChatTemplateSamplesAsItsAuthorsRecommend() throws IOException {
        model("chat_template.jinja", "{{ messages }}");
        GenerationDefaults defaults = of(folder);
        assertThat(defaults.sampling().temperature()).isEqualTo(1f);
        assertThat(defaults.sampling().topK()).isEqualTo(64);
        assertThat(defaults.sampling().topP()).isEqualTo(0.95f);
        assertThat(defaults.stopIds()).contains(1, SPECIAL.endOfTurn());
    }

    @Test
    void theModelsOwnFileWinsOverWhatIsBuiltInAndConversionKeepsIt() throws IOException {
        model(
                "generation_config.json",
                "{\"do_sample\": true, \"temperature\": 0.5, \"top_k\": 7, \"eos_token_id\": [1, 5], \"max_new_tokens\": 9,"
                        + " \"suppress_tokens\": [3]}");
        GenerationDefaults defaults = of(folder);
        assertThat(defaults.sampling().temperature()).isEqualTo(0.5f);
        assertThat(defaults.sampling().topK()).isEqualTo(7);
        assertThat(defaults.sampling().suppressed()).containsExactly(3);
        assertThat(defaults.stopIds()).contains(1, 5);
        assertThat(defaults.maxTokens()).isEqualTo(9);

        Path gguf = folder.resolve("m.gguf");
        try (HfFolder source = HfFolder.open(folder);
                Workers workers = new WorkerPool(1)) {
            Converter.toGguf(source, Optional.empty(), gguf, Quantization.KEEP, workers, (_, _, _) -> {});
        }
        assertThat(of(gguf)).isEqualTo(defaults);
    }

    @Test
    void doSampleFalseMeansGreedyWhateverTheTemperature() throws IOException {
        model("generation_config.json", "{\"do_sample\": false, \"temperature\": 0.5}", "chat_template.jinja", "x");
        assertThat(of(folder).sampling().greedy()).isTrue();
    }

    @Test
    void impossibleValuesAreRefusedByName() throws IOException {
        model("generation_config.json", "{\"do_sample\": true, \"top_p\": 1.5}");
        assertThatThrownBy(() -> of(folder)).isInstanceOf(FormatException.class).hasMessageContaining("top-p");
    }
}
