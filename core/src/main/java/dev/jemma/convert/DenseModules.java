package dev.jemma.convert;

import dev.jemma.format.FormatException;
import dev.jemma.format.HfFolder;
import dev.jemma.format.JsonText;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The two projections behind EmbeddingGemma's pooling. A Hugging Face folder keeps them in folders of their own
 * ({@code 2_Dense/model.safetensors}), a GGUF file as {@code dense_2.weight} and {@code dense_3.weight}.
 */
final class DenseModules implements AutoCloseable {
    private static final String WEIGHT = "linear.weight";

    /** One projection: its file and its matrix [out, in]. */
    record Layer(SafetensorsFile file, TensorInfo weight) {}

    private final Map<String, Layer> layers = new TreeMap<>();

    private DenseModules() {}

    /** Those of a folder; there may be none. */
    static DenseModules open(HfFolder folder) {
        DenseModules modules = new DenseModules();
        try {
            for (int number = 2; number <= 3; number++) {
                Path path = folder.path().resolve(number + "_Dense").resolve("model.safetensors");
                if (Files.isRegularFile(path)) {
                    SafetensorsFile file = SafetensorsFile.open(path);
                    modules.layers.put(
                            name(number),
                            new Layer(
                                    file,
                                    file.find(WEIGHT)
                                            .orElseThrow(
                                                    () -> new FormatException(path + " lacks the tensor " + WEIGHT))));
                }
            }
            return modules;
        } catch (RuntimeException e) {
            modules.close();
            throw e;
        }
    }

    /** By GGUF name. */
    Map<String, Layer> layers() {
        return layers;
    }

    static boolean isDense(String ggufName) {
        return ggufName.equals(name(2)) || ggufName.equals(name(3));
    }

    private static String name(int number) {
        return "dense_" + number + ".weight";
    }

    /** Writes one projection into its folder. {@code step} says what becomes of its values; its target is renamed. */
    static void write(Path folder, Pipeline.Step step, Workers workers) {
        String number = step.source().name().substring("dense_".length(), "dense_".length() + 1);
        Path own = folder.resolve(number + "_Dense");
        TensorInfo given = step.target();
        TensorInfo target = new TensorInfo(WEIGHT, given.type(), given.shape(), given.byteSize());
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(own, List.of(target), Map.of("format", "pt"), Long.MAX_VALUE)) {
            new Pipeline(workers, writer::write)
                    .run(List.of(new Pipeline.Step(step.file(), step.source(), target, 0)), Progress.NONE);
            writer.finish();
        }
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("in_features", given.cols());
        config.put("out_features", given.rows());
        config.put("bias", false);
        config.put("activation_function", "torch.nn.modules.linear.Identity");
        JsonText.write(own.resolve("config.json"), config);
    }

    /** Writes the list of steps by which an embedding is made: model, mean pooling, projections, normalisation. */
    static void writeList(Path folder, int hidden) {
        List<Object> modules = new ArrayList<>();
        String[] kinds = {"Transformer", "Pooling", "Dense", "Dense", "Normalize"};
        for (int i = 0; i < kinds.length; i++) {
            Map<String, Object> module = new LinkedHashMap<>();
            module.put("idx", i);
            module.put("name", String.valueOf(i));
            module.put("path", i == 0 ? "" : i + "_" + kinds[i]);
            module.put("type", "sentence_transformers.models." + kinds[i]);
            modules.add(module);
        }
        JsonText.write(folder.resolve("modules.json"), modules);
        Map<String, Object> pooling = new LinkedHashMap<>();
        pooling.put("word_embedding_dimension", hidden);
        pooling.put("pooling_mode_cls_token", false);
        pooling.put("pooling_mode_mean_tokens", true);
        JsonText.write(folder.resolve("1_Pooling").resolve("config.json"), pooling);
    }

    @Override
    public void close() {
        layers.values().forEach(layer -> layer.file().close());
    }
}
