package dev.jemma.serve;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * How a server listens and what it allows. Everything has a default; see {@link #builder}.
 *
 * @param host address to listen on
 * @param port port to listen on, 0 for any that is free
 * @param apiKeys file of API keys; see docs/serving.md for its form
 * @param insecure whether an address that others can reach may be listened on without keys
 * @param tls certificates and key, for HTTPS
 * @param allowedHosts names beside this machine's own that may stand in Host; {@code *} for all
 * @param allowedOrigins origins of web pages that may call the server
 * @param sharePrefixes whether cached beginnings of prompts are shared between callers with different keys
 * @param maxBodyBytes most bytes of a request's body
 * @param maxPromptTokens most tokens of a prompt, below what the context holds
 * @param maxConnections most connections at once
 * @param maxQueue most requests that wait for a model
 * @param requestTimeout most time for a request
 * @param headTimeout most time for the head of a request to come
 * @param bodyTimeout most time for its body to come
 * @param idleTimeout most time between requests on a connection
 * @param writeTimeout most time that a client may take to read a piece of its answer
 * @param keepAlive time between comments in a stream that has nothing to say
 * @param drainTimeout most time for running requests to end when the server is stopped
 * @param streamBuffer tokens that a slow reader may lag behind before it is dropped
 */
public record ServeOptions(
        String host,
        int port,
        Optional<Path> apiKeys,
        boolean insecure,
        Optional<TlsPaths> tls,
        Set<String> allowedHosts,
        Set<String> allowedOrigins,
        boolean sharePrefixes,
        int maxBodyBytes,
        int maxPromptTokens,
        int maxConnections,
        int maxQueue,
        Duration requestTimeout,
        Duration headTimeout,
        Duration bodyTimeout,
        Duration idleTimeout,
        Duration writeTimeout,
        Duration keepAlive,
        Duration drainTimeout,
        int streamBuffer) {
    /**
     * PEM files of HTTPS.
     *
     * @param certificates X.509 certificates, the server's own first
     * @param key its private key in PKCS #8
     */
    public record TlsPaths(Path certificates, Path key) {}

    public ServeOptions {
        allowedHosts = Set.copyOf(allowedHosts);
        allowedOrigins = Set.copyOf(allowedOrigins);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("a port is a number from 0 to 65535, not " + port);
        }
        if (maxBodyBytes < 1 || maxPromptTokens < 1 || maxConnections < 1 || maxQueue < 1 || streamBuffer < 1) {
            throw new IllegalArgumentException("every limit of a server must be at least 1");
        }
    }

    /** A builder that starts from the defaults: port 8080 of this machine itself. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port = 8080;
        private Optional<Path> apiKeys = Optional.empty();
        private boolean insecure;
        private Optional<TlsPaths> tls = Optional.empty();
        private Set<String> allowedHosts = Set.of();
        private Set<String> allowedOrigins = Set.of();
        private boolean sharePrefixes;
        private int maxBodyBytes = 8 << 20;
        private int maxPromptTokens = Integer.MAX_VALUE;
        private int maxConnections = 512;
        private int maxQueue = 256;
        private Duration requestTimeout = Duration.ofMinutes(10);
        private Duration headTimeout = Duration.ofSeconds(10);
        private Duration bodyTimeout = Duration.ofSeconds(60);
        private Duration idleTimeout = Duration.ofSeconds(75);
        private Duration writeTimeout = Duration.ofSeconds(20);
        private Duration keepAlive = Duration.ofSeconds(5);
        private Duration drainTimeout = Duration.ofSeconds(30);
        private int streamBuffer = 4096;

        private Builder() {}

        public Builder host(String address) {
            host = address;
            return this;
        }

        public Builder port(int number) {
            port = number;
            return this;
        }

        public Builder apiKeys(Path file) {
            apiKeys = Optional.of(file);
            return this;
        }

        public Builder insecure(boolean allowed) {
            insecure = allowed;
            return this;
        }

        public Builder tls(Path certificates, Path key) {
            tls = Optional.of(new TlsPaths(certificates, key));
            return this;
        }

        public Builder allowedHosts(Set<String> names) {
            allowedHosts = names;
            return this;
        }

        public Builder allowedOrigins(Set<String> origins) {
            allowedOrigins = origins;
            return this;
        }

        public Builder sharePrefixes(boolean on) {
            sharePrefixes = on;
            return this;
        }

        public Builder maxBodyBytes(int bytes) {
            maxBodyBytes = bytes;
            return this;
        }

        public Builder maxPromptTokens(int tokens) {
            maxPromptTokens = tokens;
            return this;
        }

        public Builder maxConnections(int most) {
            maxConnections = most;
            return this;
        }

        public Builder maxQueue(int most) {
            maxQueue = most;
            return this;
        }

        public Builder requestTimeout(Duration most) {
            requestTimeout = most;
            return this;
        }

        public Builder headTimeout(Duration most) {
            headTimeout = most;
            return this;
        }

        public Builder bodyTimeout(Duration most) {
            bodyTimeout = most;
            return this;
        }

        public Builder idleTimeout(Duration most) {
            idleTimeout = most;
            return this;
        }

        public Builder writeTimeout(Duration most) {
            writeTimeout = most;
            return this;
        }

        public Builder keepAlive(Duration every) {
            keepAlive = every;
            return this;
        }

        public Builder drainTimeout(Duration most) {
            drainTimeout = most;
            return this;
        }

        public Builder streamBuffer(int tokens) {
            streamBuffer = tokens;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException if a number is out of its range
         */
        public ServeOptions build() {
            return new ServeOptions(
                    host,
                    port,
                    apiKeys,
                    insecure,
                    tls,
                    allowedHosts,
                    allowedOrigins,
                    sharePrefixes,
                    maxBodyBytes,
                    maxPromptTokens,
                    maxConnections,
                    maxQueue,
                    requestTimeout,
                    headTimeout,
                    bodyTimeout,
                    idleTimeout,
                    writeTimeout,
                    keepAlive,
                    drainTimeout,
                    streamBuffer);
        }
    }
}
