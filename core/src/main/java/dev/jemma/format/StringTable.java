package dev.jemma.format;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * An immutable list of strings held as one array of UTF-8 bytes, so that opening a file with a large vocabulary makes
 * two arrays and not half a million objects. {@code get} decodes anew each time.
 */
final class StringTable extends AbstractList<String> implements RandomAccess {
    private final byte[] utf8;
    private final int[] ends;

    /** String i lies between {@code ends[i − 1]} (0 for the first) and {@code ends[i]}. */
    StringTable(byte[] utf8, int[] ends) {
        this.utf8 = utf8;
        this.ends = ends;
    }

    @Override
    public String get(int index) {
        Objects.checkIndex(index, ends.length);
        int start = index == 0 ? 0 : ends[index - 1];
        return new String(utf8, start, ends[index] - start, StandardCharsets.UTF_8);
    }

    @Override
    public int size() {
        return ends.length;
    }
}
