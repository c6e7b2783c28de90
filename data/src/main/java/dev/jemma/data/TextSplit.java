package dev.jemma.data;

/** Where the documents of a text file end. */
public sealed interface TextSplit {
    /** The whole file is one document. */
    record Whole() implements TextSplit {}

    /** Documents are divided by one blank line or more. */
    record BlankLines() implements TextSplit {}

    /**
     * Documents are divided by lines that hold this and nothing else but space.
     *
     * @param line such as {@code <|endoftext|>}
     */
    record Separator(String line) implements TextSplit {
        public Separator {
            line = line.strip();
            if (line.isEmpty() || line.lines().count() != 1) {
                throw new DataException("a separator of documents is one line that is not blank");
            }
        }
    }

    /** What {@code whole}, {@code blank} or a separator line mean on the command line and in mixtures. */
    static TextSplit of(String text) {
        return switch (text) {
            case "whole" -> new Whole();
            case "blank" -> new BlankLines();
            default -> new Separator(text);
        };
    }
}
