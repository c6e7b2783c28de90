package dev.jemma.eval.math;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/** What stands in the boxes of a text, found from its end: in all of them, or in the last and those that belong to it. */
final class BoxedParts {
    private static final int NEAR = 10;
    private static final int APART = 70;
    private static final Pattern SEPARATOR = Pattern.compile("\\b(and|or)\\b|,|;", Pattern.UNICODE_CHARACTER_CLASS);

    private BoxedParts() {}

    /** The contents, with commas between; the text itself if it has no box. */
    static String of(String text, boolean all) {
        Deque<String> found = new ArrayDeque<>();
        int before = text.length();
        int next = -1;
        while (true) {
            int box = start(text, before);
            if (box < 0) {
                break;
            }
            int at = box + (text.startsWith("\\boxed", box) ? 6 : 5);
            while (at < before && dev.jemma.eval.metric.PythonText.isSpace(text.charAt(at))) {
                at++;
            }
            if (at >= before) {
                break;
            }
            int end = text.charAt(at) == '{' ? closing(text, at, before) : -1;
            if (end < 0) { // no braces, or they do not close: all the rest, if nothing better was found
                if (found.isEmpty()) {
                    found.addFirst(text.substring(at));
                }
                break;
            }
            String content = dev.jemma.eval.metric.PythonText.strip(text.substring(at + 1, end));
            if (!all && next >= 0 && !belongs(text.substring(end + 1, next), content, found.getFirst())) {
                break;
            }
            if (!content.equals(found.peekFirst())) {
                found.addFirst(content);
            }
            next = box;
            before = box;
        }
        return found.isEmpty() ? text : String.join(",", List.copyOf(found));
    }

    private static int start(String text, int before) {
        for (int i = Math.min(before, text.length()) - 1; i >= 0; i--) {
            if (text.charAt(i) == '\\'
                    && ((i + 6 <= before && text.startsWith("\\boxed", i))
                            || (i + 5 <= before && text.startsWith("\\fbox", i)))) {
                return i;
            }
        }
        return -1;
    }

    private static int closing(String text, int open, int before) {
        int depth = 0;
        for (int i = open; i < before; i++) {
            char c = text.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return -1;
    }

    private static boolean belongs(String between, String content, String following) {
        return between.codePointCount(0, between.length()) < NEAR
                || (!content.equals(following)
                        && between.codePointCount(0, between.length()) < APART
                        && SEPARATOR.matcher(between).find());
    }
}
