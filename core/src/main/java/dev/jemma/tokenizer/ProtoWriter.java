package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Writes a message in the wire format of protocol buffers, fields in the order of the calls. */
public final class ProtoWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Starts an empty message. */
    public ProtoWriter() {}

    /** A field of whole numbers, truth values or enumerated ones. */
    public ProtoWriter integer(int field, long value) {
        varint(((long) field << 3) | ProtoReader.VARINT);
        varint(value);
        return this;
    }

    /** A field of type float. */
    public ProtoWriter float32(int field, float value) {
        varint(((long) field << 3) | ProtoReader.FIXED32);
        int bits = Float.floatToRawIntBits(value);
        for (int i = 0; i < 4; i++) {
            out.write(bits >>> (8 * i));
        }
        return this;
    }

    /** A field of text. */
    public ProtoWriter string(int field, String value) {
        return bytes(field, value.getBytes(UTF_8));
    }

    /** A field of bytes, or a message within this one. */
    public ProtoWriter bytes(int field, byte[] value) {
        varint(((long) field << 3) | ProtoReader.BYTES);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    /** The message so far. */
    public byte[] toBytes() {
        return out.toByteArray();
    }

    private void varint(long value) {
        for (; (value & ~0x7FL) != 0; value >>>= 7) {
            out.write(((int) value & 0x7F) | 0x80);
        }
        out.write((int) value);
    }
}
