package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.infer.constraint.ConstraintException;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.serve.protocol.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConstraintsTest {
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
            try (Constraints.Lease lease = constraints.take(tiny.model, "a", () -> {
                made.incrementAndGet();
                return Grammar.regex("a+");
            })) {
                first = lease.constraint();
                assertThat(constraints.inUse()).isEqualTo(1);
                assertThat(first.masks()).isPositive(); // before the engine needs them
            }
            try (Constraints.Lease again = constraints.take(tiny.model, "a", () -> {
                made.incrementAndGet();
                return Grammar.regex("a+");
            })) {
                assertThat(again.constraint()).isSameAs(first);
            }
            for (int i = 0; i < 300; i++) { // more than are kept
                int n = i;
                constraints
                        .take(tiny.model, "b" + i, () -> Grammar.regex("b{" + (n + 1) + "}"))
                        .close();
            }
            constraints
                    .take(tiny.model, "a", () -> {
                        made.incrementAndGet();
                        return Grammar.regex("a+");
                    })
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
            Future<?> slow = threads.submit(() -> constraints.take(tiny.model, "slow", () -> {
                begun.countDown();
                try {
                    Thread.sleep(Duration.ofMinutes(5));
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                    Thread.currentThread().interrupt();
                }
                return Grammar.regex("a");
            }));
            begun.await();
            constraints.take(tiny.model, "quick", () -> Grammar.regex("a")).close();
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
            assertThatThrownBy(() -> constraints.take(tiny.model, "x", () -> Grammar.regex("(")))
                    .isInstanceOf(ConstraintException.class);
            Constraints.Lease lease = constraints.take(tiny.model, "x", () -> Grammar.regex("a"));
            assertThatThrownBy(() -> constraints.take(tiny.model, "y", () -> Grammar.regex("b")))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(429));
            lease.close();
            constraints.take(tiny.model, "y", () -> Grammar.regex("b")).close();
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
                waiting.add(threads.submit(() -> constraints.take(tiny.model, text, () -> {
                    begun.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return Grammar.regex("a");
                })));
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
}
