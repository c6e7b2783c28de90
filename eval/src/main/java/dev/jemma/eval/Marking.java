package dev.jemma.eval;

import dev.jemma.eval.metric.Choices;
import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.metric.PythonText;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gives an item its marks, once all its requests are answered. */
final class Marking {
    private static final Metric ACC = Metric.of("acc");
    private static final Metric WORD_PERPLEXITY = new Metric("word_perplexity", "none", false, Metric.Kind.PERPLEXITY);
    private static final Metric BYTE_PERPLEXITY = new Metric("byte_perplexity", "none", false, Metric.Kind.PERPLEXITY);
    private static final Metric TOKEN_PERPLEXITY =
            new Metric("token_perplexity", "none", false, Metric.Kind.PERPLEXITY);
    private static final Metric BITS_PER_BYTE = new Metric("bits_per_byte", "none", false, Metric.Kind.BITS);

    private Marking() {}

    static ItemResult of(Task task, Item item, List<Answer> answers) {
        return switch (task.form()) {
            case Form.Choice form -> choice(form, item, answers);
            case Form.Partial form -> {
                int best = Choices.best(sums(answers));
                int gold = form.gold().apply(item.doc());
                yield new ItemResult(
                        item,
                        answers,
                        best,
                        List.of(String.valueOf(gold)),
                        Map.of(),
                        Map.of(ACC, best == gold ? 1.0 : 0.0),
                        Map.of());
            }
            case Form.Generation form -> generation(form, item, answers);
            case Form.Text form -> text(form, item, answers);
        };
    }

    private static ItemResult choice(Form.Choice form, Item item, List<Answer> answers) {
        List<String> choices = item.choices();
        double[] all = sums(answers);
        double[] sums = java.util.Arrays.copyOf(all, choices.size());
        List<Integer> gold = form.gold().apply(item.doc());
        if (gold.stream().anyMatch(g -> g < 0 || g >= choices.size())) {
            throw item.doc().error("its right answer " + gold + " is none of its " + choices.size() + " choices");
        }
        Map<Metric, Double> values = new LinkedHashMap<>();
        for (Form.ChoiceMetric metric : form.metrics()) {
            double value = switch (metric) {
                case ACC -> hit(sums, gold);
                case ACC_NORM -> hit(Choices.perCharacter(sums, choices), gold);
                case ACC_BYTES -> hit(Choices.perByte(sums, choices), gold);
                case ACC_MUTUAL_INFO -> {
                    double[] gain = sums.clone();
                    for (int i = 0; i < gain.length; i++) {
                        gain[i] -= all[choices.size() + i];
                    }
                    yield hit(gain, gold);
                }
                case PROBABILITY -> Choices.share(sums, gold);
            };
            values.put(metric.metric(), value);
        }
        List<String> golds = gold.stream().map(String::valueOf).toList();
        return new ItemResult(item, answers, Choices.best(sums), golds, Map.of(), values, Map.of());
    }

    private static double hit(double[] values, List<Integer> gold) {
        return gold.contains(Choices.best(values)) ? 1 : 0;
    }

    private static double[] sums(List<Answer> answers) {
        return answers.stream()
                .mapToDouble(answer -> answer instanceof Answer.Likelihood found ? found.sum() : Double.NaN)
                .toArray();
    }

    private static ItemResult generation(Form.Generation form, Item item, List<Answer> answers) {
        List<String> texts = answers.stream()
                .map(answer -> answer instanceof Answer.Text(String text) ? text : "")
                .toList();
        Map<String, List<String>> filtered = new LinkedHashMap<>();
        Map<Metric, Double> values = new LinkedHashMap<>();
        for (Form.Pipeline pipeline : form.pipelines()) {
            List<String> left = pipeline.filter().apply(texts);
            filtered.put(pipeline.name(), left);
            values.putAll(pipeline.grader().grade(item.doc(), left));
        }
        return new ItemResult(item, answers, -1, form.targets().apply(item.doc()), filtered, values, Map.of());
    }

    private static ItemResult text(Form.Text form, Item item, List<Answer> answers) {
        String text = form.text().apply(item.doc());
        double sum = 0;
        long tokens = 0;
        for (Answer answer : answers) {
            if (answer instanceof Answer.Rolled(double part, long count)) {
                sum += part;
                tokens += count;
            }
        }
        double bytes = text.getBytes(StandardCharsets.UTF_8).length;
        Map<Metric, Double> weight = Map.of(
                WORD_PERPLEXITY,
                (double) PythonText.split(text).size(),
                BYTE_PERPLEXITY,
                bytes,
                BITS_PER_BYTE,
                bytes,
                TOKEN_PERPLEXITY,
                (double) tokens);
        Map<Metric, Double> values = new LinkedHashMap<>();
        for (Metric metric : weight.keySet()) {
            values.put(metric, sum);
        }
        return new ItemResult(item, answers, -1, List.of(), Map.of(), values, weight);
    }
}
