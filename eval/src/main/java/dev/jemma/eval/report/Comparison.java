package dev.jemma.eval.report;

import dev.jemma.eval.EvalException;
import dev.jemma.eval.metric.Paired;
import dev.jemma.eval.metric.Statistics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Two runs of the same tasks with the same prompts, item by item: how much better the second is, how sure that is, and
 * on which items they differ.
 *
 * @param lines one for each task and metric
 * @param items on which the runs have different marks
 */
public record Comparison(List<Line> lines, List<Item> items) {
    /** Metrics whose items are sums of log-likelihoods, not marks. */
    private static final Set<String> SUMS =
            Set.of("word_perplexity", "byte_perplexity", "token_perplexity", "bits_per_byte");

    private static final int MOST_NAMED = 5;

    public Comparison {
        lines = List.copyOf(lines);
        items = List.copyOf(items);
    }

    /**
     * A figure of both runs.
     *
     * @param metric {@code name,filter}
     * @param items compared
     * @param first mean of the first run
     * @param second mean of the second
     * @param error standard error of second − first
     * @param low lower end of its 95 % interval
     * @param high upper end
     * @param onlyFirst items that only the first run has right; −1 where marks are not right or wrong
     * @param onlySecond items that only the second has right, or −1
     * @param p of McNemar's exact test; not a number where marks are not right or wrong
     */
    public record Line(
            String task,
            String metric,
            int items,
            double first,
            double second,
            double error,
            double low,
            double high,
            int onlyFirst,
            int onlySecond,
            double p) {}

    /** An item with different marks; {@code prompt} is the end of what was asked. */
    public record Item(String task, int id, String metric, double first, double second, String prompt) {}

    /**
     * Compares the folders of two runs.
     *
     * @param wanted tasks; empty for all, of which both runs must then have the same
     * @throws EvalException if tasks, items or prompts differ; the message names them
     */
    public static Comparison of(Path first, Path second, Set<String> wanted) {
        Map<String, Path> a = RunSamples.tasks(first);
        Map<String, Path> b = RunSamples.tasks(second);
        Set<String> tasks = new TreeSet<>(wanted);
        if (wanted.isEmpty()) {
            same(a.keySet(), b.keySet(), first, second);
            tasks.addAll(a.keySet());
        }
        List<Line> lines = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        for (String task : tasks) {
            if (!a.containsKey(task) || !b.containsKey(task)) {
                throw new EvalException((a.containsKey(task) ? second : first) + " has no samples of " + task);
            }
            task(task, RunSamples.read(file(a, task)), RunSamples.read(file(b, task)), lines, items);
        }
        return new Comparison(lines, items);
    }

    private static Path file(Map<String, Path> files, String task) {
        Path file = files.get(task);
        if (file == null) {
            throw new EvalException("there are no samples of " + task);
        }
        return file;
    }

    private static void same(Set<String> a, Set<String> b, Path first, Path second) {
        String onlyA = without(a, b);
        String onlyB = without(b, a);
        if (!onlyA.isEmpty() || !onlyB.isEmpty()) {
            throw new EvalException("the runs have different tasks:"
                    + (onlyA.isEmpty() ? "" : " only " + first + " has " + onlyA)
                    + (onlyA.isEmpty() || onlyB.isEmpty() ? "" : ";")
                    + (onlyB.isEmpty() ? "" : " only " + second + " has " + onlyB)
                    + "; choose with --tasks");
        }
    }

    private static String without(Set<String> all, Set<String> others) {
        List<String> left = all.stream().filter(name -> !others.contains(name)).toList();
        return left.stream().limit(MOST_NAMED).collect(Collectors.joining(", "))
                + (left.size() > MOST_NAMED ? ", …" : "");
    }

