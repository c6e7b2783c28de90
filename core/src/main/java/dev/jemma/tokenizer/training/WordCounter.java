package dev.jemma.tokenizer.training;

import dev.jemma.tokenizer.Vocabulary;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Cuts texts into the words that merging may not cross, and counts them. As in SentencePiece a line is a unit: its end
 * is dropped; fixed pieces are cut out, and count as one character each; a word begins at a run of spaces. A line that
 * holds U+2585, SentencePiece's mark for what has no piece, is left out as a whole.
 */
final class WordCounter {
    /** SentencePiece's mark for characters without a piece. */
    static final char RESERVED = '\u2585';

    private final Map<Character, List<String>> fixed = new HashMap<>(); // by first character, longest first
    private final BitSet firstOfFixed = new BitSet();

    WordCounter(PieceLayout layout) {
        for (String piece : layout.texts()) {
            char first = piece.charAt(0);
            firstOfFixed.set(first);
            fixed.merge(first, List.of(piece), WordCounter::joined);
        }
        fixed.replaceAll((_, pieces) -> pieces.stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList());
    }

    private static List<String> joined(List<String> some, List<String> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    /**
     * What some text holds.
     *
     * @param words with their counts; spaces are U+2581
     * @param cuts fixed pieces that were cut out
     * @param lines that were counted
     * @param skippedLines that hold U+2585
     * @param characters of the text, in UTF-16 units
     */
    record Counts(WordTable words, long cuts, long lines, long skippedLines, long characters) {
        static Counts empty() {
            return new Counts(new WordTable(), 0, 0, 0, 0);
        }

        /** These with others added, and never more distinct words than fit. Changes {@link #words}. */
        Counts plus(Counts more, int maxWordCharacters) {
            words.addAll(more.words);
            return new Counts(
                    // half, so that the price of pruning is paid now and then only
                    words.characters() > maxWordCharacters ? words.pruned(maxWordCharacters / 2) : words,
                    cuts + more.cuts,
                    lines + more.lines,
                    skippedLines + more.skippedLines,
                    characters + more.characters);
        }
    }

    /** Counts the lines of texts. */
    Counts count(List<String> texts) {
        Run run = new Run();
        long characters = 0;
        for (String text : texts) {
            run.text(text);
            characters += text.length();
        }
        return new Counts(run.words, run.cuts, run.lines, run.skippedLines, characters);
    }

    private final class Run {
        private final WordTable words = new WordTable();
        private long cuts;
        private long lines;
        private long skippedLines;

        void text(String text) {
            char[] escaped = text.replace(' ', Vocabulary.SPACE_SYMBOL).toCharArray();
            for (int start = 0; start < escaped.length; ) {
                int end = start;
                boolean reserved = false;
                while (end < escaped.length && escaped[end] != '\n') {
                    reserved |= escaped[end++] == RESERVED;
                }
                if (reserved) {
                    skippedLines++;
                } else if (end > start) {
                    lines++;
                    line(escaped, start, end);
                }
                start = end + 1;
            }
        }

        private void line(char[] text, int from, int to) {
            int start = from;
            for (int at = from; at < to; ) {
                int length = firstOfFixed.get(text[at]) ? fixedAt(text, at, to) : 0;
                if (length > 0) {
                    word(text, start, at);
                    cuts++;
                    at += length;
                    start = at;
                    continue;
                }
                if (text[at] == Vocabulary.SPACE_SYMBOL && at > start && text[at - 1] != Vocabulary.SPACE_SYMBOL) {
                    word(text, start, at);
                    start = at;
                }
                at++;
            }
            word(text, start, to);
        }

        private void word(char[] text, int start, int end) {
            if (end > start) {
                words.add(text, start, end, 1);
            }
        }

        // Characters of the longest fixed piece that stands here, or 0.
        private int fixedAt(char[] text, int at, int to) {
            for (String piece : fixed.getOrDefault(text[at], List.of())) {
                if (piece.length() <= to - at && matches(piece, text, at)) {
                    return piece.length();
                }
            }
            return 0;
        }

        private static boolean matches(String piece, char[] text, int at) {
            for (int i = 1; i < piece.length(); i++) {
                if (text[at + i] != piece.charAt(i)) {
                    return false;
                }
            }
            return true;
        }
    }
}
