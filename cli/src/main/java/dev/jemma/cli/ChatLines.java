package dev.jemma.cli;

/**
 * Entries of several lines: a line that ends in a backslash goes on in the next one, and three quotes open a text that
 * goes on until three quotes end a line.
 */
final class ChatLines {
    private static final String QUOTES = "\"\"\"";

    private ChatLines() {}

    /** Whether nothing more has to follow. */
    static boolean isComplete(String lines) {
        String text = lines.strip();
        if (text.startsWith(QUOTES)) {
            return text.length() >= 2 * QUOTES.length() && text.endsWith(QUOTES);
        }
        return !lines.endsWith("\\");
    }

    /** The entry that complete lines mean, without quotes and backslashes of ours. */
    static String join(String lines) {
        String text = lines.strip();
        if (text.startsWith(QUOTES) && isComplete(lines)) {
            // the space keeps a slash inside from being a command
            return " "
                    + text.substring(QUOTES.length(), text.length() - QUOTES.length())
                            .strip();
        }
        return lines.replace("\\\n", "\n");
    }
}
