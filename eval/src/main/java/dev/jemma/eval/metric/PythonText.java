package dev.jemma.eval.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What Python's methods of text do where Java's of the same name do something else: Python's white space holds no-break
 * spaces, the next-line character and four separators that Java's does not, and its capital letter is a title letter.
 */
public final class PythonText {
    private PythonText() {}

    /** Python's {@code str.isspace} of one character; no white space lies beyond the first 65,536. */
    public static boolean isSpace(char c) {
        return (c >= '\t' && c <= '\r')
                || (c >= 0x1c && c <= ' ')
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** Python's {@code str.strip}. */
    public static String strip(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        int start = 0;
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start, end);
    }

    /** The pieces between runs of white space, empty ones at the ends too: Python's {@code re.split(r"\\s+", text)}. */
    public static List<String> split(String text) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            if (!isSpace(text.charAt(at))) {
                continue;
            }
            pieces.add(text.substring(from, at));
            while (at + 1 < text.length() && isSpace(text.charAt(at + 1))) {
                at++;
            }
            from = at + 1;
        }
        pieces.add(text.substring(from));
        return pieces;
    }

    /** Python's {@code str.capitalize}. */
    public static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        int rest = Character.charCount(first);
        int title = Character.toTitleCase(first);
        String upper = text.substring(0, rest).toUpperCase(Locale.ROOT);
        String head = upper.codePointCount(0, upper.length()) > 1
                ? PythonText.titled(upper) // such as ß, which has no capital of one letter
                : Character.toString(title);
        return head + text.substring(rest).toLowerCase(Locale.ROOT);
    }

    private static String titled(String upper) {
        int first = upper.offsetByCodePoints(0, 1);
        return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
    }
}
