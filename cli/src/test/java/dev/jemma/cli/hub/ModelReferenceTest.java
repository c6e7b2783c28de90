package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelReferenceTest {
    private static ModelReference parse(String text) {
        return ModelReference.parse(
                text, Set.of("gemma3-270m")::contains, () -> List.of("gemma3-1b-it", "gemma3-270m"));
    }

    @Test
    void aKnownNameIsAName() {
        assertThat(parse("gemma3-270m")).isEqualTo(new ModelReference.Named("gemma3-270m"));
    }

    @Test
    void aHubReferenceHasRepositoryFileAndRevision() {
        assertThat(parse("hf:google/gemma-3-1b-it"))
                .isEqualTo(new ModelReference.Hub("google/gemma-3-1b-it", Optional.empty(), "main"));
        assertThat(parse("hf:o/r:sub/f.gguf@v1"))
                .isEqualTo(new ModelReference.Hub("o/r", Optional.of("sub/f.gguf"), "v1"));
        assertThat(parse("hf:o/r@0123abc")).isEqualTo(new ModelReference.Hub("o/r", Optional.empty(), "0123abc"));
        assertThat(((ModelReference.Hub) parse("hf:o/r:sub/f.gguf@v1")).storeName())
                .isEqualTo("o--r--sub--f.gguf@v1");
    }

    @Test
    void aPathIsAFileOrFolderThatExists(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("m.gguf"), "GGUF");
        assertThat(parse(file.toString())).isEqualTo(new ModelReference.Local(file));
        assertThatThrownBy(() -> parse(folder + "/other.gguf")).hasMessageStartingWith("there is no file or folder");
    }

    @Test
    void whatIsNothingSaysWhereToLook() {
        assertThatThrownBy(() -> parse("gema")).hasMessageContaining("jemma list --all");
        assertThatThrownBy(() -> parse("gema3-270")).hasMessageContaining("did you mean gemma3-270m?");
        assertThatThrownBy(() -> parse("llama"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("did you mean"));
        assertThatThrownBy(() -> parse("hf:google")).hasMessageContaining("hf:owner/repo");
        assertThatThrownBy(() -> parse("hf:../x:y")).hasMessageContaining("..");
        assertThatThrownBy(() -> parse("hf:o/r:../../x")).hasMessageContaining("..");
    }
}
