package dev.jemma.cli.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.JemmaException;
import dev.jemma.cli.report.Chart;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LoadRunTest {
    private static final Asker.Usage NOT_SAID = new Asker.Usage(OptionalLong.empty(), OptionalLong.empty());

    private static Trace trace(OptionalDouble rate) {
        return new Trace(7, rate, Optional.empty(), new Lengths(2, 9), new Lengths(5, 5));
    }

    private static LoadRun.Amount amount(OptionalInt streams, int requests) {
        return new LoadRun.Amount(streams, OptionalInt.of(requests), Optional.empty());
    }

    @Test
    void arrivalsAreAPoissonProcessOfTheRateAndTheSameForTheSameSeed() {
        Trace trace = trace(OptionalDouble.of(50));
        List<Call> calls = Stream.generate(trace::next).limit(20_000).toList();
        double[] gaps = IntStream.range(1, calls.size())
                .mapToDouble(i -> (calls.get(i).atNanos() - calls.get(i - 1).atNanos()) / 1e9)
                .toArray();
        double mean = IntStream.range(0, gaps.length)
                .mapToDouble(i -> gaps[i])
                .average()
                .orElseThrow();
        double square = IntStream.range(0, gaps.length)
                .mapToDouble(i -> gaps[i] * gaps[i])
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(1 / 50.0, within(0.0005)); // more than three deviations of a mean of 20,000
        assertThat(square - mean * mean).as("variance").isCloseTo(mean * mean, within(2e-5));
        assertThat(calls.stream()
                        .map(c -> c.prompt().split(" ").length)
                        .distinct()
                        .sorted())
                .containsExactly(2, 3, 4, 5, 6, 7, 8, 9);
        Trace again = trace(OptionalDouble.of(50));
        assertThat(Stream.generate(again::next).limit(100)).isEqualTo(calls.subList(0, 100));
    }

    @Test
    void noMoreThanTheStreamsAreUnderWay() throws InterruptedException {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        LoadResult result = new LoadRun(
                        (call, onPiece) -> {
                            most.accumulateAndGet(now.incrementAndGet(), Math::max);
                            onPiece.run();
                            Thread.sleep(2);
                            onPiece.run();
                            now.decrementAndGet();
                            return NOT_SAID;
                        },
                        trace(OptionalDouble.empty()),
                        amount(OptionalInt.of(3), 20),
                        () -> {})
                .run();
        assertThat(most.get()).isEqualTo(3);
        assertThat(result.heard()).hasSize(20).allMatch(h -> h.answerTokens() == 2 && h.gaps()[0] >= 0.002);
    }

    @Test
    void atARateRequestsGoOutWhetherEarlierOnesAreAnsweredOrNot() throws InterruptedException {
        CountDownLatch all = new CountDownLatch(12);
        LoadResult result = new LoadRun(
                        (call, onPiece) -> {
                            all.countDown();
                            all.await(); // would never end if one waited for another's answer
                            return NOT_SAID;
                        },
                        trace(OptionalDouble.of(1000)),
                        amount(OptionalInt.empty(), 12),
                        () -> {})
                .run();
        assertThat(result.heard()).hasSize(12);
    }

    @Test
    void aRunThatIsStoppedKeepsWhatThereIs() throws InterruptedException {
        CountDownLatch answered = new CountDownLatch(2);
        AtomicInteger count = new AtomicInteger();
        LoadRun run = new LoadRun(
                (call, onPiece) -> {
                    if (count.incrementAndGet() > 2) {
                        new CountDownLatch(1).await();
                    }
                    return NOT_SAID;
                },
                trace(OptionalDouble.empty()),
                amount(OptionalInt.of(1), 100),
                answered::countDown);
        Thread.ofVirtual().start(() -> {
            try {
                answered.await();
                while (count.get() < 3) {
                    Thread.sleep(1);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            run.stop();
        });
        LoadResult result = run.run();
        assertThat(result.heard()).hasSize(2);
        assertThat(result.unfinished()).isEqualTo(1);
    }

    @Test
    void aRunThatWasStoppedBeforeItBeganAsksNothing() throws InterruptedException {
        for (OptionalDouble rate : List.of(OptionalDouble.empty(), OptionalDouble.of(1000))) {
            OptionalInt streams = rate.isPresent() ? OptionalInt.empty() : OptionalInt.of(50);
            LoadRun run = new LoadRun((_, _) -> NOT_SAID, trace(rate), amount(streams, 1_000_000), () -> {});
            run.stop();
            assertThat(run.run().heard()).isEmpty();
        }
    }

    @Test
    void anInterruptionGivesUpWhatIsUnderWay() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(2);
        CountDownLatch givenUp = new CountDownLatch(2);
        LoadRun run = new LoadRun(
                (_, _) -> {
                    asked.countDown();
                    try {
                        new CountDownLatch(1).await(); // for ever
                    } finally {
                        givenUp.countDown();
                    }
                    return NOT_SAID;
                },
                trace(OptionalDouble.empty()),
                amount(OptionalInt.of(2), 100),
                () -> {});
        CountDownLatch interrupted = new CountDownLatch(1);
        Thread runner = Thread.ofVirtual().start(() -> {
            try {
                run.run();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });
        asked.await();
        runner.interrupt();
        givenUp.await();
        runner.join();
        assertThat(interrupted.getCount()).isZero();
    }

    @Test
    void requestsThatFailAreUnderWayUntilThen() {
        List<Heard> heard = List.of(
                new Heard(0, 2_000_000_000L, new long[0], 0, 0, Optional.of("timeout")),
                new Heard(0, 1_000_000_000L, new long[] {500_000_000L}, 7, 1, Optional.empty()));
        Chart underWay = new Timeline(heard).charts().getLast();
        assertThat(underWay.series().getFirst().y()).containsExactly(2, 1, 0);
    }

    @Test
    void figuresAreOfAnswersThatCameToTheirEnd() {
        List<Heard> heard = List.of(
                new Heard(0, 4_000_000_000L, new long[] {1_000_000_000L, 3_000_000_000L}, 7, 5, Optional.empty()),
                new Heard(0, 1_000_000_000L, new long[] {500_000_000L}, 7, 1, Optional.empty()),
                new Heard(0, 5_000_000_000L, new long[] {1}, 7, 9, Optional.of("broken off")));
        LoadReport report =
                new LoadResult(heard, 0, List.of()).report("u", Optional.empty(), "l", 1, OptionalDouble.of(2));
        assertThat(report.seconds()).isEqualTo(5);
        assertThat(report.answered()).isEqualTo(2);
        assertThat(report.answerTokens()).isEqualTo(6);
        assertThat(report.answerTokensPerSecond()).isEqualTo(1.2);
        assertThat(report.toFirst().orElseThrow().p50()).isEqualTo(0.5);
        assertThat(report.between().orElseThrow().max()).isEqualTo(2);
        assertThat(report.goodput().orElseThrow().requests()).isEqualTo(1);
        assertThat(report.goodput().orElseThrow().share()).isCloseTo(1 / 3.0, within(1e-9));
        assertThat(report.errors()).containsEntry("broken off", 1);
    }

    @Test
    void quantilesAreValuesThatWereMeasured() {
        Quantiles q = Quantiles.of(
                        IntStream.rangeClosed(1, 200).mapToDouble(i -> 201 - i).toArray())
                .orElseThrow();
        assertThat(List.of(q.p50(), q.p95(), q.p99(), q.max(), q.mean()))
                .containsExactly(100.0, 190.0, 198.0, 200.0, 100.5);
        assertThat(Quantiles.of(new double[0])).isEmpty();
    }

    @Test
    void lengthsAreANumberOrARange() {
        assertThat(Lengths.parse("-p", "64")).isEqualTo(new Lengths(64, 64));
        assertThat(Lengths.parse("-p", "32-256")).isEqualTo(new Lengths(32, 256));
        for (String wrong : List.of("", "0", "-5", "5-", "9-8", "x", "1-99999999999")) {
            assertThatThrownBy(() -> Lengths.parse("-p", wrong))
                    .isInstanceOf(JemmaException.class)
                    .hasMessageContaining("-p");
        }
    }
}
