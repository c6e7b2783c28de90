package dev.jemma.eval.contamination;

import java.text.Normalizer;
import java.util.function.Consumer;

/**
 * Cuts text into words as they are compared: runs of letters and digits in lower case, without punctuation; an ideograph
 * is a word of its own. Text may come in pieces, of any length, with or without breaks. One word in several spellings of
 * Unicode is one word: letters are decomposed and lose their accents, and what has no width (soft hyphens, joiners) does
 * not part a word.
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
        if (c < 0x80) {
            letter(c);
            return;
        }
        if (!isInvisible(c)) {
            String plain = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKD);
            plain.codePoints().filter(part -> !isMark(part)).forEach(this::letter);
        }
    }

    /** Accents, vowel signs and the like: they follow a letter and do not end its word. */
    private static boolean isMark(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }

    /** Soft hyphen, joiners, byte order mark; a space of no width parts words. */
    private static boolean isInvisible(int c) {
        return Character.getType(c) == Character.FORMAT && c != 0x200b;
    }

    private void letter(int c) {
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
