package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerPoolTest {
    @Test
    void everyChunkRunsOnceWhateverTheNumberOfThreads() {
        for (int threads : new int[] {1, 2, 3, 8}) {
            try (Workers pool = new WorkerPool(threads)) {
                assertThat(pool.threads()).isEqualTo(threads);
                for (int chunks : new int[] {0, 1, 2, 3, 100, 1000}) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(chunks);
                    pool.run(chunks, (chunk, worker) -> runs.incrementAndGet(chunk));
                    for (int i = 0; i < chunks; i++) {
                        assertThat(runs.get(i)).isEqualTo(1);
                    }
                }
            }
        }
    }

    @Test
    void noTwoChunksShareAWorkerNumberAtATime() {
        try (Workers pool = new WorkerPool(4)) {
            AtomicIntegerArray busy = new AtomicIntegerArray(4);
            for (int i = 0; i < 2000; i++) {
                pool.run(16, (chunk, worker) -> {
                    if (busy.incrementAndGet(worker) != 1) {
                        throw new AssertionError("worker " + worker + " is taken twice");
                    }
                    busy.decrementAndGet(worker);
                });
            }
            assertThat(busy.get(0)).isZero();
        }
    }

    @Test
    void manyShortCallsLoseNoChunkAndSleepersWake() throws InterruptedException {
        try (Workers pool = new WorkerPool(3)) {
            LongAdder sum = new LongAdder();
            for (int i = 0; i < 20_000; i++) {
                pool.run(3, (chunk, worker) -> sum.add(chunk + 1));
            }
            for (int i = 0; i < 20; i++) {
                Thread.sleep(Duration.ofMillis(2));
                pool.run(5, (chunk, worker) -> sum.add(1));
            }
            assertThat(sum.sum()).isEqualTo(20_000L * 6 + 100);
        }
    }

    @Test
    void theShareOfAThreadThatIsHeldUpIsDoneByTheOthers() {
        try (Workers pool = new WorkerPool(2)) {
            for (int round = 0; round < 200; round++) {
                CountDownLatch others = new CountDownLatch(39);
                pool.run(40, (chunk, worker) -> {
                    if (chunk != 20) { // the first of the second share
                        others.countDown();
                        return;
                    }
                    try {
                        others.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                assertThat(others.getCount()).isZero();
            }
        }
    }

    @Test
    void anExceptionOfAChunkReachesTheCallerAndThePoolLivesOn() {
        try (Workers pool = new WorkerPool(3)) {
            for (int i = 0; i < 100; i++) {
                assertThatThrownBy(() -> pool.run(50, (chunk, worker) -> {
                            if (chunk == 37) {
                                throw new IllegalArgumentException("chunk 37");
                            }
                        }))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("chunk 37");
                AtomicInteger done = new AtomicInteger();
                pool.run(10, (chunk, worker) -> done.incrementAndGet());
                assertThat(done.get()).isEqualTo(10);
            }
        }
    }

    @Test
    void aCallFromInsideAChunkRunsOnTheSameThread() {
        try (Workers pool = new WorkerPool(3)) {
            AtomicInteger inner = new AtomicInteger();
            pool.run(20, (chunk, worker) -> {
                Thread outer = Thread.currentThread();
                pool.run(5, (c, w) -> {
                    assertThat(Thread.currentThread()).isSameAs(outer);
                    assertThat(w).isEqualTo(worker);
                    inner.incrementAndGet();
                });
            });
            assertThat(inner.get()).isEqualTo(100);
        }
    }

    @Test
    void severalCallersTakeTurns() throws InterruptedException {
        try (Workers pool = new WorkerPool(3)) {
            AtomicInteger inside = new AtomicInteger();
            LongAdder chunks = new LongAdder();
            AtomicInteger mixed = new AtomicInteger();
            CountDownLatch done = new CountDownLatch(4);
            for (int caller = 0; caller < 4; caller++) {
                int id = caller + 1;
                Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 300; i++) {
                        pool.run(8, (chunk, worker) -> {
                            int before = inside.getAndSet(id);
                            if (before != 0 && before != id) {
                                mixed.incrementAndGet();
                            }
                            chunks.increment();
                        });
                    }
                    done.countDown();
                });
            }
            done.await();
            assertThat(chunks.sum()).isEqualTo(4 * 300 * 8);
            assertThat(inside.get()).isBetween(1, 4);
        }
    }

    @Test
    void closingEndsTheThreadsAndLaterCallsFail() throws InterruptedException {
        WorkerPool pool = new WorkerPool(4);
        Thread[] threads = new Thread[4];
        CountDownLatch all = new CountDownLatch(4);
        pool.run(4, (chunk, worker) -> {
            threads[worker] = Thread.currentThread();
            all.countDown();
            try {
                all.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        pool.close();
        for (int i = 1; i < 4; i++) {
            threads[i].join(Duration.ofSeconds(20));
            assertThat(threads[i].isAlive()).isFalse();
        }
        assertThatThrownBy(() -> pool.run(2, (chunk, worker) -> {})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new WorkerPool(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
