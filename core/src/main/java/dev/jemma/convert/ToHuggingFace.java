package dev.jemma.convert;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import dev.jemma.format.Names;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Writes a Hugging Face folder from a GGUF file: tensors, config.json, and generation_config.json if it was kept. */
final class ToHuggingFace {
    private ToHuggingFace() {}

    static Optional<TokenizerData> fromGguf(
            GgufFile source, Path folder, long maxShardBytes, Workers workers, Progress progress) {
        requireEmpty(folder);
        TextConfig config = TextConfig.ofGguf(source);
        GgufMetadata metadata = source.metadata();
        Optional<TokenizerData> tokenizer = TokenizerData.of(metadata);
        TensorInfo embedding = source.find("token_embd.weight")
                .orElseThrow(() -> new FormatException(source.description() + " has no token_embd.weight"));
        DType floatType = floating(embedding.type());
        DType normType =
                metadata.string(Marks.SOURCE_DTYPE).map(ToHuggingFace::floating).orElse(floatType);

        TensorNames names = new TensorNames(config.family());
        List<Pipeline.Step> steps = new ArrayList<>();
        List<Pipeline.Step> dense = new ArrayList<>();
        for (TensorInfo info : source.tensors()) {
            boolean norm = TensorNames.isNorm(info.name());
            DType type = norm ? normType : floating(info.type());
            if (DenseModules.isDense(info.name())) {
                dense.add(new Pipeline.Step(source, info, tensor(info.name(), type, info.shape()), 0));
            } else if (!info.name().equals("output.weight")) { // the embedding serves as output matrix
                String name = names.toHf(info.name())
                        .orElseThrow(
                                () -> new FormatException(source.description() + ": tensor " + Names.shown(info.name())
                                        + " has no place in a " + config.family().modelType + " model"));
                steps.add(new Pipeline.Step(source, info, tensor(name, type, info.shape()), norm ? -1 : 0));
            }
        }
        // the order of the reference's own writer: wide types first, then by name
        steps.sort(Comparator.comparingInt(
                        (Pipeline.Step step) -> -step.target().type().blockBytes())
                .thenComparing(step -> step.target().name()));

        Map<String, String> marks = new LinkedHashMap<>();
        marks.put("format", "pt");
        marks.put(
                Marks.EMBEDDING_SCALE, metadata.string(Marks.EMBEDDING_SCALE).orElse(Marks.scaleFor(embedding.type())));
        List<TensorInfo> targets = steps.stream().map(Pipeline.Step::target).toList();
        try (SafetensorsWriter writer = SafetensorsWriter.create(folder, targets, marks, maxShardBytes)) {
            new Pipeline(workers, writer::write).run(steps, progress);
            writer.finish();
        }
        for (Pipeline.Step step : dense) {
            DenseModules.write(folder, step, workers);
        }
        if (dense.size() == 2) {
            DenseModules.writeList(folder, config.hidden());
        }
        metadata.string(Marks.GENERATION_CONFIG)
                .map(text -> Json.parse(text.getBytes(StandardCharsets.UTF_8), Marks.GENERATION_CONFIG))
                .ifPresent(json -> JsonText.write(folder.resolve("generation_config.json"), json.raw()));
        metadata.string(TokenizerData.TEMPLATE)
                .ifPresent(text -> writeText(folder.resolve("chat_template.jinja"), text));
        // config.json comes last: with it, the folder is a model
        JsonText.write(
                folder.resolve("config.json"),
                config.toHf(
                        embedding.rows(),
                        torchName(floatType),
                        tokenizer.map(TokenizerData::bosId).orElse(2),
                        tokenizer.map(TokenizerData::eosId).orElse(1),
                        tokenizer.map(TokenizerData::paddingId).orElse(0)));
        return tokenizer;
    }

    /** Nothing of a former model may stay beside the new one. */
    private static void requireEmpty(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            if (entries.findAny().isPresent()) {
                throw new JemmaException(folder + " is not empty; choose a new folder for the model");
            }
        } catch (IOException e) {
            throw new JemmaException(folder + " cannot be used as a folder: " + e.getMessage(), e);
        }
    }

    private static void writeText(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** What safetensors can hold: floating-point types as they are, blocks decoded to float32, which loses nothing. */
    private static DType floating(DType type) {
        return type.isQuantized() ? DType.F32 : type;
    }

    private static DType floating(String name) {
        return switch (name) {
            case "F16" -> DType.F16;
            case "BF16" -> DType.BF16;
            default -> DType.F32;
        };
    }

    private static String torchName(DType type) {
        return switch (type) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> "float32";
        };
    }

    private static TensorInfo tensor(String name, DType type, List<Long> shape) {
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return new TensorInfo(name, type, shape, type.bytesFor(elements));
    }
}
