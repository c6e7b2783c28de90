package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Puts text and single bytes together to valid UTF-8. Bytes wait until they make a character; a byte that no
 * continuation can make valid becomes U+FFFD by itself, and so does each byte of a character that is never finished.
 */
final class ByteJoiner {
    private static final byte[] REPLACEMENT = "\uFFFD".getBytes(UTF_8);

    private final byte[] waiting = new byte[4];
    private int waitingCount;
    private byte[] ready;
    private int size;

    ByteJoiner(int expectedBytes) {
        ready = new byte[Math.max(16, expectedBytes)];
    }

    /** Adds valid UTF-8; ends an unfinished character before it. */
    void text(byte[] utf8, int from, int to) {
        finish();
        append(utf8, from, to - from);
    }

    /** Adds one byte of a character. */
    void add(byte b) {
        waiting[waitingCount++] = b;
        while (waitingCount > 0) {
            int length = lengthIfPossible();
            if (length > waitingCount) {
                return;
            }
            if (length > 0) {
                append(waiting, 0, length);
                waitingCount = 0;
            } else {
                append(REPLACEMENT, 0, REPLACEMENT.length);
                waitingCount--;
                System.arraycopy(waiting, 1, waiting, 0, waitingCount);
            }
        }
    }

    /** Gives up on an unfinished character. */
    void finish() {
        for (; waitingCount > 0; waitingCount--) {
            append(REPLACEMENT, 0, REPLACEMENT.length);
        }
    }

    /** Takes away all text that is complete. */
    String take() {
        String text = new String(ready, 0, size, UTF_8);
        size = 0;
        return text;
    }

    private void append(byte[] bytes, int from, int length) {
        if (ready.length - size < length) {
            ready = Arrays.copyOf(ready, Math.addExact(size, Math.max(size >> 1, length)));
        }
        System.arraycopy(bytes, from, ready, size, length);
        size += length;
    }

    // Length in bytes of the character that the waiting bytes begin or are; 0 if they cannot be one (Unicode table
    // 3-7).
    private int lengthIfPossible() {
        int first = waiting[0] & 0xFF;
        int length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
        for (int i = 1; i < Math.min(waitingCount, length); i++) {
            int low = 0x80;
            int high = 0xBF;
            if (i == 1) {
                low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : low;
                high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : high;
            }
            int b = waiting[i] & 0xFF;
            if (b < low || b > high) {
                return 0;
            }
        }
        return length;
    }
}
