package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxiesTest {
    private static String proxy(Map<String, String> environment, String address) {
        return new Proxies(environment)
                .proxy(URI.create(address))
                .map(URI::toString)
                .orElse("direct");
    }

    @Test
    void theSchemeOfTheAddressChoosesTheVariable() {
        Map<String, String> both = Map.of("HTTPS_PROXY", "http://secure:1", "HTTP_PROXY", "plain:2");
        assertThat(proxy(both, "https://x.org/")).isEqualTo("http://secure:1");
        assertThat(proxy(both, "http://x.org/")).isEqualTo("http://plain:2");
        assertThat(proxy(Map.of("ALL_PROXY", "http://all:3"), "https://x.org/")).isEqualTo("http://all:3");
        assertThat(proxy(Map.of("https_proxy", "http://small:4", "HTTPS_PROXY", "http://large:5"), "https://x.org/"))
                .isEqualTo("http://small:4");
        assertThat(proxy(Map.of(), "https://x.org/")).isEqualTo("direct");
    }

    @Test
    void noProxyExceptsHostsDomainsAndPorts() {
        for (String except : new String[] {"x.org", ".x.org", "*.x.org", "a, b x.org", "*", "x.org:443"}) {
            assertThat(proxy(Map.of("HTTPS_PROXY", "http://p:1", "NO_PROXY", except), "https://www.x.org/"))
                    .as(except)
                    .isEqualTo("direct");
        }
        for (String other : new String[] {"ax.org", "x.org:8443", "www.x.org.com", ""}) {
            assertThat(proxy(Map.of("HTTPS_PROXY", "http://p:1", "NO_PROXY", other), "https://www.x.org/"))
                    .as(other)
                    .isEqualTo("http://p:1");
        }
    }

    @Test
    void aProxyThatIsNoneIsTold() {
        assertThatThrownBy(() -> proxy(Map.of("HTTPS_PROXY", "socks5://p:1"), "https://x.org/"))
                .hasMessageContaining("HTTPS_PROXY");
        assertThatThrownBy(() -> proxy(Map.of("HTTPS_PROXY", "http://a b"), "https://x.org/"))
                .hasMessageContaining("HTTPS_PROXY");
    }

    @Test
    void requestsReallyGoThroughTheProxy(@TempDir Path folder) throws Exception {
        try (FakeHub proxy = new FakeHub()) {
            proxy.files.put("/file", "hello".getBytes());
            Map<String, String> environment = HubFixture.environment(folder, "http://hub.invalid");
            environment.put("HTTP_PROXY", proxy.address().toString());
            try (Connection connection = new Connection(HubSettings.of(environment))) {
                assertThat(connection.text(URI.create("http://hub.invalid/file"), 100))
                        .isEqualTo("hello");
            }
            assertThat(proxy.seen).hasSize(1);
        }
    }
}
