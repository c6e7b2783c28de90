package dev.jemma.tokenizer;

/**
 * Text to ids, one call's worth of state. Walks the text once: cuts out the pieces that are matched whole, cuts the
 * rest where no piece can reach across, and merges what lies between the cuts.
 */
final class Encoder {
    private final Tokenizer tokenizer;
    private final PieceTrie whole;
    private final JoinFilter joins;
    private final WordCache cache;
    private final MergeTable table;
    private final Merger merger;
    private final IdList ids;
    private final char[] text;

    Encoder(Tokenizer tokenizer, PieceTrie whole, MergeTable table, WordCache cache, String text) {
        this.tokenizer = tokenizer;
        this.whole = whole;
        this.joins = table.joins();
        this.cache = cache;
        this.table = table;
        this.merger = new Merger(table);
        this.ids = new IdList(text.length() / 4 + 8);
        this.text = text.toCharArray();
        normalize();
    }

    // Both ways to write a space become the plain one; half a surrogate pair becomes U+FFFD.
    private void normalize() {
        for (int i = 0; i < text.length; i++) {
            char c = text[i];
            if (c < Vocabulary.SPACE_SYMBOL) {
                continue;
            }
            if (c == Vocabulary.SPACE_SYMBOL) {
                text[i] = ' ';
            } else if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < text.length && Character.isLowSurrogate(text[i + 1])) {
                    i++;
                } else {
                    text[i] = '\uFFFD';
                }
            }
        }
    }

    int[] encode() {
        int at = 0;
        while (at < text.length) {
            if (mayStartWhole(at)) {
                long found = whole.longest(text, at, text.length);
                if (found >= 0) {
                    ids.add((int) found);
                    at += (int) (found >>> 32);
                    continue;
                }
            }
            at = segment(at);
        }
        return ids.from(0);
    }

    // Encodes from one cut to the next; returns where that is.
    private int segment(int from) {
        char previous = text[from];
        long hash = WordCache.extend(0, previous);
        int at = from + 1;
        while (at < text.length) {
            char c = text[at];
            if (!joins.mayJoin(previous, c) && !Character.isLowSurrogate(c)) {
                break;
            }
            if (mayStartWhole(at) && whole.longest(text, at, text.length) >= 0) {
                break;
            }
            hash = WordCache.extend(hash, c);
            previous = c;
            at++;
        }
        if (at - from == 1) {
            add(table.symbol(previous));
        } else if (at - from <= WordCache.MAX_LENGTH) {
            word(hash, from, at);
        } else {
            new LongSegment(table, merger, text, from, at).encode(this::add);
        }
        return at;
    }

    private void word(long hash, int from, int to) {
        int[] known = cache.find(hash, text, from, to);
        if (known != null) {
            ids.addAll(known);
            return;
        }
        int start = ids.size();
        int n = merger.merge(text, from, to);
        for (int i = 0; i < n; i++) {
            add(merger.symbols()[i]);
        }
        cache.put(hash, text, from, to, ids.from(start));
    }

    private boolean mayStartWhole(int at) {
        return whole.mayStart(text[at], at + 1 < text.length ? text[at + 1] : 0);
    }

    private void add(int symbol) {
        if (table.isPiece(symbol)) {
            ids.add(symbol);
        } else {
            tokenizer.addBytes(table.codePoint(symbol), ids);
        }
    }
}
