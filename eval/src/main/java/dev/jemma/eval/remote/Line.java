package dev.jemma.eval.remote;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The way to an endpoint. The library opens no connection by itself; whoever wants one brings it. */
@FunctionalInterface
public interface Line {
    /**
     * What came back.
     *
     * @param status of HTTP
     * @param body as text
     * @param retryAfter how long the server asks to be left alone
     */
    record Reply(int status, String body, Optional<Duration> retryAfter) {}

    /**
     * Posts JSON and waits for the answer; called from several threads at once.
     *
     * @param path below the endpoint's address: {@code completions} or {@code chat/completions}
     * @throws IOException if there is none: a line that breaks, a server that takes too long
     * @throws InterruptedException if nobody waits any longer
     */
    Reply post(String path, String json) throws IOException, InterruptedException;
}
