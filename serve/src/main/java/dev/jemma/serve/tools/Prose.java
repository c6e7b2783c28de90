package dev.jemma.serve.tools;

/** The text ahead of calls; white space at its end waits for what follows. */
final class Prose {
    private final StringBuilder held = new StringBuilder();
    private boolean over;

    /** More text. */
    void add(String text, CallSink sink) {
        if (over) {
            return; // between calls there is only white space
        }
        held.append(text);
        int end = held.length();
        while (end > 0 && Character.isWhitespace(held.charAt(end - 1))) {
            end--;
        }
        if (end > 0) {
            sink.text(held.substring(0, end));
            held.delete(0, end);
        }
    }

    /** A call follows: what is held was the white space ahead of it. */
    void call() {
        over = true;
        held.setLength(0);
    }

    /** Nothing follows. */
    void end(CallSink sink) {
        if (!over && !held.isEmpty()) {
            sink.text(held.toString());
        }
        call();
    }
}
