package dev.jemma.convert;

import dev.jemma.format.JsonText;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Workers;
import dev.jemma.model.DenseLayers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the steps behind EmbeddingGemma's hidden states into a Hugging Face folder: pooling and projections. */
final class DenseModules {
    private DenseModules() {}

    /** Writes one projection into its folder. {@code step} says what becomes of its values; its target is renamed. */
    static void write(Path folder, int number, Pipeline.Step step, Workers workers) {
        Path own = folder.resolve(DenseLayers.folderName(number));
        TensorInfo given = step.target();
        TensorInfo target = given.named(DenseLayers.WEIGHT);
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
}
