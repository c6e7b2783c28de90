package dev.jemma.eval;

import dev.jemma.eval.metric.Metric;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An item with its answers and marks.
 *
 * @param prediction index of the choice taken, −1 where none is
 * @param gold the right choices or texts, as text
 * @param filtered answers behind each filter, by its name
 * @param values the item's value of each metric
 * @param weight of a text: its words or bytes, by metric; else empty
 */
public record ItemResult(
        Item item,
        List<Answer> answers,
        int prediction,
        List<String> gold,
        Map<String, List<String>> filtered,
        Map<Metric, Double> values,
        Map<Metric, Double> weight) {
    public ItemResult {
        answers = List.copyOf(answers);
        gold = List.copyOf(gold);
        filtered = new TreeMap<>(filtered);
        values = new TreeMap<>(values);
        weight = new TreeMap<>(weight);
    }
}
