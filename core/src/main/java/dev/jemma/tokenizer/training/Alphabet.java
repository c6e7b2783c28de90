package dev.jemma.tokenizer.training;

import dev.jemma.tokenizer.training.WordCounter.Counts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The characters that get a piece of their own: the most frequent that together cover the wanted share of the text, and
 * the required ones. Falling by count, equal counts by code point: the order of their pieces.
 */
final class Alphabet {
    /** No symbol: the character has no piece. */
    static final int NONE = -1;

    /** A character with its occurrences. */
    private record Letter(int codePoint, boolean required, long count) {}

    private static final int CUT = Integer.MAX_VALUE; // stands where a fixed piece was; covered, and gets no piece
    private static final int TABLE = 1 << 16;

    private final int[] codePoints; // by symbol
    private final int[] lowSymbols = new int[TABLE]; // by code point
    private final Map<Integer, Integer> highSymbols = new HashMap<>();

    private Alphabet(List<Letter> letters) {
        codePoints = letters.stream().mapToInt(Letter::codePoint).toArray();
        Arrays.fill(lowSymbols, NONE);
        for (int symbol = 0; symbol < codePoints.length; symbol++) {
            if (codePoints[symbol] < TABLE) {
                lowSymbols[codePoints[symbol]] = symbol;
            } else {
                highSymbols.put(codePoints[symbol], symbol);
            }
        }
    }

    static Alphabet of(Counts counts, TrainerSettings settings) {
        Map<Integer, Long> occurrences = occurrences(counts.words());
        Set<Integer> required = new HashSet<>();
        settings.requiredCharacters().replace(' ', '\u2581').codePoints().forEach(required::add);
        long all = counts.cuts();
        for (long count : occurrences.values()) {
            all += count;
        }
        required.forEach(codePoint -> occurrences.putIfAbsent(codePoint, 0L));
        Set<String> fixed = new HashSet<>(settings.layout().texts());
        List<Letter> letters = new ArrayList<>();
        occurrences.forEach(
                (codePoint, count) -> letters.add(new Letter(codePoint, required.contains(codePoint), count)));
        if (counts.cuts() > 0) {
            letters.add(new Letter(CUT, false, counts.cuts()));
        }
        letters.sort((a, b) -> a.required() != b.required()
                ? Boolean.compare(b.required(), a.required())
                : a.count() != b.count()
                        ? Long.compare(b.count(), a.count())
                        : Integer.compare(a.codePoint(), b.codePoint()));
        List<Letter> kept = new ArrayList<>();
        long covered = 0;
        for (Letter letter : letters) {
            // in float32, as SentencePiece has it: the last character in or out hangs on the rounding
            boolean enough = all > 0 && (float) ((double) covered / all) >= (float) settings.characterCoverage();
            if (enough && !letter.required()) {
                break;
            }
            covered += letter.count();
            if (letter.codePoint() != CUT && !fixed.contains(Character.toString(letter.codePoint()))) {
                kept.add(letter);
            }
        }
        kept.sort((a, b) -> a.count() != b.count()
                ? Long.compare(b.count(), a.count())
                : Integer.compare(a.codePoint(), b.codePoint()));
        return new Alphabet(kept);
    }

    private static Map<Integer, Long> occurrences(WordTable words) {
        long[] low = new long[TABLE];
        Map<Integer, Long> occurrences = new HashMap<>();
        char[] text = words.text();
        for (int word = 0; word < words.size(); word++) {
            for (int at = words.start(word); at < words.end(word); ) {
                int codePoint = Character.codePointAt(text, at, words.end(word));
                at += Character.charCount(codePoint);
                if (codePoint >= TABLE) {
                    occurrences.merge(codePoint, words.count(word), Long::sum);
                } else if (codePoint != 0 && !Character.isSurrogate((char) codePoint)) {
                    low[codePoint] += words.count(word);
                }
            }
        }
        for (int codePoint = 0; codePoint < TABLE; codePoint++) {
            if (low[codePoint] > 0) {
                occurrences.put(codePoint, low[codePoint]);
            }
        }
        return occurrences;
    }

    int size() {
        return codePoints.length;
    }

    /** The text of a symbol. */
    String text(int symbol) {
        return Character.toString(codePoints[symbol]);
    }

    /** The symbol of a character, or {@link #NONE}. */
    int symbol(int codePoint) {
        return codePoint < TABLE ? lowSymbols[codePoint] : highSymbols.getOrDefault(codePoint, NONE);
    }
}
