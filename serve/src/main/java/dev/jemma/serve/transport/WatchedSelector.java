package dev.jemma.serve.transport;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/** HTTP/1.1 as the web server speaks it, on connections that {@link Connections} watches. */
public final class WatchedSelector implements ServerConnectionSelector {
    private final ServerConnectionSelector http;
    private final Connections connections;

    /** Watches the connections of another selector. */
    public WatchedSelector(ServerConnectionSelector http, Connections connections) {
        this.http = http;
        this.connections = connections;
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        Client client = new Client(context.serverSocket(), context.dataReader());
        return new Watched(http.connection(new Listening(context, client)), client, connections);
    }

    /** A connection whose thread knows its {@link Client}. */
    private record Watched(ServerConnection http, Client client, Connections connections)
            implements ServerConnection, InterruptableTask<Void> {
        @Override
        public void handle(Limit limit) throws InterruptedException {
            connections.add(client);
            client.endsBy(() -> http.close(false)); // its loop takes no further request, and answers this one first
            try {
                ScopedValue.where(Client.CURRENT, client).call(() -> {
                    http.handle(limit);
                    return true;
                });
            } finally {
                client.linger();
                connections.remove(client);
            }
        }

        @Override
        public Duration idleTime() {
            return http.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            http.close(interrupt);
        }

        @Override
        public boolean canInterrupt() {
            return http instanceof InterruptableTask<?> task && task.canInterrupt();
        }

        @Override
        public Void call() {
            throw new UnsupportedOperationException("a connection is handled, not called");
        }
    }

    /** The web server's context, whose reader says when bytes come in. */
    private static final class Listening implements ConnectionContext {
        private final ConnectionContext context;
        private final DataReader reader;

        Listening(ConnectionContext context, Client client) {
            this.context = context;
            reader = DataReader.create(client::read);
        }

        @Override
        public DataReader dataReader() {
            return reader;
        }

        @Override
        public ListenerContext listenerContext() {
            return context.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return context.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return context.dataWriter();
        }

        @Override
        public Router router() {
            return context.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return context.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return context.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return context.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return context.localPeer();
        }

        @Override
        public boolean isSecure() {
            return context.isSecure();
        }

        @Override
        public String socketId() {
            return context.socketId();
        }

        @Override
        public String childSocketId() {
            return context.childSocketId();
        }
    }
}
