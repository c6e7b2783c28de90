package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.jemma.JemmaException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificatesTest {
    @TempDir
    Path folder;

    private void keytool(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }

    private HttpsServer server() throws Exception {
        String keys = folder.resolve("keys.p12").toString();
        keytool(
                "-genkeypair",
                "-alias",
                "s",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                keys,
                "-storepass",
                "secret");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "s",
                "-keystore",
                keys,
                "-storepass",
                "secret",
                "-file",
                folder.resolve("ca.pem").toString());
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(keys))) {
            store.load(in, "secret".toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, "secret".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("ok".getBytes());
            exchange.close();
        });
        server.start();
        return server;
    }

    @Test
    void aCompanysCertificateIsTrustedOnlyWhenGiven() throws Exception {
        HttpsServer server = server();
        try {
            URI uri = URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/");
            Map<String, String> environment = HubFixture.environment(folder, "https://127.0.0.1:1");
            try (Connection plain = new Connection(HubSettings.of(environment))) {
                assertThatThrownBy(() -> plain.text(uri, 10)).isInstanceOf(IOException.class);
            }
            environment.put("JEMMA_CA_FILE", folder.resolve("ca.pem").toString());
            try (Connection trusting = new Connection(HubSettings.of(environment))) {
                assertThat(trusting.text(uri, 10)).isEqualTo("ok");
            }
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aFileWithoutCertificatesIsTold() {
        Path empty = HubFixture.write(folder.resolve("empty.pem"), "nothing here");
        assertThatThrownBy(() -> Certificates.trusting(empty))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("JEMMA_CA_FILE");
        assertThatThrownBy(() -> Certificates.trusting(folder.resolve("missing.pem")))
                .hasMessageContaining("missing.pem");
    }
}
