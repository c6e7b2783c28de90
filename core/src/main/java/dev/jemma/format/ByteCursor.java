package dev.jemma.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Reads a header from front to back through a small buffer, little-endian, and never past the end of the file. */
final class ByteCursor {
    private static final int BUFFER_BYTES = 256 << 10;

    private final FileBytes file;
    private final String what;
    private final ByteBuffer buffer;
    private long fileOffset; // of the byte after the buffer's last

    ByteCursor(FileBytes file, String what) {
        this.file = file;
        this.what = what;
        this.buffer = ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, Math.max(8, file.size())))
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(0);
    }

    /** Bytes read so far. */
    long position() {
        return fileOffset - buffer.remaining();
    }

    long size() {
        return file.size();
    }

    /** Bytes between here and the end of the file. */
    long remaining() {
        return file.size() - position();
    }

    FormatException error(String problem) {
        return new FormatException(file.path() + ": " + problem);
    }

    /** Refuses a count whose elements, of at least {@code bytesEach}, cannot all lie in what is left of the file. */
    void require(long count, int bytesEach, String things) {
        if (count < 0 || count > remaining() / bytesEach || count > Integer.MAX_VALUE / Math.max(4, bytesEach)) {
            throw error("the " + what + " promises " + Long.toUnsignedString(count) + " " + things + ", but only "
                    + remaining() + " bytes follow: the file is cut short or damaged; fetch it again");
        }
    }

    int u8() {
        return fill(1).get() & 0xFF;
    }

    int u16() {
        return fill(2).getShort() & 0xFFFF;
    }

    long u32() {
        return fill(4).getInt() & 0xFFFF_FFFFL;
    }

    long i64() {
        return fill(8).getLong();
    }

    /** A length of 8 bytes, then as many bytes of UTF-8. */
    String string() {
        int length = length();
        if (length <= buffer.capacity()) {
            fill(length);
            String s = new String(buffer.array(), buffer.position(), length, StandardCharsets.UTF_8);
            buffer.position(buffer.position() + length);
            return s;
        }
        return new String(bytes(length), StandardCharsets.UTF_8);
    }

    byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        copy(bytes, 0, length);
        return bytes;
    }

    /** {@code n} strings, whose least size was checked by {@link #require}. */
    List<String> strings(int n) {
        int[] ends = new int[n];
        byte[] utf8 = new byte[(int) Math.min(remaining() - 8L * n, 16L * n)];
        int total = 0;
        for (int i = 0; i < n; i++) {
            int length = length();
            if (length > utf8.length - total) {
                long grown = Math.max(total + (long) length, utf8.length * 2L);
                if (total + (long) length > Integer.MAX_VALUE - 8) {
                    throw error("an array of strings is longer than 2 GiB");
                }
                utf8 = Arrays.copyOf(utf8, (int) Math.min(grown, Math.min(Integer.MAX_VALUE - 8, total + remaining())));
            }
            copy(utf8, total, length);
            total += length;
            ends[i] = total;
        }
        return new StringTable(utf8, ends);
    }

    private int length() {
        long length = i64();
        if (length < 0 || length > remaining() || length > Integer.MAX_VALUE - 8) {
            throw error("the " + what + " promises a string of " + Long.toUnsignedString(length) + " bytes, but only "
                    + remaining() + " follow: the file is cut short or damaged; fetch it again");
        }
        return (int) length;
    }

    private void copy(byte[] target, int offset, int length) {
        int buffered = Math.min(length, buffer.remaining());
        buffer.get(target, offset, buffered);
        int rest = length - buffered;
        if (rest == 0) {
            return;
        }
        if (rest <= buffer.capacity()) {
            fill(rest).get(target, offset + buffered, rest);
        } else {
            file.read(fileOffset, ByteBuffer.wrap(target, offset + buffered, rest));
            fileOffset += rest;
        }
    }

    /** Makes sure that {@code n} bytes, at most the buffer's capacity, are in the buffer. */
    private ByteBuffer fill(int n) {
        if (buffer.remaining() >= n) {
            return buffer;
        }
        if (n > remaining()) {
            throw error("the file ends within the " + what + ": it is cut short; fetch it again");
        }
        buffer.compact();
        buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + (file.size() - fileOffset)));
        int from = buffer.position();
        file.read(fileOffset, buffer);
        fileOffset += buffer.position() - from;
        return buffer.flip();
    }
}
