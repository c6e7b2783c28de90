package dev.jemma.infer;

import java.util.List;

/**
 * Watches streamed text for stop strings. Text that might be the beginning of one is held back until it is clear, so
 * nothing of a stop string is ever shown.
 */
final class StopStrings {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    StopStrings(List<String> stops) {
        for (String stop : stops) {
            if (stop.isEmpty()) {
                throw new IllegalArgumentException("a stop string must not be empty");
            }
        }
        this.stops = List.copyOf(stops);
    }

    StopStrings(StopStrings other) {
        stops = other.stops;
        held.append(other.held);
        stopped = other.stopped;
    }

    /** Takes new text and gives what is certain not to belong to a stop string. */
    String push(String text) {
        if (stops.isEmpty() || stopped) {
            return stopped ? "" : text;
        }
        held.append(text);
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        if (first >= 0) {
            stopped = true;
            String out = held.substring(0, first);
            held.setLength(0);
            return out;
        }
        int keep = 0;
        for (String stop : stops) {
            keep = Math.max(keep, overlap(stop));
        }
        String out = held.substring(0, held.length() - keep);
        held.delete(0, held.length() - keep);
        return out;
    }

    /** Length of the longest end of the held text that begins {@code stop}. */
    private int overlap(String stop) {
        for (int n = Math.min(stop.length() - 1, held.length()); n > 0; n--) {
            if (stop.startsWith(held.substring(held.length() - n))) {
                return n;
            }
        }
        return 0;
    }

    /** The text still held back, once no more comes. */
    String finish() {
        String rest = stopped ? "" : held.toString();
        held.setLength(0);
        return rest;
    }

    boolean stopped() {
        return stopped;
    }
}
