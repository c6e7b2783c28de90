package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.format.FormatException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All merges of a vocabulary: which two neighbouring symbols make a piece, and which merge comes first. A symbol is a
 * normal piece, or a character that occurs in normal pieces without being one (numbered from {@code size} on), or a
 * character unknown to the vocabulary (the complement of its code point, hence negative). SentencePiece merges any
 * two symbols whose texts joined are a piece, so the table holds every split of every piece into two symbols. That takes
 * longer to make than a prompt takes to encode: until much text has come, the joined texts themselves are looked up.
 */
final class MergeTable {
    /** No merge: greater than every merge. */
    static final long NONE = Long.MAX_VALUE;

    private static final int ID_BITS = 20;
    private static final int ID_MASK = (1 << ID_BITS) - 1;
    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final long EMPTY = -1;
    private static final int BMP = 1 << 16;
    /** Merges asked for before the table is worth its while: some 100,000 characters of text. */
    private static final int QUESTIONS_WITHOUT_TABLE = 1 << 18;

    private final Vocabulary vocabulary;
    private final int[] normal; // ids of the pieces that merging can reach, by falling score
    private final int size;
    private final int[] order; // by id: place in falling score, equal scores share a place
    private final byte[] charLength; // by id: UTF-16 units of normal pieces
    private volatile long @Nullable [] table; // left symbol, right symbol, merged id: 20 bits each
    private int questions; // about: threads may overwrite each other
    private final int[] bmpSymbols; // by character
    private final Map<Integer, Integer> otherSymbols = new HashMap<>(); // by code point above U+FFFF
    private final JoinFilter joins = new JoinFilter();
    private int[] lonely = new int[16]; // code points of the symbols from size on
    private int lonelyCount;

    MergeTable(Vocabulary vocabulary, SpecialTokens special) {
        this.vocabulary = vocabulary;
        size = vocabulary.size();
        order = new int[size];
        charLength = new byte[size];
        bmpSymbols = new int[BMP];
        for (int c = 0; c < BMP; c++) {
            bmpSymbols[c] = ~c;
        }
        normal = normalPieces(vocabulary, special);
        for (int id : normal) {
            enterCharacters(vocabulary, id);
        }
        for (int id : normal) {
            enterLonelyCharacters(vocabulary, id);
        }
    }

    /** The merge of two symbols: its order in the upper bits, the piece it makes in the lower; or {@link #NONE}. */
    long find(int left, int right) {
        if ((left | right) < 0) {
            return NONE;
        }
        long[] entries = table;
        if (entries == null) {
            return questions++ < QUESTIONS_WITHOUT_TABLE ? search(left, right) : find(makeTable(), left, right);
        }
        return find(entries, left, right);
    }

    private long find(long[] entries, int left, int right) {
        long key = (long) left << ID_BITS | right;
        int i = slot(key, entries.length);
        for (long entry; (entry = entries[i]) != EMPTY; i = i + 1 == entries.length ? 0 : i + 1) {
            if (entry >>> ID_BITS == key) {
                return merge((int) entry & ID_MASK);
            }
        }
        return NONE;
    }

    private long merge(int id) {
        return (long) order[id] << ID_BITS | id;
    }

    /** The same without the table: the piece whose text is that of the two symbols. */
    private long search(int left, int right) {
        byte[] first = text(left);
        byte[] second = text(right);
        if (first.length + second.length > PieceIndex.MAX_PIECE_BYTES) {
            return NONE;
        }
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        int id = vocabulary.index().find(joined, 0, joined.length, PieceIndex.hash(joined, 0, joined.length));
        return id >= 0 && charLength[id] != 0 ? merge(id) : NONE;
    }

    private byte[] text(int symbol) {
        return isPiece(symbol)
                ? Arrays.copyOfRange(vocabulary.text(), vocabulary.start(symbol), vocabulary.end(symbol))
                : Character.toString(codePoint(symbol)).getBytes(UTF_8);
    }

    /** Makes the table if it is not there yet. */
    synchronized long[] makeTable() {
        long[] entries = table;
        if (entries == null) {
            entries = tableOf(splits());
            table = entries;
        }
        return entries;
    }

    /** Which of two merges comes first: the lower; equal for equal scores, where the leftmost wins. */
    static int order(long merge) {
        return merge == NONE ? Integer.MAX_VALUE : (int) (merge >>> ID_BITS);
    }

    /** The piece that a merge makes. */
    static int merged(long merge) {
        return (int) merge & ID_MASK;
    }

    /** The symbol of one character. */
    int symbol(int codePoint) {
        return codePoint < BMP ? bmpSymbols[codePoint] : otherSymbols.getOrDefault(codePoint, ~codePoint);
    }

    /** Whether a symbol is a piece. */
    boolean isPiece(int symbol) {
        return symbol >= 0 && symbol < size;
    }

    /** The code point of a symbol that is no piece. */
    int codePoint(int symbol) {
        return symbol < 0 ? ~symbol : lonely[symbol - size];
    }

    /** UTF-16 units of a symbol. */
    int charLength(int symbol) {
        return isPiece(symbol) ? charLength[symbol] & 0xFF : Character.charCount(codePoint(symbol));
    }

    /** Which neighbouring characters occur within a piece. */
    JoinFilter joins() {
        return joins;
    }

