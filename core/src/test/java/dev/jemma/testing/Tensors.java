package dev.jemma.testing;

import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.quant.Quants;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** Reads reference tensors, and compares. */
public final class Tensors implements AutoCloseable {
    private final SafetensorsFile file;

    public Tensors(Path path) {
        file = SafetensorsFile.open(path);
    }

    public boolean has(String name) {
        return file.find(name).isPresent();
    }

    public float[] floats(String name) {
        TensorInfo info = file.find(name).orElseThrow(() -> new AssertionError("no tensor " + name));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment raw = arena.allocate(info.byteSize(), 8);
            file.read(info, 0, raw);
            return Quants.decode(info.type(), raw);
        }
    }

    /** Rows of a matrix. */
    public float[][] rows(String name) {
        TensorInfo info = file.find(name).orElseThrow(() -> new AssertionError("no tensor " + name));
        float[] all = floats(name);
        int cols = (int) info.cols();
        float[][] rows = new float[all.length / cols][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = java.util.Arrays.copyOfRange(all, i * cols, (i + 1) * cols);
        }
        return rows;
    }

    public static int[] ints(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).asInt();
        }
        return ids;
    }

    /** Largest absolute difference; NaN anywhere counts as infinite. */
    public static float maxDiff(float[] a, float[] b) {
        if (a.length != b.length) {
            throw new AssertionError(a.length + " values against " + b.length);
        }
        float max = 0;
        for (int i = 0; i < a.length; i++) {
            float d = Math.abs(a[i] - b[i]);
            max = Float.isNaN(d) ? Float.POSITIVE_INFINITY : Math.max(max, d);
        }
        return max;
    }

    public static float maxDiff(float[][] a, float[][] b) {
        if (a.length != b.length) {
            throw new AssertionError(a.length + " rows against " + b.length);
        }
        float max = 0;
        for (int i = 0; i < a.length; i++) {
            max = Math.max(max, maxDiff(a[i], b[i]));
        }
        return max;
    }

    @Override
    public void close() {
        file.close();
    }
}
