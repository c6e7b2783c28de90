package dev.jemma.cli.load;

import dev.jemma.JemmaException;
import dev.jemma.cli.hub.StreamingEndpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/**
 * Sends the requests of a {@link Trace} and keeps what comes back when. Either so many streams ask one request after the
 * other, or each request goes out at its own time, whether earlier ones are answered or not; its time counts from the
 * moment when it was due.
 */
public final class LoadRun {
    /**
     * How much is asked.
     *
     * @param streams requests at a time; empty where the trace says when each is due
     * @param requests most requests
     * @param duration no request is sent after it
     */
    public record Amount(OptionalInt streams, OptionalInt requests, Optional<Duration> duration) {}

    private final Asker asker;
    private final Trace trace;
    private final Amount amount;
    private final Runnable onAnswer;
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final ConcurrentLinkedQueue<Heard> heard = new ConcurrentLinkedQueue<>();
    private final ConcurrentHashMap<String, String> details = new ConcurrentHashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final long startNanos = System.nanoTime();

    /** @param onAnswer runs after each request, well or not */
    public LoadRun(Asker asker, Trace trace, Amount amount, Runnable onAnswer) {
        this.asker = asker;
        this.trace = trace;
        this.amount = amount;
        this.onAnswer = onAnswer;
    }

    /** Sends no more requests and gives up those that are under way. */
    public void stop() {
        stopped.countDown();
    }

    /**
     * Runs until all is asked and answered, or {@link #stop}.
     *
     * @throws InterruptedException if this thread is interrupted
     */
    public LoadResult run() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Thread.ofVirtual().start(() -> giveUp(threads, done));
            try {
                send(threads);
                threads.shutdown();
                boolean over = false;
                while (!over) { // a run may be longer than any limit
                    over = threads.awaitTermination(1, TimeUnit.HOURS);
                }
            } catch (InterruptedException e) {
                stop(); // or the end of this block would wait for answers that nobody wants any more
                throw e;
            }
        } finally {
            done.countDown();
            stopped.countDown();
        }
        return new LoadResult(List.copyOf(heard), unfinished.get(), List.copyOf(details.values()));
    }

    private void send(ExecutorService threads) throws InterruptedException {
        try {
            if (amount.streams().isPresent()) {
                for (int i = 0; i < amount.streams().getAsInt(); i++) {
                    threads.execute(this::oneAfterTheOther);
                }
            } else {
                eachAtItsTime(threads);
            }
        } catch (RejectedExecutionException e) {
            return; // stopped in this moment, or before the first request
        }
    }

    private void giveUp(ExecutorService threads, CountDownLatch done) {
        try {
            stopped.await();
            if (done.getCount() > 0) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long now() {
        return System.nanoTime() - startNanos;
    }

    /** Whether a request that is due then is still to be sent. */
    private boolean wanted(long atNanos) {
        return stopped.getCount() > 0
                && amount.duration().map(d -> atNanos < d.toNanos()).orElse(true)
                && (amount.requests().isEmpty()
                        || sent.getAndIncrement() < amount.requests().getAsInt());
    }

    private void oneAfterTheOther() {
        while (wanted(now())) {
            Call call = trace.next();
            if (!ask(call, now())) {
                return;
            }
        }
    }

    private void eachAtItsTime(ExecutorService threads) throws InterruptedException {
        Call call = trace.next();
        while (wanted(call.atNanos())) {
            if (stopped.await(call.atNanos() - now(), TimeUnit.NANOSECONDS)) {
                return;
            }
            Call due = call;
            threads.execute(() -> ask(due, due.atNanos()));
            call = trace.next();
        }
    }

    /** False if the run was stopped meanwhile. */
    private boolean ask(Call call, long dueNanos) {
        LongStream.Builder pieces = LongStream.builder();
        Optional<String> error = Optional.empty();
        Asker.Usage usage = new Asker.Usage(OptionalLong.empty(), OptionalLong.empty());
        try {
            usage = asker.ask(call, () -> pieces.add(now()));
        } catch (InterruptedException e) {
            unfinished.incrementAndGet();
            return false;
        } catch (JemmaException e) {
            String kind = String.valueOf(e.getMessage());
            error = Optional.of(kind);
            if (e instanceof StreamingEndpoint.FailedException failed) {
                details.putIfAbsent(kind, kind + ": " + failed.detail());
            }
        }
        long end = now();
        long[] times = pieces.build().toArray();
        heard.add(new Heard(
                dueNanos,
                end,
                times,
                usage.promptTokens().orElse(0),
                usage.answerTokens().orElse(times.length),
                error));
        onAnswer.run();
        return true;
    }
}
