package dev.jemma.cli;

/**
 * Text that a model wrote, on its way to a terminal: control characters other than line breaks and tabs are shown as
 * U+FFFD, so that no answer can move the cursor, change the title or fake our own messages. Files and pipes get the text
 * as it is.
 */
final class ModelText {
    private static final char REPLACEMENT = '\uFFFD';

    private ModelText() {}

    /** What to print of {@code text} on this console. */
    static String shown(Console console, String text) {
        return console.terminals().out() ? harmless(text) : text;
    }

    static String harmless(String text) {
        StringBuilder shown = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0)) {
                shown.setCharAt(i, REPLACEMENT);
            }
        }
        return shown.toString();
    }
}
