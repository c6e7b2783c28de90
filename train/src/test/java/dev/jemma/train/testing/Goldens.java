package dev.jemma.train.testing;

import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.quant.Quants;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reference values of tiny models, computed with PyTorch, transformers and PEFT. */
public final class Goldens {
    private Goldens() {}

    /** A file or folder under {@code golden/training}. */
    public static Path path(String relative) {
        try {
            return Path.of(Objects.requireNonNull(Goldens.class.getResource("/golden/training"))
                            .toURI())
                    .resolve(relative);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public static Json json(String relative) {
        return Json.read(path(relative));
    }

    /** All float32 tensors of a file. */
    public static Map<String, float[]> tensors(String relative) {
        return tensors(path(relative));
    }

    public static Map<String, float[]> tensors(Path path) {
        Map<String, float[]> all = new HashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(path);
                Arena arena = Arena.ofConfined()) {
            for (TensorInfo info : file.tensors()) {
                MemorySegment raw = arena.allocate(info.byteSize(), 8);
                file.read(info, 0, raw);
                all.put(info.name(), Quants.decode(info.type(), raw));
            }
        }
        return all;
    }

    public static double[] doubles(Json array) {
        return array.items().stream().mapToDouble(Json::asDouble).toArray();
    }

    public static int[] ints(Json array) {
        return array.items().stream().mapToInt(Json::asInt).toArray();
    }

    public static List<int[]> rows(Json array) {
        return array.items().stream().map(Goldens::ints).toList();
    }

    /** A batch whose rows are documents, with labels as Hugging Face has them. */
    public static PackedBatch batch(Json inputs) {
        return batch(rows(inputs.get("input_ids")), rows(inputs.get("labels")));
    }

    /** Documents with a label at each token's own place, −100 where it does not count. */
    public static PackedBatch batch(List<int[]> ids, List<int[]> labels) {
        List<PackedBatch.Document> documents = new ArrayList<>();
        int rows = ids.stream().mapToInt(row -> row.length).sum();
        int[] tokens = new int[rows];
        int[] targets = new int[rows];
        Arrays.fill(targets, -1);
        int at = 0;
        for (int d = 0; d < ids.size(); d++) {
            int[] row = ids.get(d);
            documents.add(new PackedBatch.Document(at, row.length));
            System.arraycopy(row, 0, tokens, at, row.length);
            for (int t = 0; t + 1 < row.length; t++) {
                targets[at + t] = labels.get(d)[t + 1] == -100 ? -1 : labels.get(d)[t + 1];
            }
            at += row.length;
        }
        return new PackedBatch(tokens, targets, documents);
    }

    /** Rows of a batch that have a target. */
    public static int[] counted(PackedBatch batch) {
        return java.util.stream.IntStream.range(0, batch.rows())
                .filter(r -> batch.targets()[r] >= 0)
                .toArray();
    }

    /** The targets of {@link #counted}. */
    public static int[] targets(PackedBatch batch) {
        return Arrays.stream(batch.targets()).filter(t -> t >= 0).toArray();
    }

    public static float absMax(float[] values) {
        float max = 0;
        for (float v : values) {
            max = Math.max(max, Math.abs(v));
        }
        return max;
    }

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
}