    private static void task(
            String task,
            Map<String, RunSamples.Sample> a,
            Map<String, RunSamples.Sample> b,
            List<Line> lines,
            List<Item> items) {
        if (!a.keySet().equals(b.keySet())) {
            throw new EvalException(task + ": the runs have different items (" + a.size() + " and " + b.size()
                    + "); run both with the same --limit");
        }
        Set<String> metrics = new TreeSet<>();
        Set<String> others = new TreeSet<>();
        a.forEach((key, sample) -> {
            RunSamples.Sample other = b.getOrDefault(key, sample);
            if (!sample.prompt().equals(other.prompt())) {
                throw new EvalException(task + ": item " + sample.id()
                        + " was not asked the same in both runs; run both" + " with the same data, shots and template");
            }
            metrics.addAll(sample.marks().keySet());
            others.addAll(other.marks().keySet());
        });
        metrics.removeIf(metric -> SUMS.contains(metric.substring(0, metric.indexOf(','))));
        others.removeIf(metric -> SUMS.contains(metric.substring(0, metric.indexOf(','))));
        if (!metrics.equals(others)) {
            throw new EvalException(task + ": the runs have different metrics (" + String.join(" ", metrics) + " and "
                    + String.join(" ", others) + "); run both with the same version of the task");
        }
        for (String metric : metrics) {
            line(task, metric, a, b, lines, items);
        }
    }

    private static void line(
            String task,
            String metric,
            Map<String, RunSamples.Sample> a,
            Map<String, RunSamples.Sample> b,
            List<Line> lines,
            List<Item> items) {
        List<Double> first = new ArrayList<>();
        List<Double> second = new ArrayList<>();
        int onlyFirst = 0;
        int onlySecond = 0;
        boolean marks = true;
        for (Map.Entry<String, RunSamples.Sample> entry : a.entrySet()) {
            RunSamples.Sample sample = entry.getValue();
            Double x = sample.marks().get(metric);
            Double y = b.getOrDefault(entry.getKey(), sample).marks().get(metric);
            if (x == null || y == null) {
                continue;
            }
            first.add(x);
            second.add(y);
            marks &= isMark(x) && isMark(y);
            if (!x.equals(y)) {
                onlyFirst += x > y ? 1 : 0;
                onlySecond += y > x ? 1 : 0;
                items.add(new Item(task, sample.id(), metric, x, y, sample.shown()));
            }
        }
        if (first.isEmpty()) {
            return;
        }
        double[] x = first.stream().mapToDouble(Double::doubleValue).toArray();
        double[] y = second.stream().mapToDouble(Double::doubleValue).toArray();
        Paired.Difference difference = Paired.difference(x, y);
        lines.add(new Line(
                task,
                metric,
                x.length,
                Statistics.mean(x),
                Statistics.mean(y),
                difference.error(),
                difference.low(),
                difference.high(),
                marks ? onlyFirst : -1,
                marks ? onlySecond : -1,
                marks ? Paired.mcNemar(onlyFirst, onlySecond) : Double.NaN));
    }

    private static boolean isMark(double value) {
        return value == 0 || value == 1;
    }

    /** A table in Markdown, and under it the first items that differ. */
    public String toMarkdown(int mostItems) {
        StringBuilder text = new StringBuilder("""
                | task | metric | n | A | B | B − A | 95 % interval | only A | only B | p |
                |---|---|---:|---:|---:|---:|---|---:|---:|---:|
                """);
        for (Line line : lines) {
            boolean marks = line.onlyFirst() >= 0;
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %.4f | %.4f | %+.4f | %s | %s | %s | %s |\n",
                    Page.cell(line.task()),
                    Page.cell(line.metric()),
                    line.items(),
                    line.first(),
                    line.second(),
                    line.second() - line.first(),
                    Double.isNaN(line.error())
                            ? ""
                            : String.format(Locale.ROOT, "%+.4f … %+.4f", line.low(), line.high()),
                    marks ? String.valueOf(line.onlyFirst()) : "",
                    marks ? String.valueOf(line.onlySecond()) : "",
                    marks ? String.format(Locale.ROOT, "%.4f", line.p()) : ""));
        }
        if (!items.isEmpty() && mostItems > 0) {
            text.append(String.format(
                    Locale.ROOT,
                    "\n%d items differ%s:\n\n| task | item | metric | A | B | prompt |\n|---|---:|---|---:|---:|---|\n",
                    items.size(),
                    items.size() > mostItems ? ", the first " + mostItems : ""));
            items.stream()
                    .limit(mostItems)
                    .forEach(item -> text.append(String.format(
                            Locale.ROOT,
                            "| %s | %d | %s | %.4g | %.4g | %s |\n",
                            Page.cell(item.task()),
                            item.id(),
                            Page.cell(item.metric()),
                            item.first(),
                            item.second(),
                            Page.cell(item.prompt()))));
        }
        return text.toString();
    }
}
