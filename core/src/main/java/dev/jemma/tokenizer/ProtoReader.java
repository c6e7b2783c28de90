package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.format.FormatException;
import java.util.Arrays;

/**
 * Reads protocol-buffer wire format from a range of bytes: call {@link #next}, ask {@link #field}, then read the value
 * or {@link #skip} it. Every length is checked against the bytes that are there.
 */
final class ProtoReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private final byte[] bytes;
    private final int end;
    private final String source;
    private int at;
    private int tag;

    ProtoReader(byte[] bytes, String source) {
        this(bytes, 0, bytes.length, source);
    }

    private ProtoReader(byte[] bytes, int from, int end, String source) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
        this.source = source;
    }

    /** Moves to the next field; false at the end. */
    boolean next() {
        if (at == end) {
            return false;
        }
        long value = varint();
        if (value >>> 3 == 0 || value > Integer.MAX_VALUE) {
            throw damaged("a field has number " + (value >>> 3));
        }
        tag = (int) value;
        return true;
    }

    int field() {
        return tag >>> 3;
    }

    int wireType() {
        return tag & 7;
    }

    long integer() {
        expect(VARINT);
        return varint();
    }

    float float32() {
        expect(FIXED32);
        need(4);
        int bits = 0;
        for (int i = 0; i < 4; i++) {
            bits |= (bytes[at++] & 0xFF) << (8 * i);
        }
        return Float.intBitsToFloat(bits);
    }

    byte[] raw() {
        int length = length();
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    String string() {
        int from = at;
        int length = length();
        String text = new String(bytes, at, length, UTF_8);
        // The decoder replaces what is not UTF-8; only then can U+FFFD be there without being in the bytes.
        if (text.indexOf('\uFFFD') >= 0
                && !Arrays.equals(text.getBytes(UTF_8), Arrays.copyOfRange(bytes, at, at + length))) {
            at = from;
            throw damaged("text that is not UTF-8");
        }
        at += length;
        return text;
    }

    /** A reader of the message that is this field's value. */
    ProtoReader message() {
        int length = length();
        at += length;
        return new ProtoReader(bytes, at - length, at, source);
    }

    void skip() {
        switch (wireType()) {
            case VARINT -> varint();
            case FIXED64 -> skip(8);
            case BYTES -> skip(length());
            case FIXED32 -> skip(4);
            default -> throw damaged("unknown wire type " + wireType());
        }
    }

    private void skip(int count) {
        need(count);
        at += count;
    }

    private int length() {
        expect(BYTES);
        long length = varint();
        if (length < 0 || length > end - at) {
            throw damaged("a length of " + Long.toUnsignedString(length) + " bytes where " + (end - at) + " are left");
        }
        return (int) length;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            need(1);
            byte b = bytes[at++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw damaged("a number of more than 10 bytes");
    }

    private void expect(int wireType) {
        if (wireType() != wireType) {
            throw damaged("field " + field() + " has wire type " + wireType() + " instead of " + wireType);
        }
    }

    private void need(int count) {
        if (end - at < count) {
            throw damaged("it ends in the middle of a value");
        }
    }

    private FormatException damaged(String what) {
        return new FormatException(source + ": damaged SentencePiece model at byte " + at + ": " + what);
    }
}
