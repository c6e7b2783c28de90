package dev.jemma.serve.transport;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.HelidonSocket;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One connection, as the watchman of {@link Connections} sees it: the phase that it is in and since when. Whoever works
 * for the connection says which phase begins; the watchman closes it when a phase takes too long, and tells the worker
 * when the other side is gone. To know that, somebody must read: while a request is worked on, a lookout does, and what
 * it reads is the beginning of the next request.
 */
public final class Client {
    static final ScopedValue<Client> CURRENT = ScopedValue.newInstance();

    /** What a connection is doing. */
    enum Phase {
        /** Waits for a request's first byte. */
        IDLE,
        /** Reads a request's head. */
        HEAD,
        /** Reads a request's body. */
        BODY,
        /** Its request is being worked on. */
        WORK,
        /** An answer is being written. */
        WRITE,
        /** It was refused with some of its body unread, and what still comes is thrown away. */
        LINGER
    }

    /** A phase and when it began. */
    record State(Phase phase, long sinceNanos) {}

    private final HelidonSocket socket;
    private final DataReader from;
    private final Thread worker = Thread.currentThread();
    private final AtomicReference<Runnable> gone = new AtomicReference<>(Client::nobody);
    private volatile State state = new State(Phase.IDLE, System.nanoTime());
    private volatile boolean closed;
    private volatile boolean ended;
    private boolean unread; // the worker's alone
    private Runnable ending = Client::nobody; // the worker's alone
    private Optional<CompletableFuture<byte[]>> lookout = Optional.empty(); // the worker's alone

    /** @param from what comes in on the socket */
    Client(HelidonSocket socket, DataReader from) {
        this.socket = socket;
        this.from = from;
    }

    /** The connection that this thread works for. */
    public static Client current() {
        return CURRENT.get();
    }

    /** What {@link #last} does. */
    void endsBy(Runnable action) {
        ending = action;
    }

    private static void nobody() {
        // nobody works for it
    }

    private void enter(Phase phase) {
        state = new State(phase, System.nanoTime());
    }

    /** Waits for bytes, for the worker. */
    byte[] read() {
        byte[] bytes;
        if (lookout.isPresent()) {
            CompletableFuture<byte[]> seen = lookout.get();
            lookout = Optional.empty();
            try {
                bytes = seen.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        } else {
            bytes = pull();
        }
        received();
        return bytes;
    }

    private byte[] pull() {
        from.ensureAvailable();
        return from.readBytes(from.available());
    }

    private void look(CompletableFuture<byte[]> seen) {
        try {
            seen.complete(pull());
        } catch (RuntimeException e) { // the end of the stream, too
            ended = true;
            seen.completeExceptionally(e);
            tellGone();
        }
    }

    private void received() {
        if (state.phase() == Phase.IDLE) {
            enter(Phase.HEAD);
        }
    }

    /** The body is about to be read. */
    public void reading() {
        enter(Phase.BODY);
    }

    /** The request is whole; {@code onGone} runs, on another thread, if the other side goes away meanwhile. */
    public void working(Runnable onGone) {
        gone.set(onGone);
        enter(Phase.WORK);
        if (lookout.isEmpty()) {
            CompletableFuture<byte[]> seen = new CompletableFuture<>();
            lookout = Optional.of(seen);
            Thread.ofVirtual().name("jemma-lookout").start(() -> look(seen));
        }
    }

    /** A piece of the answer is about to be written, in pieces that must not take long each. */
    public void writing() {
        enter(Phase.WRITE);
    }

    /** The body was read, or a piece was written: what comes next has to be made. */
    public void waiting() {
        enter(Phase.WORK);
    }

    /** The request is done. */
    public void done() {
        gone.set(Client::nobody);
        enter(Phase.IDLE);
    }

    /** The other side wants no further answer: the connection ends with the one that is being given. */
    public void last() {
        ending.run();
    }

    /**
     * The request is refused with some of its body unread, so the connection ends with the answer. To close a socket on
     * which bytes still come in would reset it, and the other side, in the midst of sending, might never see the answer.
     */
    public void leavesUnread() {
        unread = true;
    }

    /** Throws away what still comes on a connection that is over, until the other side closes or the watchman does. */
    void linger() {
        if (!unread || isGone()) {
            return;
        }
        enter(Phase.LINGER);
        try {
            while (!isGone()) {
                if (read().length == 0) {
                    return;
                }
            }
        } catch (RuntimeException e) {
            return; // the end of the stream, or of our patience
        }
    }

    /** Ends the connection: what was said on it is not complete. */
    public void hangUp() {
        close();
    }

    /** Whether the other side went away or was thrown out. */
    public boolean isGone() {
        return closed || ended;
    }

    State state() {
        return state;
    }

    /** Tells the worker, once. */
    void tellGone() {
        gone.getAndSet(Client::nobody).run();
    }

    /** Throws it out; whatever its thread waits for ends with an exception. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        tellGone();
        if (state.phase() == Phase.WRITE) {
            worker.interrupt(); // closes a socket on which it is stuck
        }
        Thread.ofVirtual()
                .name("jemma-close")
                .start(
                        () -> { // a stuck TLS socket does not close at once
                            try {
                                socket.close();
                            } catch (RuntimeException e) {
                                // it is closed already
                            }
                        });
    }
}
