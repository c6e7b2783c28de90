package dev.jemma.eval.contamination;

import java.util.function.Consumer;

/**
 * Cuts text into words as they are compared: runs of letters and digits in lower case, without punctuation; an ideograph
 * is a word of its own. Text may come in pieces, of any length, with or without breaks.
 */
final class Words {
    /** Longer runs are cut off here: no text makes memory grow. */
    static final int MAX_CHARS = 64;

    private final Consumer<String> sink;
    private final StringBuilder word = new StringBuilder();
    private char high;

    Words(Consumer<String> sink) {
        this.sink = sink;
    }

    /** More text; a word may go on in the next piece. */
    void add(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c)) {
                high = c;
                continue;
            }
            boolean pair = Character.isLowSurrogate(c) && high != 0;
            add(pair ? Character.toCodePoint(high, c) : c);
            high = 0;
        }
    }

    private void add(int c) {
        if (!Character.isLetterOrDigit(c)) {
            end();
        } else if (Character.isIdeographic(c)) {
            end();
            sink.accept(Character.toString(c));
        } else if (word.length() < MAX_CHARS) {
            word.appendCodePoint(Character.toLowerCase(c));
        }
    }

    /** Here a word ends, if one has begun. */
    void end() {
        if (!word.isEmpty()) {
            sink.accept(word.toString());
            word.setLength(0);
        }
    }
}
