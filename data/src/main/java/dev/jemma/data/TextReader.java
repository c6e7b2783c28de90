package dev.jemma.data;

import java.util.Optional;
import tools.jackson.databind.node.StringNode;

/**
 * Documents of a text file, all kinds of line ends as U+000A, as tokenizers are trained. A document of more than some million characters comes in several parts, cut between lines, so
 * that a file of any size can be read.
 */
final class TextReader implements RowReader {
    /** Characters from which on a document is cut at the next line break. */
    static final int PART_CHARS = 4 << 20;

    private final LineReader lines;
    private final String file;
    private final TextSplit split;

    TextReader(LineReader lines, String file, TextSplit split) {
        this.lines = lines;
        this.file = file;
        this.split = split;
    }

    @Override
    public Optional<Row> next() {
        StringBuilder text = new StringBuilder();
        long first = 0;
        while (true) {
            Optional<String> line = lines.next();
            if (line.isEmpty()) {
                break;
            }
            if (ends(line.get())) {
                if (first > 0) {
                    break;
                }
                continue; // nothing to end yet
            }
            first = first == 0 ? lines.number() : first;
            text.append(line.get().replace('\r', '\n')).append('\n');
            if (text.length() >= PART_CHARS) {
                break;
            }
        }
        if (first == 0) {
            return Optional.empty();
        }
        if (!(split instanceof TextSplit.Whole)) {
            text.setLength(text.length() - 1); // the line break belongs to what divides the documents
        }
        return Optional.of(new Row(new Place(file, "line", first), StringNode.valueOf(text.toString())));
    }

    private boolean ends(String line) {
        return switch (split) {
            case TextSplit.Whole() -> false;
            case TextSplit.BlankLines() -> line.isBlank();
            case TextSplit.Separator(String separator) -> line.strip().equals(separator);
        };
    }

    @Override
    public void close() {
        lines.close();
    }
}
