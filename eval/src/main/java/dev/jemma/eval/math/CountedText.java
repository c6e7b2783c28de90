package dev.jemma.eval.math;

import dev.jemma.JemmaException;

/** A text that can be looked at only so often: what a pattern with much to go back to would take for ever ends here. */
final class CountedText implements CharSequence {
    /** Too many looks. */
    static final class Exhausted extends JemmaException {
        private static final long serialVersionUID = 1L;

        Exhausted() {
            super("a text takes too long to read");
        }
    }

    private static final long LOOKS = 40_000_000;

    private final String text;
    private long left = LOOKS;

    CountedText(String text) {
        this.text = text;
    }

    /** Counts work that is not a look at a character. */
    void spend(long looks) {
        left -= looks;
        if (left < 0) {
            throw new Exhausted();
        }
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public char charAt(int index) {
        spend(1);
        return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return text.substring(start, end);
    }

    @Override
    public String toString() {
        return text;
    }
}
