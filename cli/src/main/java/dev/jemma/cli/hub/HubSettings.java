package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the environment says about getting and keeping models.
 *
 * @param home the store's folder (JEMMA_HOME)
 * @param catalogue a company's catalogue, file or address (JEMMA_CATALOG)
 * @param endpoint the Hugging Face hub (HF_ENDPOINT)
 * @param token for the endpoint, and no other host (HF_TOKEN)
 * @param huggingFaceCache the folder of Hugging Face's own cache (HF_HUB_CACHE, HF_HOME)
 * @param caFile certificates to trust beside Java's own (JEMMA_CA_FILE, else SSL_CERT_FILE), PEM
 * @param offline no connection is opened (JEMMA_OFFLINE or HF_HUB_OFFLINE)
 * @param licenceAccepted consent given by JEMMA_ACCEPT_LICENSE
 * @param environment all variables: proxies are read from it, and pip is started with it
 */
public record HubSettings(
        Path home,
        Optional<String> catalogue,
        URI endpoint,
        Optional<String> token,
        Path huggingFaceCache,
        Optional<Path> caFile,
        boolean offline,
        boolean licenceAccepted,
        Map<String, String> environment) {

    /** Never prints the token. */
    @Override
    public String toString() {
        return "HubSettings[home=" + home + ", endpoint=" + endpoint + ", offline=" + offline + "]";
    }

    /** The settings of an environment on this system. */
    public static HubSettings of(Map<String, String> environment) {
        return of(environment, System.getProperty("os.name"), Path.of(System.getProperty("user.home")));
    }

    static HubSettings of(Map<String, String> environment, String osName, Path userHome) {
        return new HubSettings(
                text(environment, "JEMMA_HOME")
                        .map(value -> path("JEMMA_HOME", value, userHome))
                        .orElseGet(() -> cacheFolder(environment, osName, userHome)),
                text(environment, "JEMMA_CATALOG"),
                endpoint(text(environment, "HF_ENDPOINT").orElse("https://huggingface.co")),
                text(environment, "HF_TOKEN").map(HubSettings::token),
                huggingFaceCache(environment, userHome),
                text(environment, "JEMMA_CA_FILE")
                        .map(value -> path("JEMMA_CA_FILE", value, userHome))
                        .or(() -> text(environment, "SSL_CERT_FILE")
                                .map(value -> path("SSL_CERT_FILE", value, userHome))),
                truth(environment, "JEMMA_OFFLINE") || truth(environment, "HF_HUB_OFFLINE"),
                truth(environment, "JEMMA_ACCEPT_LICENSE"),
                Map.copyOf(environment));
    }

    /** The same settings, offline if {@code offlineToo}. */
    public HubSettings offline(boolean offlineToo) {
        return new HubSettings(
                home,
                catalogue,
                endpoint,
                token,
                huggingFaceCache,
                caFile,
                offline || offlineToo,
                licenceAccepted,
                environment);
    }

    private static Path cacheFolder(Map<String, String> environment, String osName, Path userHome) {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return text(environment, "LOCALAPPDATA")
                    .map(Path::of)
                    .orElse(userHome.resolve("AppData").resolve("Local"))
                    .resolve("jemma");
        }
        if (os.startsWith("mac")) {
            return userHome.resolve("Library").resolve("Caches").resolve("jemma");
        }
        return xdgCache(environment, userHome).resolve("jemma");
    }

    private static Path huggingFaceCache(Map<String, String> environment, Path userHome) {
        return text(environment, "HF_HUB_CACHE")
                .or(() -> text(environment, "HUGGINGFACE_HUB_CACHE"))
                .map(value -> path("HF_HUB_CACHE", value, userHome))
                .orElseGet(() -> text(environment, "HF_HOME")
                        .map(value -> path("HF_HOME", value, userHome))
                        .orElseGet(() -> xdgCache(environment, userHome).resolve("huggingface"))
                        .resolve("hub"));
    }

    private static Path xdgCache(Map<String, String> environment, Path userHome) {
        return text(environment, "XDG_CACHE_HOME")
                .map(value -> path("XDG_CACHE_HOME", value, userHome))
                .filter(Path::isAbsolute) // the XDG rules say that a relative one counts as unset
                .orElse(userHome.resolve(".cache"));
    }

    /** A token that cannot stand in a header is refused here, where the message does not show it. */
    private static String token(String value) {
        if (!value.matches("[\\x21-\\x7e]+")) {
            throw new JemmaException("HF_TOKEN holds spaces or odd characters; set it to the token alone");
        }
        return value;
    }

    private static URI endpoint(String address) {
        try {
            URI uri = URI.create(address.replaceAll("/+$", ""));
            if (uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new JemmaException("HF_ENDPOINT is not an address: " + address, e);
        }
        throw new JemmaException("HF_ENDPOINT must be an https address with a host, not " + address);
    }

    private static Path path(String name, String value, Path userHome) {
        try {
            return value.startsWith("~/") ? userHome.resolve(value.substring(2)) : Path.of(value);
        } catch (InvalidPathException e) {
            throw new JemmaException(name + " is not a path: " + value, e);
        }
    }

    private static Optional<String> text(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    private static boolean truth(Map<String, String> environment, String name) {
        return text(environment, name)
                .map(value -> !value.equals("0") && !value.equalsIgnoreCase("false") && !value.equalsIgnoreCase("no"))
                .orElse(false);
    }
}
