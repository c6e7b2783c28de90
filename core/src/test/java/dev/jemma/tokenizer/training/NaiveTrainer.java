package dev.jemma.tokenizer.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The scalar twin of {@link MergeLearner}: all pairs of all words are counted anew for every merge. */
final class NaiveTrainer {
    private record Pair(String left, String right) {
        String text() {
            return left + right;
        }
    }

    private NaiveTrainer() {}

    /** Learns up to {@code total} pieces from words with their counts; all characters have a piece. */
    static List<String> learn(Map<String, Integer> words, int total, PieceRules rules) {
        Map<List<String>, Integer> split = new HashMap<>();
        new TreeMap<>(words)
                .forEach((word, count) -> split.put(
                        word.codePoints().mapToObj(Character::toString).toList(), count));
        List<String> pieces = new ArrayList<>();
        Set<Pair> twins = new HashSet<>(); // make a piece that is there already; never merged
        while (pieces.size() < total) {
            Map<Pair, Long> counts = new HashMap<>();
            split.forEach((word, count) -> {
                for (int i = 1; i < word.size(); i++) {
                    Pair pair = new Pair(word.get(i - 1), word.get(i));
                    if (!twins.contains(pair) && rules.allow(pair.text())) {
                        counts.merge(pair, (long) count, Long::sum);
                    }
                }
            });
            if (counts.isEmpty()) {
                break;
            }
            Pair best = counts.keySet().stream()
                    .min(Comparator.<Pair>comparingLong(pair -> -counts.get(pair))
                            .thenComparing(pair ->
                                    pair.text().codePointCount(0, pair.text().length()))
                            .thenComparing(pair -> utf32(pair.text()), NaiveTrainer::compare))
                    .orElseThrow();
            if (pieces.contains(best.text())) {
                twins.add(best);
                continue;
            }
            pieces.add(best.text());
            Map<List<String>, Integer> merged = new HashMap<>();
            split.forEach((word, count) -> merged.merge(merge(word, best), count, Integer::sum));
            split.clear();
            split.putAll(merged);
        }
        return pieces;
    }

    private static List<String> merge(List<String> word, Pair best) {
        List<String> merged = new ArrayList<>();
        for (int i = 0; i < word.size(); i++) {
            if (i + 1 < word.size()
                    && word.get(i).equals(best.left())
                    && word.get(i + 1).equals(best.right())) {
                merged.add(best.text());
                i++;
            } else {
                merged.add(word.get(i));
            }
        }
        return merged;
    }

    private static int[] utf32(String text) {
        return text.codePoints().toArray();
    }

    private static int compare(int[] a, int[] b) {
        return Arrays.compare(a, b);
    }
}