    // Ids of the pieces that merging can reach; enters their order.
    private int[] normalPieces(Vocabulary vocabulary, SpecialTokens special) {
        long[] byScore = new long[size];
        int count = 0;
        for (int id = 0; id < size; id++) {
            if (vocabulary.type(id) == PieceType.NORMAL && !special.isSpecial(id)) {
                int bits = Float.floatToIntBits(vocabulary.score(id) + 0f); // + 0 makes -0 equal 0
                int rising = bits ^ (bits >> 31 & Integer.MAX_VALUE);
                byScore[count++] = (long) ~rising << 32 | id;
            }
        }
        Arrays.sort(byScore, 0, count);
        int[] ids = new int[count];
        int place = 0;
        for (int i = 0; i < count; i++) {
            if (i > 0 && byScore[i] >> 32 != byScore[i - 1] >> 32) {
                place = i;
            }
            ids[i] = (int) byScore[i];
            order[ids[i]] = place;
        }
        return ids;
    }

    // Walks the UTF-8 itself: decoding 256,000 strings would double the time to start.
    private void enterCharacters(Vocabulary vocabulary, int id) {
        byte[] text = vocabulary.text();
        int end = vocabulary.end(id);
        int units = 0;
        char previous = 0;
        for (int at = vocabulary.start(id); at < end; at += bytesOfCharacter(text[at])) {
            int codePoint = codePoint(text, at);
            char first = codePoint < BMP ? (char) codePoint : Character.highSurrogate(codePoint);
            if (units > 0) {
                joins.add(previous, first);
            }
            previous = first;
            units++;
            if (codePoint >= BMP) {
                previous = Character.lowSurrogate(codePoint);
                joins.add(first, previous);
                units++;
            }
        }
        charLength[id] = (byte) units;
        int first = codePoint(text, vocabulary.start(id));
        if (units == Character.charCount(first)) {
            setSymbol(first, id);
        }
    }

    private void enterLonelyCharacters(Vocabulary vocabulary, int id) {
        byte[] text = vocabulary.text();
        int end = vocabulary.end(id);
        for (int at = vocabulary.start(id); at < end; at += bytesOfCharacter(text[at])) {
            int codePoint = codePoint(text, at);
            if (symbol(codePoint) < 0) {
                if (size + lonelyCount > ID_MASK) {
                    throw new FormatException("the vocabulary has too many pieces and characters: not a Gemma one");
                }
                if (lonelyCount == lonely.length) {
                    lonely = Arrays.copyOf(lonely, 2 * lonelyCount);
                }
                lonely[lonelyCount] = codePoint;
                setSymbol(codePoint, size + lonelyCount++);
            }
        }
    }

    private void setSymbol(int codePoint, int symbol) {
        if (codePoint < BMP) {
            bmpSymbols[codePoint] = symbol;
        } else {
            otherSymbols.put(codePoint, symbol);
        }
    }

    private long[] splits() {
        byte[] text = vocabulary.text();
        long[] prefix = new long[PieceIndex.MAX_PIECE_BYTES + 1];
        long[] found = new long[1024];
        int count = 0;
        for (int id : normal) {
            int from = vocabulary.start(id);
            int to = vocabulary.end(id);
            for (int i = from; i < to; i++) {
                prefix[i - from + 1] = PieceIndex.extend(prefix[i - from], text[i]);
            }
            for (int at = from + 1; at < to; at++) {
                if ((text[at] & 0xC0) == 0x80) {
                    continue; // inside a character
                }
                int left = symbol(from, at, prefix[at - from]);
                if (left < 0) {
                    continue;
                }
                long rest = PieceIndex.suffix(prefix[to - from], prefix[at - from], to - at);
                int right = symbol(at, to, rest);
                if (right < 0) {
                    continue;
                }
                if (count == found.length) {
                    found = Arrays.copyOf(found, count + (count >> 1));
                }
                found[count++] = ((long) left << ID_BITS | right) << ID_BITS | id;
            }
        }
        return Arrays.copyOf(found, count);
    }

    // The symbol whose text is text[from, to), or −1.
    private int symbol(int from, int to, long hash) {
        byte[] text = vocabulary.text();
        if (to - from <= 4 && to - from == bytesOfCharacter(text[from])) {
            return Math.max(-1, symbol(codePoint(text, from)));
        }
        int id = vocabulary.index().find(text, from, to, hash);
        return id >= 0 && charLength[id] != 0 ? id : -1;
    }

    private static int bytesOfCharacter(byte first) {
        int b = first & 0xFF;
        return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    }

    private static int codePoint(byte[] utf8, int at) {
        int n = bytesOfCharacter(utf8[at]);
        if (n == 1) {
            return utf8[at];
        }
        int codePoint = utf8[at] & (0xFF >> (n + 1));
        for (int i = 1; i < n; i++) {
            codePoint = codePoint << 6 | (utf8[at + i] & 0x3F);
        }
        return codePoint;
    }

    private static long[] tableOf(long[] entries) {
        long[] slots = new long[entries.length + entries.length / 4 * 3 + 16];
        Arrays.fill(slots, EMPTY);
        for (long entry : entries) {
            int i = slot(entry >>> ID_BITS, slots.length);
            while (slots[i] != EMPTY) {
                i = i + 1 == slots.length ? 0 : i + 1;
            }
            slots[i] = entry;
        }
        return slots;
    }

    private static int slot(long key, int slots) {
        return (int) Math.unsignedMultiplyHigh(key * MIX, slots);
    }
}
