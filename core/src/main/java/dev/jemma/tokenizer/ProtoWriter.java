package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Writes protocol-buffer wire format, fields in the order of the calls. */
final class ProtoWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ProtoWriter integer(int field, long value) {
        varint(((long) field << 3) | ProtoReader.VARINT);
        varint(value);
        return this;
    }

    ProtoWriter float32(int field, float value) {
        varint(((long) field << 3) | ProtoReader.FIXED32);
        int bits = Float.floatToRawIntBits(value);
        for (int i = 0; i < 4; i++) {
            out.write(bits >>> (8 * i));
        }
        return this;
    }

    ProtoWriter string(int field, String value) {
        return bytes(field, value.getBytes(UTF_8));
    }

    ProtoWriter bytes(int field, byte[] value) {
        varint(((long) field << 3) | ProtoReader.BYTES);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    private void varint(long value) {
        for (; (value & ~0x7FL) != 0; value >>>= 7) {
            out.write(((int) value & 0x7F) | 0x80);
        }
        out.write((int) value);
    }
}
