package dev.jemma.eval.contamination;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Looks through one document, which may come in pieces of any length: only the last words are kept, and of what was found
 * one entry for each item.
 */
final class DocumentScan {
    /** Words shown of a match. */
    private static final int MAX_SHOWN = 60;

    private final BenchmarkIndex index;
    private final int[] lengths;
    private final int longest;
    private final int[] window;
    private final Words words = new Words(this::word);
    private final Map<Integer, Match> matches = new LinkedHashMap<>();
    private int filled;
    private int known;

    DocumentScan(BenchmarkIndex index) {
        this.index = index;
        this.lengths = index.lengths();
        this.longest = lengths.length == 0 ? 1 : lengths[lengths.length - 1];
        this.window = new int[64 * longest];
    }

    /** The longest stretch of an item that was found, and how many runs. */
    static final class Match {
        private int start;
        private int length;
        private int lastPlace;
        private int currentStart;
        private int runs;

        private void add(int place, int run) {
            if (runs == 0 || place != lastPlace + 1) {
                currentStart = place;
            }
            lastPlace = place;
            int reach = place + run - currentStart;
            if (reach > length) {
                start = currentStart;
                length = reach;
            }
            runs++;
        }

        /** Runs of n words found. */
        int runs() {
            return runs;
        }
    }

    void add(CharSequence text) {
        words.add(text);
    }

    /** A field of a record, or the document, ends here; no run goes over it. */
    void end() {
        words.end();
        known = 0;
    }

    private void word(String word) {
        int id = index.id(word);
        if (id < 0) {
            known = 0;
            return;
        }
        if (filled == window.length) {
            System.arraycopy(window, filled - longest, window, 0, longest);
            filled = longest;
        }
        window[filled++] = id;
        known = Math.min(known + 1, longest);
        for (int length : lengths) {
            if (length > known) {
                break;
            }
            for (int place = index.find(window, filled - length, length); place >= 0; place = index.next(place)) {
                matches.computeIfAbsent(index.item(place), _ -> new Match()).add(place, length);
            }
        }
    }

    /** By item, in the order in which they were found. */
    Map<Integer, Match> matches() {
        return matches;
    }

    /** The words of the longest stretch. */
    String words(Match match) {
        String text = index.words(match.start, Math.min(match.length, MAX_SHOWN));
        return match.length > MAX_SHOWN ? text + " …" : text;
    }
}
