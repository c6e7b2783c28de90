package dev.jemma.eval;

import dev.jemma.eval.fewshot.Draw;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * A benchmark: which rows, which prompt, which answers. Everything that it does not say is the same for all; see
 * {@link Items}.
 *
 * @param name as {@code --tasks} takes it and results have it
 * @param version of prompt and scoring
 * @param documents the rows that are asked
 * @param pool the rows that examples come from; empty for the documents themselves
 * @param order how examples are chosen
 * @param spare whether one example too many is drawn and the last, or the row itself, is left out: so the reference does
 *     where the pool is the evaluated split, and also where a task has no test split at all
 * @param usualShots examples if nobody says otherwise
 * @param suiteShots examples in {@code --suite gemma}; empty if the task does not belong to it
 * @param description stands before everything else, its line breaks included; may be part of the data, and of the row
 * @param exampleDelimiter stands after each example
 * @param targetDelimiter stands between prompt and answer
 * @param prompt of a row
 * @param shown the answer of an example
 * @param form what is asked
 */
public record Task(
        String name,
        String version,
        Source documents,
        Optional<Source> pool,
        Draw.Order order,
        boolean spare,
        int usualShots,
        OptionalInt suiteShots,
        Function<DataFolder, Function<Doc, String>> description,
        String exampleDelimiter,
        String targetDelimiter,
        Function<Doc, String> prompt,
        Function<Doc, String> shown,
        Form form) {

    /** A choice among texts: the prompt, then each of them. */
    public static Builder choice(
            String name,
            Source documents,
            Function<Doc, String> prompt,
            Function<Doc, List<String>> choices,
            Function<Doc, Integer> gold,
            Form.ChoiceMetric... metrics) {
        return new Builder(
                name,
                documents,
                prompt,
                doc -> choices.apply(doc).get(gold.apply(doc)),
                new Form.Choice(choices, doc -> List.of(gold.apply(doc)), List.of(metrics)));
    }

    /** A generated answer. */
    public static Builder generation(
            String name,
            Source documents,
            Function<Doc, String> prompt,
            Function<Doc, String> shown,
            Form.Generation form) {
        return new Builder(name, documents, prompt, shown, form);
    }

    /** Any form; {@code shown} is the answer of an example. */
    public static Builder of(
            String name, Source documents, Function<Doc, String> prompt, Function<Doc, String> shown, Form form) {
        return new Builder(name, documents, prompt, shown, form);
    }

    /** A builder that starts from this task. */
    public Builder toBuilder() {
        Builder builder = new Builder(name, documents, prompt, shown, form)
                .version(version)
                .order(order)
                .spare(spare)
                .usualShots(usualShots)
                .describedBy(description)
                .exampleDelimiter(exampleDelimiter)
                .targetDelimiter(targetDelimiter);
        pool.ifPresent(builder::pool);
        suiteShots.ifPresent(builder::suiteShots);
        return builder;
    }

    /** Sets what differs from the usual. */
    public static final class Builder {
        private final String name;
        private Source documents;
        private final Function<Doc, String> prompt;
        private final Function<Doc, String> shown;
        private Form form;
        private String version = "1.0";
        private Optional<Source> pool = Optional.empty();
        private Draw.Order order = Draw.Order.DRAWN;
        private boolean spare;
        private int usualShots;
        private OptionalInt suiteShots = OptionalInt.empty();
        private Function<DataFolder, Function<Doc, String>> description = _ -> _ -> "";
        private String exampleDelimiter = "\n\n";
        private String targetDelimiter = " ";

        private Builder(
                String name, Source documents, Function<Doc, String> prompt, Function<Doc, String> shown, Form form) {
            this.name = name;
            this.documents = documents;
            this.prompt = prompt;
            this.shown = shown;
            this.form = form;
        }

        /** Of prompt and scoring; 1.0 if not said. */
        public Builder version(String value) {
            version = value;
            return this;
        }

        /** Other rows. */
        public Builder documents(Source rows) {
            documents = rows;
            return this;
        }

        /** Another form. */
        public Builder form(Form value) {
            form = value;
            return this;
        }

        /** Where examples come from. */
        public Builder pool(Source rows) {
            pool = Optional.of(rows);
            return this;
        }

        /** How examples are chosen. */
        public Builder order(Draw.Order value) {
            order = value;
            return this;
        }

        /** Whether one example too many is drawn. */
        public Builder spare(boolean value) {
            spare = value;
            return this;
        }

        /** Examples if nobody says otherwise. */
        public Builder usualShots(int shots) {
            usualShots = shots;
            return this;
        }

        /** Examples in {@code --suite gemma}, which the task then belongs to. */
        public Builder suiteShots(int shots) {
            suiteShots = OptionalInt.of(shots);
            return this;
        }

        /** Stands before everything else. */
        public Builder description(String text) {
            return description((DataFolder _) -> text);
        }

        /** Stands before everything else, and is part of the data. */
        public Builder description(Function<DataFolder, String> text) {
            return describedBy(folder -> {
                String all = text.apply(folder);
                return _ -> all;
            });
        }

        /** Stands before everything else, and is part of the data and of the row that is asked. */
        public Builder describedBy(Function<DataFolder, Function<Doc, String>> text) {
            description = text;
            return this;
        }

        /** Stands after each example; a blank line if not said. */
        public Builder exampleDelimiter(String text) {
            exampleDelimiter = text;
            return this;
        }

        /** Stands between prompt and answer; a space if not said. */
        public Builder targetDelimiter(String text) {
            targetDelimiter = text;
            return this;
        }

        /** The task. */
        public Task build() {
            return new Task(
                    name,
                    version,
                    documents,
                    pool,
                    order,
                    spare || pool.isEmpty(),
                    usualShots,
                    suiteShots,
                    description,
                    exampleDelimiter,
                    targetDelimiter,
                    prompt,
                    shown,
                    form);
        }
    }
}
