package dev.jemma.infer;

import dev.jemma.infer.constraint.CallForm;
import dev.jemma.infer.constraint.CallStart;
import java.util.List;
import java.util.Optional;

/**
 * Watches streamed text for stop strings. Text that might be the beginning of one is held back until it is clear, so
 * nothing of a stop string is ever shown. In an answer that may call functions, a stop string is looked for in the text
 * ahead of calls only, and must end before their mark begins.
 */
final class StopStrings {
    private final List<String> stops;
    private final String mark; // of a call in the text; empty if there is none
    private final boolean onlyFirst;
    private final StringBuilder held = new StringBuilder();
    private boolean begun; // some text is out, so the mark cannot be the first any more
    private boolean calls;
    private boolean stopped;

    StopStrings(List<String> stops, Optional<CallStart> calls) {
        for (String stop : stops) {
            if (stop.isEmpty()) {
                throw new IllegalArgumentException("a stop string must not be empty");
            }
        }
        this.stops = List.copyOf(stops);
        mark = calls.filter(c -> c.form() == CallForm.TEXT).isPresent() ? CallForm.START : "";
        onlyFirst = calls.filter(CallStart::onlyFirst).isPresent();
    }

    /** Takes new text and gives what is certain not to belong to a stop string. */
    String push(String text) {
        if (stops.isEmpty() || stopped || calls) {
            return stopped ? "" : text;
        }
        held.append(text);
        return take(false);
    }

    /** A control token begins a call: what follows is no text. Gives the text that is still held back. */
    String calls() {
        String rest = finish();
        calls = !stopped;
        return rest;
    }

    /** The text still held back, once no more comes. */
    String finish() {
        return stopped ? "" : take(true);
    }

    private String take(boolean last) {
        int call = callAt();
        boolean whole = call < held.length() && call + mark.length() <= held.length();
        int text = last && !whole ? held.length() : call; // so many characters are text for certain
        int first = text;
        int keep = text; // from here on it is not clear yet
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && at + stop.length() <= text) {
                first = Math.min(first, at);
                stopped = true;
            }
            keep = Math.min(keep, at >= 0 ? at : held.length() - overlap(stop));
        }
        calls = whole && !stopped;
        int out = stopped ? first : calls || last ? held.length() : keep;
        String shown = held.substring(0, out);
        held.delete(0, stopped ? held.length() : out);
        begun |= out > 0;
        return shown;
    }

    /** Where the mark of a call is in the held text, or a beginning of it is at the end; else the length of the text. */
    private int callAt() {
        if (mark.isEmpty() || (onlyFirst && begun)) {
            return held.length();
        }
        int at = held.indexOf(mark);
        int first = at >= 0 ? at : held.length() - overlap(mark);
        return onlyFirst && first > 0 ? held.length() : first;
    }

    /** Length of the longest end of the held text that {@code text} begins with and goes on from. */
    private int overlap(String text) {
        for (int n = Math.min(text.length() - 1, held.length()); n > 0; n--) {
            if (text.startsWith(held.substring(held.length() - n))) {
                return n;
            }
        }
        return 0;
    }

    boolean stopped() {
        return stopped;
    }
}
