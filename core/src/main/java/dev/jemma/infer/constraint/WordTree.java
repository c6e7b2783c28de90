package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Any of a list of texts; beginnings that they share are looked at once. */
final class WordTree {
    private WordTree() {}

    static int of(Expressions e, List<byte[]> texts) {
        List<byte[]> sorted = new ArrayList<>(texts);
        sorted.sort(Arrays::compareUnsigned);
        int any = Expressions.NOTHING;
        for (int from = 0; from < sorted.size(); ) {
            int to = from + 1;
            while (to < sorted.size() && sorted.get(to)[0] == sorted.get(from)[0]) {
                to++;
            }
            any = e.choice(any, below(e, sorted.subList(from, to), 0));
            from = to;
        }
        return any;
    }

    /** What follows the first {@code at} bytes, which all of these share; they ascend. */
    private static int below(Expressions e, List<byte[]> texts, int at) {
        byte[] first = texts.getFirst();
        int same = Arrays.mismatch(first, texts.getLast());
        int shared = same < 0 ? first.length : same;
        if (shared == first.length && texts.size() > 1) { // one ends where others go on: those by themselves
            int others = texts.size() - 1;
            while (others > 0 && Arrays.equals(texts.get(texts.size() - others), first)) {
                others--;
            }
            int rest =
                    others == 0 ? Expressions.NOTHING : each(e, texts.subList(texts.size() - others, texts.size()), at);
            return e.choice(e.literal(Arrays.copyOfRange(first, at, first.length)), rest);
        }
        if (texts.size() == 1) {
            return e.literal(Arrays.copyOfRange(first, at, first.length));
        }
        List<Integer> ways = new ArrayList<>();
        for (int from = 0; from < texts.size(); ) {
            int to = from + 1;
            while (to < texts.size() && texts.get(to)[shared] == texts.get(from)[shared]) {
                to++;
            }
            ways.add(below(e, texts.subList(from, to), shared));
            from = to;
        }
        int rest = e.choice(ways.stream().mapToInt(Integer::intValue).toArray());
        return e.sequence(e.literal(Arrays.copyOfRange(first, at, shared)), rest);
    }

    private static int each(Expressions e, List<byte[]> texts, int at) {
        return e.choice(texts.stream()
                .mapToInt(text -> e.literal(Arrays.copyOfRange(text, at, text.length)))
                .toArray());
    }
}
