package dev.jemma.tokenizer.training;

import dev.jemma.tokenizer.training.WordCounter.Counts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Byte-pair encoding: again and again the most frequent pair of neighbouring symbols becomes a symbol of its own. All
 * different words lie end to end in one array of cells; each pair knows the cells where it stands, so a merge touches
 * only those. Counts of pairs are exact at any time. The queue sorts a pair by the count it had when it was put in,
 * which can only have fallen since: a pair that comes up with an old count goes back in with its present one.
 */
final class MergeLearner {
    private static final int BOUNDARY = -1; // between words, and where a character has no piece
    private static final int EMPTY = -2; // belongs to the symbol before it
    private static final int FORBIDDEN = -1; // instead of a pair's number: may not be a piece
    private static final int REPORT_EVERY = 64; // pieces

    private final PieceRules rules;
    private final List<String> symbols = new ArrayList<>(); // by number: the alphabet, then what was merged
    private final int[] cells;
    private final int[] wordOf; // by cell
    private final long[] counts; // by word
    private final PairIndex index = new PairIndex();
    private final List<SymbolPair> pairs = new ArrayList<>();
    private final List<SymbolPair> fresh = new ArrayList<>(); // made since the queue was last filled
    private final PriorityQueue<SymbolPair> queue = new PriorityQueue<>();

    MergeLearner(Counts counted, Alphabet alphabet, PieceRules rules) {
        this.rules = rules;
        for (int symbol = 0; symbol < alphabet.size(); symbol++) {
            symbols.add(alphabet.text(symbol));
        }
        WordTable words = counted.words();
        counts = new long[words.size()];
        int[] filled = new int[Math.addExact(words.characters(), words.size() + 1)];
        int[] owners = new int[filled.length];
        int at = 0;
        filled[at++] = BOUNDARY;
        for (int word = 0; word < words.size(); word++) {
            counts[word] = words.count(word);
            int end = words.end(word);
            for (int i = words.start(word); i < end; ) {
                int codePoint = Character.codePointAt(words.text(), i, end);
                i += Character.charCount(codePoint);
                owners[at] = word;
                filled[at++] = alphabet.symbol(codePoint) == Alphabet.NONE ? BOUNDARY : alphabet.symbol(codePoint);
            }
            filled[at++] = BOUNDARY;
        }
        cells = Arrays.copyOf(filled, at);
        wordOf = Arrays.copyOf(owners, at);
        for (int cell = 1; cell < at; cell++) {
            if (cells[cell - 1] >= 0 && cells[cell] >= 0) {
                found(cells[cell - 1], cells[cell], cell - 1);
            }
        }
        enqueueFresh();
    }

    /**
     * Learns up to {@code total} pieces; fewer if the text has no more pairs. Call once.
     *
     * @return the pieces in the order of their learning, the most frequent first
     */
    List<String> learn(int total, TrainingProgress progress) {
        List<String> pieces = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        while (pieces.size() < total) {
            SymbolPair best = queue.poll();
            if (best == null) {
                break;
            }
            if (!best.wasSortedRight()) {
                if (!best.isGone()) {
                    queue.add(best);
                }
                continue;
            }
            // "aa" + "a" and "a" + "aa" are one piece; SentencePiece merges only the first that comes up
            if (!seen.add(best.text)) {
                best.forgetPositions();
                continue;
            }
            pieces.add(best.text);
            merge(best);
            enqueueFresh();
            if (pieces.size() % REPORT_EVERY == 0) {
                progress.learned(pieces.size(), total);
                if (Thread.currentThread().isInterrupted()) {
                    throw CorpusCounter.interrupted();
                }
            }
        }
        progress.learned(pieces.size(), total);
        return pieces;
    }

    private void merge(SymbolPair best) {
        int merged = symbols.size();
        symbols.add(best.text);
        for (int i = 0; i < best.positionCount(); i++) {
            int left = best.position(i);
            int right = next(left);
            if (cells[left] != best.left || cells[right] != best.right) {
                continue; // changed since, or the first merge of "aaa" took its middle
            }
            long times = counts[wordOf[left]];
            int before = previous(left);
            int after = next(right);
            lost(cells[before], best.left, best, times);
            lost(best.right, cells[after], best, times);
            cells[left] = merged;
            cells[right] = EMPTY;
            if (cells[before] >= 0) {
                found(cells[before], merged, before);
            }
            if (cells[after] >= 0) {
                found(merged, cells[after], left);
            }
        }
        best.forgetPositions();
    }

    // A piece of n characters leaves n − 1 empty cells, so neither search goes far.
    private int next(int cell) {
        int at = cell + 1;
        while (cells[at] == EMPTY) {
            at++;
        }
        return at;
    }

    private int previous(int cell) {
        int at = cell - 1;
        while (cells[at] == EMPTY) {
            at--;
        }
        return at;
    }

    private void found(int left, int right, int cell) {
        int number = index.get(left, right);
        if (number == PairIndex.ABSENT) {
            String text = symbols.get(left).concat(symbols.get(right));
            if (!rules.allow(text)) {
                index.put(left, right, FORBIDDEN);
                return;
            }
            number = pairs.size();
            index.put(left, right, number);
            SymbolPair pair = new SymbolPair(left, right, text);
            pairs.add(pair);
            fresh.add(pair);
        }
        if (number != FORBIDDEN) {
            pairs.get(number).add(cell, counts[wordOf[cell]]);
        }
    }

    private void lost(int left, int right, SymbolPair best, long times) {
        if (left < 0 || right < 0) {
            return;
        }
        int number = index.get(left, right);
        if (number >= 0 && !pairs.get(number).equals(best)) {
            pairs.get(number).lose(times);
        }
    }

    private void enqueueFresh() {
        for (SymbolPair pair : fresh) {
            pair.wasSortedRight();
            if (!pair.isGone()) {
                queue.add(pair);
            }
        }
        fresh.clear();
    }
}
