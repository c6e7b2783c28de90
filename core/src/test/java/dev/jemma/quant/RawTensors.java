package dev.jemma.quant;

import dev.jemma.testing.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A golden safetensors file of any element types, read the plainest way. */
final class RawTensors {
    private final byte[] file;
    private final int dataStart;
    private final JsonNode header;

    RawTensors(String relative) {
        file = Golden.bytes(relative);
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        dataStart = 8 + length;
        header = new ObjectMapper().readTree(new String(file, 8, length, StandardCharsets.UTF_8));
    }

    List<String> names() {
        return header.propertyNames().stream()
                .filter(name -> !name.equals("__metadata__"))
                .toList();
    }

    /** Dimension {@code d} of a tensor. */
    int dim(String name, int d) {
        return header.get(name).get("shape").get(d).asInt();
    }

    byte[] bytes(String name) {
        JsonNode offsets = header.get(name).get("data_offsets");
        return Arrays.copyOfRange(
                file,
                dataStart + offsets.get(0).asInt(),
                dataStart + offsets.get(1).asInt());
    }

    float[] floats(String name) {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    int[] ints(String name) {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
        int[] values = new int[bytes.remaining() / 4];
        bytes.asIntBuffer().get(values);
        return values;
    }
}
