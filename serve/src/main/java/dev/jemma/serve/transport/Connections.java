package dev.jemma.serve.transport;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All open connections, and the thread that watches over them: it closes those that idle, trickle a request's head or
 * body, or do not read their answer, and tells workers whose client went away.
 */
public final class Connections implements AutoCloseable {
    private static final long ROUND_MILLIS = 50;
    /** How long what is left of a refused body is read. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    /**
     * How long a phase may take.
     *
     * @param idle between requests
     * @param head from a request's first byte to the end of its head
     * @param body reading the body
     * @param write writing one piece of an answer
     */
    public record Limits(Duration idle, Duration head, Duration body, Duration write) {}

    private final Limits limits;
    private final Set<Client> clients = ConcurrentHashMap.newKeySet();
    private final Thread watchman;
    private volatile boolean closed;

    /** Begins to watch. */
    public Connections(Limits limits) {
        this.limits = limits;
        watchman = Thread.ofPlatform().name("jemma-connections").daemon().start(this::watch);
    }

    void add(Client client) {
        clients.add(client);
    }

    void remove(Client client) {
        clients.remove(client);
        client.tellGone();
    }

    /** Connections that are open. */
    public int size() {
        return clients.size();
    }

    private void watch() {
        while (!closed) {
            long now = System.nanoTime();
            for (Client client : clients) {
                look(client, now);
            }
            try {
                Thread.sleep(ROUND_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void look(Client client, long now) {
        Client.State state = client.state();
        Duration limit = switch (state.phase()) {
            case IDLE -> limits.idle();
            case HEAD -> limits.head();
            case BODY -> limits.body();
            case WRITE -> limits.write();
            case LINGER -> LINGER;
            case WORK -> Duration.ofNanos(Long.MAX_VALUE);
        };
        if (now - state.sinceNanos() > limit.toNanos()) {
            client.close();
        } else if (state.phase() == Client.Phase.WORK && client.isGone()) {
            client.tellGone();
        }
    }

    /** Throws everybody out. */
    public void closeAll() {
        clients.forEach(Client::close);
    }

    @Override
    public void close() {
        closed = true;
        watchman.interrupt();
        closeAll();
    }
}
