package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Proxies as the environment names them: HTTPS_PROXY and HTTP_PROXY by the scheme of the address, ALL_PROXY for both,
 * NO_PROXY for hosts that are reached directly; small letters count too and win, as with curl.
 */
final class Proxies extends ProxySelector {
    private final Map<String, String> environment;

    Proxies(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return proxy(uri)
                .map(address -> new Proxy(
                        Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), port(address))))
                .map(List::of)
                .orElse(List.of(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
        // The request fails with this exception too, and tells it.
    }

    /** The proxy's address for an address, if one is set and NO_PROXY does not except the host. */
    Optional<URI> proxy(URI uri) {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        Optional<String> value = variable(scheme + "_proxy").or(() -> variable("all_proxy"));
        if (value.isEmpty() || direct(uri)) {
            return Optional.empty();
        }
        String text = value.get().contains("://") ? value.get() : "http://" + value.get();
        try {
            URI address = URI.create(text);
            if (address.getHost() != null && "http".equalsIgnoreCase(address.getScheme())) {
                return Optional.of(address);
            }
        } catch (IllegalArgumentException e) {
            throw new JemmaException("the proxy in " + scheme.toUpperCase(Locale.ROOT) + "_PROXY is not an address", e);
        }
        throw new JemmaException("the proxy in " + scheme.toUpperCase(Locale.ROOT)
                + "_PROXY must be of the form http://host:port; other kinds are not supported");
    }

    /** Name and password of a proxy's address; asked only by proxies, never by servers. */
    Optional<Authenticator> authenticator() {
        for (String scheme : List.of("https", "http")) {
            Optional<URI> address = variable(scheme + "_proxy")
                    .or(() -> variable("all_proxy"))
                    .map(text -> URI.create(text.contains("://") ? text : "http://" + text));
            String user = address.map(URI::getRawUserInfo).orElse("");
            if (!user.isEmpty()) {
                String[] parts = user.split(":", 2);
                String name = URLDecoder.decode(parts[0], StandardCharsets.UTF_8);
                char[] password = parts.length < 2
                        ? new char[0]
                        : URLDecoder.decode(parts[1], StandardCharsets.UTF_8).toCharArray();
                return Optional.of(new Authenticator() {
                    @Override
                    protected @Nullable PasswordAuthentication getPasswordAuthentication() {
                        boolean proxy = getRequestorType() == RequestorType.PROXY;
                        return proxy ? new PasswordAuthentication(name, password) : null;
                    }
                });
            }
        }
        return Optional.empty();
    }

    private boolean direct(URI uri) {
        String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        for (String item : variable("no_proxy").orElse("").split("[,\\s]+")) {
            String pattern = item.strip().toLowerCase(Locale.ROOT);
            if (pattern.equals("*")) {
                return true;
            }
            int colon = pattern.lastIndexOf(':');
            if (colon > 0
                    && pattern.indexOf(':') == colon
                    && pattern.substring(colon + 1).matches("\\d+")) {
                if (!pattern.substring(colon + 1).equals(Integer.toString(port))) {
                    continue;
                }
                pattern = pattern.substring(0, colon);
            }
            pattern = pattern.replaceFirst("^\\*?\\.", "");
            if (!pattern.isEmpty() && (host.equals(pattern) || host.endsWith("." + pattern))) {
                return true;
            }
        }
        return false;
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> Optional.ofNullable(environment.get(name.toUpperCase(Locale.ROOT))))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    private static int port(URI address) {
        return address.getPort() >= 0 ? address.getPort() : 80;
    }
}
