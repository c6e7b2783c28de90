package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HubSettingsTest {
    private static final Path USER = Path.of("/home/ann");

    private static HubSettings linux(Map<String, String> environment) {
        return HubSettings.of(environment, "Linux", USER);
    }

    @Test
    void theStoreLiesWhereTheSystemKeepsCaches() {
        assertThat(linux(Map.of()).home()).isEqualTo(USER.resolve(".cache/jemma"));
        assertThat(linux(Map.of("XDG_CACHE_HOME", "/var/c")).home()).isEqualTo(Path.of("/var/c/jemma"));
        assertThat(linux(Map.of("XDG_CACHE_HOME", "relative")).home()).isEqualTo(USER.resolve(".cache/jemma"));
        assertThat(HubSettings.of(Map.of(), "Mac OS X", USER).home()).isEqualTo(USER.resolve("Library/Caches/jemma"));
        assertThat(HubSettings.of(Map.of("LOCALAPPDATA", "/local"), "Windows 11", USER)
                        .home())
                .isEqualTo(Path.of("/local/jemma"));
        assertThat(linux(Map.of("JEMMA_HOME", "~/models")).home()).isEqualTo(USER.resolve("models"));
    }

    @Test
    void huggingFacesOwnVariablesNameItsCache() {
        assertThat(linux(Map.of()).huggingFaceCache()).isEqualTo(USER.resolve(".cache/huggingface/hub"));
        assertThat(linux(Map.of("HF_HOME", "/hf")).huggingFaceCache()).isEqualTo(Path.of("/hf/hub"));
        assertThat(linux(Map.of("HF_HOME", "/hf", "HF_HUB_CACHE", "/c")).huggingFaceCache())
                .isEqualTo(Path.of("/c"));
    }

    @Test
    void theEndpointIsAnAddress() {
        assertThat(linux(Map.of()).endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(linux(Map.of("HF_ENDPOINT", "https://mirror.example.com/hf/"))
                        .endpoint())
                .isEqualTo(URI.create("https://mirror.example.com/hf"));
        assertThatThrownBy(() -> linux(Map.of("HF_ENDPOINT", "file:///etc"))).hasMessageContaining("HF_ENDPOINT");
        assertThatThrownBy(() -> linux(Map.of("HF_ENDPOINT", "not an address"))).hasMessageContaining("HF_ENDPOINT");
    }

    @Test
    void aTokenThatCannotBeSentIsRefusedWithoutShowingIt() {
        assertThat(linux(Map.of("HF_TOKEN", " hf_abc\n")).token()).contains("hf_abc");
        assertThatThrownBy(() -> linux(Map.of("HF_TOKEN", "hf_se\ncret")))
                .hasMessageContaining("HF_TOKEN")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("cret"));
    }

    @Test
    void truthIsSaidInSeveralWays() {
        assertThat(linux(Map.of("JEMMA_OFFLINE", "1")).offline()).isTrue();
        assertThat(linux(Map.of("HF_HUB_OFFLINE", "true")).offline()).isTrue();
        assertThat(linux(Map.of("JEMMA_OFFLINE", "0")).offline()).isFalse();
        assertThat(linux(Map.of()).offline(true).offline()).isTrue();
        assertThat(linux(Map.of("JEMMA_ACCEPT_LICENSE", "no")).licenceAccepted())
                .isFalse();
    }

    @Test
    void aCompanysCertificatesGoBeforeTheSystems() {
        assertThat(linux(Map.of("SSL_CERT_FILE", "/a.pem")).caFile()).contains(Path.of("/a.pem"));
        assertThat(linux(Map.of("SSL_CERT_FILE", "/a.pem", "JEMMA_CA_FILE", "/b.pem"))
                        .caFile())
                .contains(Path.of("/b.pem"));
    }
}
