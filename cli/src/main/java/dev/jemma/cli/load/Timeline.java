package dev.jemma.cli.load;

import dev.jemma.cli.report.Chart;
import dev.jemma.cli.report.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** How the times of a run went on, in stretches of a second or a sixtieth of the run, whichever is longer. */
final class Timeline {
    private static final int MOST_STRETCHES = 60;

    private final List<Heard> all;
    private final List<Heard> answered;
    private final double stretch;

    Timeline(List<Heard> all) {
        this.all = all;
        answered = all.stream().filter(Heard::whole).toList();
        double seconds = all.stream().mapToLong(Heard::endNanos).max().orElse(0) / 1e9;
        stretch = Math.max(1, seconds / MOST_STRETCHES);
    }

    List<Chart> charts() {
        return List.of(
                quantiles("Milliseconds to the first token, by the time of the request", firsts()),
                quantiles("Milliseconds between tokens", gaps()),
                new Chart("Pieces of answers a second", List.of(pieces())),
                new Chart("Requests under way", List.of(underWay())));
    }

    private int stretchOf(long nanos) {
        return (int) (nanos / 1e9 / stretch);
    }

    private double middle(int i) {
        return (i + 0.5) * stretch;
    }

    private SortedMap<Integer, List<Double>> firsts() {
        TreeMap<Integer, List<Double>> values = new TreeMap<>();
        for (Heard heard : answered) {
            if (heard.pieceNanos().length > 0) {
                add(values, heard.startNanos(), heard.secondsToFirst());
            }
        }
        return values;
    }

    private SortedMap<Integer, List<Double>> gaps() {
        TreeMap<Integer, List<Double>> values = new TreeMap<>();
        for (Heard heard : answered) {
            double[] gaps = heard.gaps();
            for (int i = 0; i < gaps.length; i++) {
                add(values, heard.pieceNanos()[i + 1], gaps[i]);
            }
        }
        return values;
    }

    private void add(SortedMap<Integer, List<Double>> values, long nanos, double seconds) {
        values.computeIfAbsent(stretchOf(nanos), _ -> new ArrayList<>()).add(1e3 * seconds);
    }

    private Chart quantiles(String title, SortedMap<Integer, List<Double>> values) {
        double[] x = values.keySet().stream().mapToDouble(this::middle).toArray();
        List<Series> series = new ArrayList<>();
        for (int percent : new int[] {50, 95, 99}) {
            double[] y = values.values().stream()
                    .mapToDouble(all -> Quantiles.at(
                            all.stream().mapToDouble(v -> v).sorted().toArray(), percent / 100.0))
                    .toArray();
            series.add(new Series("p" + percent, x, y));
        }
        return new Chart(title, series);
    }

    private Series pieces() {
        TreeMap<Integer, Long> counts = new TreeMap<>();
        for (Heard heard : answered) {
            Arrays.stream(heard.pieceNanos()).forEach(nanos -> counts.merge(stretchOf(nanos), 1L, Long::sum));
        }
        return new Series(
                "pieces/s",
                counts.keySet().stream().mapToDouble(this::middle).toArray(),
                counts.values().stream().mapToDouble(n -> n / stretch).toArray());
    }

    /** At the middle of each stretch; those too whose answer then did not come to its end. */
    private Series underWay() {
        int stretches =
                all.stream().mapToInt(h -> stretchOf(h.endNanos())).max().orElse(-1) + 1;
        double[] x = new double[stretches];
        double[] y = new double[stretches];
        for (int i = 0; i < stretches; i++) {
            x[i] = middle(i);
            double nanos = 1e9 * x[i];
            y[i] = all.stream()
                    .filter(h -> h.startNanos() <= nanos && h.endNanos() > nanos)
                    .count();
        }
        return new Series("requests", x, y);
    }
}
