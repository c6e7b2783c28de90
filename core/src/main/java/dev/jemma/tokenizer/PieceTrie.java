package dev.jemma.tokenizer;

import java.util.Arrays;

/**
 * The pieces that are cut out of the text whole: at a place of the text, the longest of them that begins there. Text
 * and pieces have plain spaces for U+2581.
 */
final class PieceTrie {
    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final long[] keys; // parent node and character, plus one; 0 is empty
    private final int[] children;
    private final int[] pieces; // by node: id, or −1
    private int nodes = 1;

    // What the first one or two characters say at once, for ASCII: most places of a text are decided here.
    private final boolean[] alone = new boolean[128];
    private final boolean[] starts = new boolean[128];
    private final long[] second = new long[128 * 2];
    private final boolean[] secondElsewhere = new boolean[128];
    private boolean startsElsewhere;

    /**
     * @param totalLength characters of all pieces that will be added
     */
    PieceTrie(int totalLength) {
        keys = new long[totalLength + totalLength / 2 + 16];
        children = new int[keys.length];
        pieces = new int[totalLength + 1];
        Arrays.fill(pieces, -1);
    }

    void add(String piece, int id) {
        int node = 0;
        for (int i = 0; i < piece.length(); i++) {
            int slot = slot(node, piece.charAt(i));
            if (keys[slot] == 0) {
                keys[slot] = key(node, piece.charAt(i));
                children[slot] = nodes++;
            }
            node = children[slot];
        }
        pieces[node] = id;
        enterStart(piece);
    }

    private void enterStart(String piece) {
        char first = piece.charAt(0);
        if (first >= 128) {
            startsElsewhere = true;
            return;
        }
        starts[first] = true;
        if (piece.length() == 1) {
            alone[first] = true;
        } else if (piece.charAt(1) < 128) {
            second[first << 1 | piece.charAt(1) >> 6] |= 1L << piece.charAt(1);
        } else {
            secondElsewhere[first] = true;
        }
    }

    /** False if no piece begins with these two characters, the second being 0 at the end of the text. */
    boolean mayStart(char first, char next) {
        if (first >= 128) {
            return startsElsewhere;
        }
        if (!starts[first]) {
            return false;
        }
        return alone[first]
                || (next < 128 ? (second[first << 1 | next >> 6] >>> next & 1) != 0 : secondElsewhere[first]);
    }

    /** The longest piece that begins at {@code text[at]}: its length in the upper half, its id in the lower; or −1. */
    long longest(char[] text, int at, int end) {
        long found = -1;
        int node = 0;
        for (int i = at; i < end; i++) {
            int slot = slot(node, text[i]);
            if (keys[slot] == 0) {
                break;
            }
            node = children[slot];
            if (pieces[node] >= 0) {
                found = (long) (i + 1 - at) << 32 | pieces[node];
            }
        }
        return found;
    }

    private int slot(int node, char c) {
        long key = key(node, c);
        int i = (int) Math.unsignedMultiplyHigh(key * MIX, keys.length);
        while (keys[i] != 0 && keys[i] != key) {
            i = i + 1 == keys.length ? 0 : i + 1;
        }
        return i;
    }

    private static long key(int node, char c) {
        return ((long) node << 16 | c) + 1;
    }
}
