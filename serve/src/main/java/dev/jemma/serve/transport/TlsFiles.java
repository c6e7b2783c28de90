package dev.jemma.serve.transport;

import dev.jemma.serve.ServeException;
import io.helidon.common.tls.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A certificate chain and its private key, as PEM files. */
public final class TlsFiles {
    private static final String LABEL = "PRIVATE KEY-----";
    private static final Pattern KEY = Pattern.compile("-----BEGIN " + LABEL + "([A-Za-z0-9+/=\\s]+)-----END " + LABEL);

    private TlsFiles() {}

    /**
     * Reads both.
     *
     * @param certificates X.509 certificates, the server's own first
     * @param key its private key, PKCS #8, not encrypted: RSA, EC or EdDSA
     * @throws ServeException if one of them cannot be read
     */
    public static Tls read(Path certificates, Path key) {
        try (InputStream in = Files.newInputStream(certificates)) {
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (chain.isEmpty()) {
                throw new ServeException(certificates + " holds no certificate");
            }
            return Tls.builder()
                    .privateKey(privateKey(key))
                    .privateKeyCertChain(chain)
                    .build();
        } catch (IOException | CertificateException e) {
            throw new ServeException("cannot read the certificates in " + certificates + ": " + e.getMessage(), e);
        }
    }

    private static PrivateKey privateKey(Path file) {
        byte[] encoded;
        try {
            Matcher pem = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
            if (!pem.find()) {
                throw new ServeException(file + " holds no PRIVATE KEY in PKCS #8; 'openssl pkcs8 -topk8 -nocrypt'"
                        + " converts others");
            }
            encoded = Base64.getMimeDecoder().decode(pem.group(1));
        } catch (IOException e) {
            throw new ServeException("cannot read the key in " + file + ": " + e.getMessage(), e);
        }
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException e) {
                // of another kind
            } catch (GeneralSecurityException e) {
                throw new ServeException("this Java platform cannot read keys of " + algorithm, e);
            }
        }
        throw new ServeException(file + " holds a key that is neither RSA, EC nor EdDSA");
    }
}
