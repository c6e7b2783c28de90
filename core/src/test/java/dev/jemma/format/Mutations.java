package dev.jemma.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Damages files the way bad disks, bad networks and bad people do. */
public final class Mutations {
    private static final long[] EXTREMES = {
        0,
        1,
        -1,
        0x7f,
        0xff,
        0x7fff,
        0xffff,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffff_ffffL,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        1L << 32,
        1L << 40,
        1L << 60,
        1L << 61,
        1L << 62,
        Long.MAX_VALUE - 31
    };
    private static final String[] SNIPPETS = {
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "\\",
        "\\u0000",
        "null",
        "1e999",
        "-1",
        "9223372036854775808",
        "0.5",
        "../",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "\"a\":1,",
        "F32",
        "BF16",
        "I64",
        "\u0000",
        "\u00e4",
        "\ud83d\ude00"
    };

    private final Random random;

    public Mutations(long seed) {
        random = new Random(seed);
    }

    /** The bytes with one to three kinds of damage. */
    public byte[] of(byte[] original) {
        byte[] bytes = original.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            bytes = once(bytes);
        }
        return bytes;
    }

    private byte[] once(byte[] bytes) {
        if (bytes.length < 16) {
            return Arrays.copyOf(bytes, 32);
        }
        // most damage goes to the front, where headers are
        int at = random.nextInt(random.nextBoolean() ? bytes.length : Math.min(bytes.length, 512));
        switch (random.nextInt(8)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(256);
            case 2, 3 -> {
                ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                long value = EXTREMES[random.nextInt(EXTREMES.length)] + random.nextInt(3) - 1;
                if (random.nextBoolean()) {
                    buffer.putLong(Math.min(at, bytes.length - 8), value);
                } else {
                    buffer.putInt(Math.min(at, bytes.length - 4), (int) value);
                }
            }
            case 4 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 5 -> {
                return splice(bytes, at, Math.min(bytes.length, at + random.nextInt(64)), new byte[0]);
            }
            case 6 -> {
                int from = random.nextInt(bytes.length);
                int to = Math.min(bytes.length, from + random.nextInt(256));
                return splice(bytes, at, at, Arrays.copyOfRange(bytes, from, to));
            }
            default -> {
                byte[] snippet = SNIPPETS[random.nextInt(SNIPPETS.length)].getBytes(StandardCharsets.UTF_8);
                int to = Math.min(bytes.length, at + (random.nextBoolean() ? snippet.length : 0));
                return splice(bytes, at, to, snippet);
            }
        }
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] insert) {
        byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + insert.length);
        System.arraycopy(insert, 0, result, from, insert.length);
        System.arraycopy(bytes, to, result, from + insert.length, bytes.length - to);
        return result;
    }
}
