package dev.jemma.serve.transport;

import dev.jemma.serve.protocol.ApiException;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may speak to the server, as far as Host and Origin tell. A web page elsewhere that has its own name point at this
 * machine (DNS rebinding) sends that name as Host; a page that calls us from elsewhere sends its Origin.
 *
 * @param hosts names that may stand in Host, in lower case and without a port; {@code *} for all
 * @param origins origins that may read answers, in lower case
 */
public record Gate(Set<String> hosts, Set<String> origins) {
    /** Names of this machine for itself. */
    public static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /**
     * Checks a request.
     *
     * @return the origin that may read the answer, if there is one that is not our own
     * @throws ApiException if it may not speak
     */
    public Optional<String> check(Optional<String> host, Optional<String> origin) {
        String name = host.map(Gate::withoutPort).orElse("");
        if (!hosts.contains("*") && !hosts.contains(name)) {
            throw ApiException.forbidden("this server does not answer to that Host; --allow-host adds a name");
        }
        if (origin.isEmpty()) {
            return Optional.empty();
        }
        String from = origin.get().toLowerCase(Locale.ROOT);
        if (origins.contains(from)) {
            return origin;
        }
        if (host.isPresent() && sameOrigin(from, host.get().toLowerCase(Locale.ROOT))) {
            return Optional.empty();
        }
        throw ApiException.forbidden("pages of this Origin may not call this server; --allow-origin adds one");
    }

    private static boolean sameOrigin(String origin, String host) {
        try {
            URI uri = URI.create(origin);
            return host.equals(uri.getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String withoutPort(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        int colon = lower.lastIndexOf(':');
        return colon > lower.lastIndexOf(']') ? lower.substring(0, colon) : lower;
    }
}
