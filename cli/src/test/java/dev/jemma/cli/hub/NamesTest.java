package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "a/../../evil",
                "/etc/passwd",
                "a//b",
                "a/",
                "",
                ".",
                "..",
                ".hidden",
                "C:\\x",
                "a\\b",
                "a:b",
                "a\u0000b",
                "a\nb",
                "nul",
                "com1.gguf",
                "dir/aux.txt",
                "x.",
                "a/b/c/d/e/f/g/h/i"
            })
    void aNameThatCouldLeaveItsFolderIsRefused(String name) {
        assertThatThrownBy(() -> Names.file(name, "a test")).isInstanceOf(JemmaException.class);
        assertThatThrownBy(() -> new ModelFile(name, java.util.Optional.empty(), java.util.Optional.empty()))
                .isInstanceOf(JemmaException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.gguf", "1_Pooling/config.json", "model-00001-of-00002.safetensors", "a@b+c=d_e"})
    void usualNamesAreFine(String name) {
        Path folder = Path.of("/store/models/x");
        assertThat(Names.inside(folder, name, "a test")).startsWithRaw(folder.toAbsolutePath());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/b", "", ".x", "-x", "con"})
    void aModelsNameIsOnePlainWord(String name) {
        assertThatThrownBy(() -> Names.model(name, "a test")).isInstanceOf(JemmaException.class);
    }

    @Test
    void anOddNameIsShownWithoutItsControlCharacters() {
        assertThatThrownBy(() -> Names.model("\033[31mred", "a test"))
                .hasMessageStartingWith("'?[31mred' in a test cannot be");
    }
}
