package dev.jemma.cli;

import dev.jemma.tokenizer.training.TextSource;
import java.util.function.Consumer;

/**
 * A source that keeps some lines back, to measure on what was not trained on: the last of every so many lines, a few in
 * a row, until there is a million characters. Which lines does not depend on how the source cuts its texts.
 */
final class HeldOutLines implements TextSource {
    private static final int RUN = 4; // lines in a row, so that line breaks and indents are in the sample
    private static final int ENOUGH_CHARACTERS = 1 << 20;

    private final TextSource source;
    private final long period; // lines; 0: keep nothing back
    private final StringBuilder sample = new StringBuilder();
    private final StringBuilder beginning = new StringBuilder(); // of what is trained on
    private long lines;

    /** @param percent of the lines to keep back, 0 to 50 */
    HeldOutLines(TextSource source, double percent) {
        this.source = source;
        this.period = percent == 0 ? 0 : Math.round(100 * RUN / percent);
    }

    /** Whether any line was kept back; known once the source is read. */
    boolean isHeldOut() {
        return !sample.isEmpty();
    }

    /** What was kept back; the beginning of the text where nothing was. */
    String sample() {
        return (isHeldOut() ? sample : beginning).toString();
    }

    @Override
    public void forEach(Consumer<String> texts) {
        source.forEach(text -> {
            String kept = period == 0 ? text : kept(text);
            if (beginning.length() < ENOUGH_CHARACTERS) {
                beginning.append(kept);
            }
            texts.accept(kept);
        });
    }

    private String kept(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        for (int start = 0; start < text.length(); ) {
            int lineBreak = text.indexOf('\n', start);
            int end = lineBreak < 0 ? text.length() : lineBreak + 1;
            boolean back = lines % period >= period - RUN && sample.length() < ENOUGH_CHARACTERS;
            (back ? sample : kept).append(text, start, end);
            lines++;
            start = end;
        }
        return kept.toString();
    }
}
