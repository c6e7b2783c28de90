package dev.jemma.data;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What becomes of the records of training data.
 *
 * @param schema what records look like; empty: found from the first record of each file
 * @param textField the field that holds running text; empty: {@code text}. A value makes the schema {@link Schema#TEXT}
 * @param split where documents of text files end
 * @param endOfText whether running text ends with {@code <eos>}
 * @param maxLength most tokens of an example; empty: any number
 * @param dropLong whether a chat that is too long is dropped, not cut at its end
 * @param dropBad whether records that cannot be used, or have nothing to be trained on, are dropped and counted; otherwise
 *     they are an error
 * @param dropMatching a regular expression; an example with a match in its text is dropped
 * @param dedupe whether exact duplicates are dropped
 * @param heldOut part of the examples that is kept apart for evaluation, from 0 to below 1. Which ones depends on their
 *     content alone
 */
public record DataOptions(
        Optional<Schema> schema,
        Optional<String> textField,
        TextSplit split,
        boolean endOfText,
        OptionalInt maxLength,
        boolean dropLong,
        boolean dropBad,
        Optional<String> dropMatching,
        boolean dedupe,
        double heldOut) {
    private static final int SHORTEST_MAX_LENGTH = 8;

    /** Schemas found, files whole, nothing cut, dropped or held out. */
    public static final DataOptions DEFAULTS = builder().build();

    public DataOptions {
        if (textField.isPresent() && schema.isPresent() && schema.get() != Schema.TEXT) {
            throw new DataException("a text field goes with the schema text, not "
                    + schema.get().label());
        }
        if (maxLength.isPresent() && maxLength.getAsInt() < SHORTEST_MAX_LENGTH) {
            throw new DataException("the most tokens of an example are at least " + SHORTEST_MAX_LENGTH + ", not "
                    + maxLength.getAsInt());
        }
        if (!(heldOut >= 0 && heldOut < 1)) {
            throw new DataException("the part that is held out is from 0 to below 1, such as 0.05; not " + heldOut);
        }
        dropMatching.ifPresent(DataOptions::pattern);
    }

    private static Pattern pattern(String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new DataException("\"" + expression + "\" is no regular expression: " + e.getDescription(), e);
        }
    }

    /** {@link #dropMatching}, compiled. */
    Optional<Pattern> dropPattern() {
        return dropMatching.map(DataOptions::pattern);
    }

    /** Everything that changes what examples come out, as text. */
    String key() {
        return toString();
    }

    /** Begins with these. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.schema = schema;
        builder.textField = textField;
        builder.split = split;
        builder.endOfText = endOfText;
        builder.maxLength = maxLength;
        builder.dropLong = dropLong;
        builder.dropBad = dropBad;
        builder.dropMatching = dropMatching;
        builder.dedupe = dedupe;
        builder.heldOut = heldOut;
        return builder;
    }

    /** Begins with {@link #DEFAULTS}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Sets one option after another. */
    public static final class Builder {
        private Optional<Schema> schema = Optional.empty();
        private Optional<String> textField = Optional.empty();
        private TextSplit split = new TextSplit.Whole();
        private boolean endOfText = true;
        private OptionalInt maxLength = OptionalInt.empty();
        private boolean dropLong;
        private boolean dropBad;
        private Optional<String> dropMatching = Optional.empty();
        private boolean dedupe;
        private double heldOut;

        private Builder() {}

        public Builder schema(Schema value) {
            schema = Optional.of(value);
            return this;
        }

        public Builder textField(String value) {
            textField = Optional.of(value);
            return this;
        }

        public Builder split(TextSplit value) {
            split = value;
            return this;
        }

        public Builder endOfText(boolean value) {
            endOfText = value;
            return this;
        }

        public Builder maxLength(int value) {
            maxLength = OptionalInt.of(value);
            return this;
        }

        public Builder dropLong(boolean value) {
            dropLong = value;
            return this;
        }

        public Builder dropBad(boolean value) {
            dropBad = value;
            return this;
        }

        public Builder dropMatching(String value) {
            dropMatching = Optional.of(value);
            return this;
        }

        public Builder dedupe(boolean value) {
            dedupe = value;
            return this;
        }

        public Builder heldOut(double value) {
            heldOut = value;
            return this;
        }

        /** @throws DataException if options contradict each other */
        public DataOptions build() {
            return new DataOptions(
                    schema, textField, split, endOfText, maxLength, dropLong, dropBad, dropMatching, dedupe, heldOut);
        }
    }
}
