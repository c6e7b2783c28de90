package dev.jemma.eval;

import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What a task asks of a model for each row, and how the answers are scored. */
public sealed interface Form {
    /** Figures of a choice among texts. */
    enum ChoiceMetric {
        /** The largest log-likelihood is a golden one. */
        ACC("acc"),
        /** The same for each character of the choice. */
        ACC_NORM("acc_norm"),
        /** The same for each byte of the choice. */
        ACC_BYTES("acc_bytes"),
        /** The same, less the log-likelihood without a prompt. */
        ACC_MUTUAL_INFO("acc_mutual_info"),
        /** The golden ones' share in the probability of all choices; its name in results is {@code acc}. */
        PROBABILITY("acc");

        private final String label;

        ChoiceMetric(String name) {
            label = name;
        }

        /** As it stands in results. */
        public Metric metric() {
            return Metric.of(label);
        }
    }

    /**
     * The same prompt, several continuations.
     *
     * @param choices what may follow, without the delimiter
     * @param gold indices of the right ones; none if it is not known
     */
    record Choice(Function<Doc, List<String>> choices, Function<Doc, List<Integer>> gold, List<ChoiceMetric> metrics)
            implements Form {
        public Choice {
            metrics = List.copyOf(metrics);
        }
    }

    /**
     * Several prompts, the same continuation ("partial scoring").
     *
     * @param contexts the prompts, one for each option
     * @param ending what follows each of them, without the delimiter
     * @param gold index of the right context
     */
    record Partial(Function<Doc, List<String>> contexts, Function<Doc, String> ending, Function<Doc, Integer> gold)
            implements Form {}

    /**
     * A generated answer.
     *
     * @param stops texts that end it
     * @param samples answers to each prompt
     * @param targets the right answers
     * @param pipelines ways to look at the answers, each with its metrics
     */
    record Generation(
            List<String> stops,
            int maxTokens,
            Sampling sampling,
            int samples,
            Function<Doc, List<String>> targets,
            List<Pipeline> pipelines)
            implements Form {
        public Generation {
            stops = List.copyOf(stops);
            pipelines = List.copyOf(pipelines);
        }
    }

    /**
     * How likely a whole text is.
     *
     * @param window tokens of a window, {@code <bos>} included
     */
    record Text(Function<Doc, String> text, int window) implements Form {}

    /** A filter by its name, and what is measured behind it. */
    record Pipeline(String name, Filter filter, Grader grader, List<Metric> metrics) {
        public Pipeline {
            metrics = List.copyOf(metrics);
        }
    }

    /** Gives a filtered list of answers its marks. */
    @FunctionalInterface
    interface Grader {
        /** A value for each metric of the pipeline that applies. */
        Map<Metric, Double> grade(Doc doc, List<String> answers);
    }
}
