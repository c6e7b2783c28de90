package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CatalogueTest {
    private static Catalogue read(String text) {
        return CatalogueReader.read(text, "company.json", Optional.of(Catalogue.builtIn()));
    }

    @Test
    void theDefaultModelIsPinned() {
        Catalogue catalogue = Catalogue.builtIn();
        CatalogueEntry entry = catalogue.find(catalogue.defaultName()).orElseThrow();
        assertThat(entry.name()).isEqualTo("gemma3-270m");
        assertThat(entry.files())
                .containsExactly(new ModelFile(
                        "gemma-3-270m-q4_k_m.gguf",
                        Optional.of(253_113_024L),
                        Optional.of("a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818")));
        assertThat(entry.sources()).extracting(Source::kind).containsExactly("huggingface", "pypi");
        Source.Pypi pypi = (Source.Pypi) entry.sources().get(1);
        assertThat(pypi.parts()).hasSize(4);
        assertThat(pypi.parts().stream().mapToLong(Source.Part::bytes).sum()).isEqualTo(253_113_024L);
    }

    @Test
    void instructionTunedSizesAreListedUnderTheirLicence() {
        Catalogue catalogue = Catalogue.builtIn();
        assertThat(catalogue.entries())
                .extracting(CatalogueEntry::name)
                .contains("gemma3-270m-it", "gemma3-1b-it", "gemma3-4b-it", "gemma3-12b-it", "gemma3-27b-it");
        assertThat(catalogue.entries())
                .allSatisfy(entry -> assertThat(entry.licence()).isEqualTo("gemma"));
        assertThat(catalogue.licence("gemma").orElseThrow().address()).isEqualTo("https://ai.google.dev/gemma/terms");
    }

    @Test
    void aCompanysCatalogueAddsAndReplaces() {
        Catalogue catalogue = read("""
                {"models": [{"name": "ours", "licence": "gemma", "files": [{"name": "a.gguf"}],
                 "sources": [{"kind": "address", "base": "https://models.example.com/gemma"}]}]}""");
        assertThat(catalogue.find("ours").orElseThrow().sources().getFirst().description())
                .isEqualTo("https://models.example.com/gemma/");
        assertThat(catalogue.find("gemma3-270m")).isPresent();
    }

    @Test
    void aCompanysCatalogueCanStandAlone() {
        Catalogue catalogue = read("""
                {"extends": false, "default": "ours", "models": [{"name": "ours",
                 "sources": [{"kind": "huggingface", "repository": "a/b"}]}]}""");
        assertThat(catalogue.entries()).extracting(CatalogueEntry::name).containsExactly("ours");
        assertThat(catalogue.defaultName()).isEqualTo("ours");
    }

    @Test
    void namesThatLeaveTheirFolderAreRefusedWithTheirPlace() {
        assertThatThrownBy(() -> read("""
                {"models": [{"name": "x", "files": [{"name": "../../.ssh/authorized_keys"}],
                 "sources": [{"kind": "huggingface", "repository": "a/b"}]}]}""")).isInstanceOf(JemmaException.class).hasMessageContaining("..");
        assertThatThrownBy(() -> read("""
                {"models": [{"name": "../x", "sources": [{"kind": "huggingface", "repository": "a/b"}]}]}""")).hasMessageContaining("company.json");
    }

    @Test
    void whatIsWrongIsNamed() {
        assertThatThrownBy(() -> read("{")).hasMessageStartingWith("company.json is not JSON");
        assertThatThrownBy(() -> read("{\"models\": [{\"name\": \"x\"}]}"))
                .hasMessageContaining("x: it has no sources");
        assertThatThrownBy(() -> read("{\"models\": [{\"name\": \"x\", \"sources\": [{\"kind\": \"ftp\"}]}]}"))
                .hasMessageContaining("'ftp' is none of");
        assertThatThrownBy(() -> read("""
                {"models": [{"name": "x", "files": [{"name": "f", "bytes": -1}],
                 "sources": [{"kind": "huggingface", "repository": "a/b"}]}]}""")).hasMessageContaining("'bytes' must be a positive");
        assertThatThrownBy(() -> read("""
                {"models": [{"name": "x", "files": [{"name": "f", "sha256": "abc"}],
                 "sources": [{"kind": "huggingface", "repository": "a/b"}]}]}""")).hasMessageContaining("64 hex digits");
        assertThatThrownBy(() -> read("{\"default\": \"nobody\"}")).hasMessageContaining("'nobody'");
        assertThatThrownBy(() -> read("""
                {"models": [{"name": "x", "licence": "none", "sources": [{"kind": "huggingface", "repository": "a/b"}]}]}""")).hasMessageContaining("licence 'none'");
    }
}
