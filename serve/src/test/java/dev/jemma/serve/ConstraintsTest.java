package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.infer.constraint.ConstraintException;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.serve.protocol.ApiException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConstraintsTest {
    private static final Runnable WAITS = () -> {};

    private static TinyServer tiny;

    @BeforeAll
    static void start() {
        tiny = TinyServer.start();
    }

    @AfterAll
    static void stop() {
        tiny.close();
    }

    @Test
    void aConstraintIsMadeOnceAndKept() throws InterruptedException {
        AtomicInteger made = new AtomicInteger();
        try (Constraints constraints = new Constraints(1 << 30, Duration.ofMinutes(1))) {
            TokenConstraint first;
            try (Constraints.Lease lease = constraints.take(
                    tiny.model,
                    "a",
                    () -> {
                        made.incrementAndGet();
                        return Grammar.regex("a+");
                    },
                    WAITS)) {
                first = lease.constraint();
                assertThat(constraints.inUse()).isEqualTo(1);
                assertThat(first.masks()).isPositive(); // before the engine needs them
            }
            try (Constraints.Lease again = constraints.take(
                    tiny.model,
                    "a",
                    () -> {
                        made.incrementAndGet();
                        return Grammar.regex("a+");
                    },
                    WAITS)) {
                assertThat(again.constraint()).isSameAs(first);
            }
            for (int i = 0; i < 300; i++) { // more than are kept
                int n = i;
                constraints
                        .take(tiny.model, "b" + i, () -> Grammar.regex("b{" + (n + 1) + "}"), WAITS)
                        .close();
            }
            constraints
                    .take(
                            tiny.model,
                            "a",
                            () -> {
                                made.incrementAndGet();
                                return Grammar.regex("a+");
                            },
                            WAITS)
                    .close();
            assertThat(made).hasValue(2);
            assertThat(constraints.inUse()).isZero();
        }
    }

    @Test
    void whatTakesTooLongIsEndedAndOthersAreMadeMeanwhile() throws Exception {
        try (Constraints constraints = new Constraints(1 << 30, Duration.ofMillis(300));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch begun = new CountDownLatch(1);
            AtomicInteger interrupted = new AtomicInteger();
            Future<?> slow = threads.submit(() -> constraints.take(
                    tiny.model,
                    "slow",
                    () -> {
                        begun.countDown();
                        try {
                            Thread.sleep(Duration.ofMinutes(5));
                        } catch (InterruptedException e) {
                            interrupted.incrementAndGet();
                            Thread.currentThread().interrupt();
                        }
                        return Grammar.regex("a");
                    },
                    WAITS));
            begun.await();
            constraints
                    .take(tiny.model, "quick", () -> Grammar.regex("a"), WAITS)
                    .close();
            assertThatThrownBy(slow::get).hasCauseInstanceOf(ConstraintException.class);
            while (interrupted.get() == 0) {
                Thread.onSpinWait();
            }
            assertThat(constraints.inUse()).isZero();
        }
    }

    @Test
    void wrongOnesAreNotKeptAndTooManyAreToldToComeAgain() throws InterruptedException {
        try (Constraints constraints = new Constraints(1, Duration.ofMinutes(1))) {
            assertThatThrownBy(() -> constraints.take(tiny.model, "x", () -> Grammar.regex("("), WAITS))
                    .isInstanceOf(ConstraintException.class);
            Constraints.Lease lease = constraints.take(tiny.model, "x", () -> Grammar.regex("a"), WAITS);
            assertThatThrownBy(() -> constraints.take(tiny.model, "y", () -> Grammar.regex("b"), WAITS))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(429));
            lease.close();
            constraints.take(tiny.model, "y", () -> Grammar.regex("b"), WAITS).close();
        }
    }

    @Test
    void whoeverWaitsForAConstraintThatIsNeverMadeIsTold() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> waiting = new ArrayList<>();
            Constraints constraints = new Constraints(1 << 30, Duration.ofHours(1));
            for (int i = 0; i < 3; i++) { // one more than are made at once
                String text = "slow " + i;
                waiting.add(threads.submit(() -> constraints.take(
                        tiny.model,
                        text,
                        () -> {
                            begun.countDown();
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                            return Grammar.regex("a");
                        },
                        WAITS)));
            }
            begun.await();
            while (constraints.inUse() < 3) {
                Thread.onSpinWait();
            }
            constraints.close();
            for (Future<?> one : waiting) {
                assertThatThrownBy(one::get).isInstanceOf(ExecutionException.class);
            }
        }
    }

    @Test
    void whoeverDoesNotWaitAnyMoreLeavesTheOthersTheirConstraint() throws Exception {
        try (Constraints constraints = new Constraints(1 << 30, Duration.ofHours(1));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch made = new CountDownLatch(1);
            AtomicInteger interrupted = new AtomicInteger();
            Supplier<Grammar> slow = () -> {
                try {
                    made.await();
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                    throw new IllegalStateException(e);
                }
                return Grammar.regex("a");
            };
            Future<Constraints.Lease> patient =
                    threads.submit(() -> constraints.take(tiny.model, "shared", slow, WAITS));
            while (constraints.inUse() < 1) {
                Thread.onSpinWait();
            }
            for (String text : List.of("shared", "alone")) {
                AtomicInteger asked = new AtomicInteger();
                assertThatThrownBy(() -> constraints.take(tiny.model, text, slow, () -> {
                            if (asked.incrementAndGet() > 2) {
                                throw new Delivery.Gone();
                            }
                        }))
                        .isInstanceOf(Delivery.Gone.class);
                assertThat(constraints.inUse()).isEqualTo(1);
            }
            made.countDown();
            try (Constraints.Lease lease = patient.get()) {
                assertThat(lease.constraint().masks()).isPositive();
            }
            assertThat(interrupted).hasValueLessThan(2); // what nobody waits for, if it was begun
        }
    }

    @Test
    void whoeverLeavesInTheQueueGivesUpTheirPlace() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        try (Constraints constraints = new Constraints(1 << 30, Duration.ofHours(1));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Constraints.Lease>> busy = block(constraints, threads, released);
            for (int i = 0; i < 200; i++) { // more than may wait
                String text = "left " + i;
                assertThatThrownBy(() -> constraints.take(tiny.model, text, () -> Grammar.regex("a"), () -> {
                            throw new Delivery.Gone();
                        }))
                        .isInstanceOf(Delivery.Gone.class);
            }
            released.countDown();
            constraints
                    .take(tiny.model, "next", () -> Grammar.regex("a"), WAITS)
                    .close();
            for (Future<Constraints.Lease> one : busy) {
                one.get().close();
            }
        }
    }

    /** Keeps all threads busy until they are released, whoever may interrupt them. */
    private static List<Future<Constraints.Lease>> block(
            Constraints constraints, ExecutorService threads, CountDownLatch released) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(2);
        List<Future<Constraints.Lease>> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String text = "busy " + i;
            all.add(threads.submit(() -> constraints.take(
                    tiny.model,
                    text,
                    () -> {
                        begun.countDown();
                        while (released.getCount() > 0) {
                            try {
                                released.await();
                            } catch (InterruptedException e) {
                                continue; // as what is deep in some computation
                            }
                        }
                        return Grammar.regex("a");
                    },
                    WAITS)));
        }
        begun.await();
        return all;
    }

    @Test
    void aRequestThatWaitsForItsSchemaEndsWithItsTimeAndWithItsClient() throws Exception {
        String body = "{\"prompt\": \"x\", \"max_tokens\": 3, \"guided_regex\": \"[ab]+\"}";
        CountDownLatch released = new CountDownLatch(1);
        try (TinyServer hasty = TinyServer.start(o -> o.requestTimeout(Duration.ofMillis(300)));
                TinyServer slow = TinyServer.start();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                block(hasty.server.constraints(), threads, released);
                block(slow.server.constraints(), threads, released);
                assertThat(hasty.post("/v1/completions", body)
                                .error()
                                .get("code")
                                .asString())
                        .isEqualTo("deadline_exceeded");
                double gone = slow.metric("jemma_clients_gone_total");
                try (Socket socket = slow.connect()) {
                    socket.getOutputStream().write(TinyServer.raw("/v1/completions", body));
                    slow.awaitMetric("jemma_active_requests", 2);
                }
                slow.awaitMetric("jemma_clients_gone_total", gone + 1);
                slow.awaitMetric("jemma_active_requests", 1);
            } finally {
                released.countDown();
            }
        }
    }
}
