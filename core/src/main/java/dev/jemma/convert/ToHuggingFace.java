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
import dev.jemma.model.Architecture;
import dev.jemma.model.DenseLayers;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.GgufConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
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
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Writes a Hugging Face folder from a GGUF file: tensors, config.json, and generation_config.json if it was kept. */
final class ToHuggingFace {
    private ToHuggingFace() {}

    static Optional<TokenizerData> fromGguf(
            GgufFile source, Path folder, long maxShardBytes, Workers workers, Progress progress) {
        requireEmpty(folder);
        GemmaConfig config = GgufConfig.read(source);
        Architecture architecture = config.architecture();
        GgufMetadata metadata = source.metadata();
        Optional<TokenizerData> tokenizer = TokenizerData.of(source);
        DType embedding = source.find(new Weight(Part.EMBEDDING, 0).ggufName())
                .orElseThrow()
                .type();
        DType floatType = floating(embedding);
        DType normType =
                metadata.string(Marks.SOURCE_DTYPE).map(ToHuggingFace::floating).orElse(floatType);

        List<Pipeline.Step> steps = new ArrayList<>();
        SortedMap<Integer, Pipeline.Step> dense = new TreeMap<>();
        for (TensorInfo info : source.tensors()) {
            OptionalInt number = DenseLayers.numberOf(info.name());
            if (number.isPresent()) {
                TensorInfo target = TensorInfo.of(info.name(), floating(info.type()), info.shape());
                dense.put(number.getAsInt(), new Pipeline.Step(source, info, target, 0));
            } else if (!info.name().equals(Weight.GGUF_OUTPUT)) { // the embedding serves as output matrix
                Weight weight = Weight.ofGguf(info.name())
                        .filter(w -> w.isIn(config))
                        .orElseThrow(() -> new FormatException(source.description() + ": tensor "
                                + Names.shown(info.name()) + " has no place in this " + architecture.title()
                                + " model"));
                boolean norm = weight.part().isNorm();
                DType type = norm ? normType : floating(info.type());
                TensorInfo target = TensorInfo.of(weight.huggingFaceName(architecture), type, info.shape());
                steps.add(new Pipeline.Step(source, info, target, norm ? -1 : 0));
            }
        }
        Optional<String> scale = metadata.string(EmbeddingScale.KEY);
        EmbeddingScale inForce = EmbeddingScale.of(scale, embedding, source.description());
        writeTensors(folder, steps, inForce, maxShardBytes, workers, progress);
        dense.forEach((number, step) -> DenseModules.write(folder, number, step, workers));
        if (dense.size() == 2) {
            DenseModules.writeList(folder, config.hiddenSize());
        }
        Optional<Json> generation = metadata.string(ModelFiles.GENERATION_CONFIG_KEY)
                .map(text -> Json.parse(text.getBytes(StandardCharsets.UTF_8), ModelFiles.GENERATION_CONFIG_KEY));
        writeSettings(folder, config, floatType, tokenizer, generation, metadata.string(TokenizerData.TEMPLATE));
        return tokenizer;
    }

    /**
     * A changed model.
     *
     * @param type of all tensors; empty keeps that of each, F32 for blocks
     */
    static void changed(
            ModelFiles base,
            WeightChange change,
            Optional<TokenizerData> tokenizer,
            Path folder,
            Optional<DType> type,
            Workers workers,
            Progress progress) {
        requireEmpty(folder);
        GemmaConfig config = base.config();
        List<Pipeline.Step> steps = new ArrayList<>();
        DType floatType = DType.F32;
        for (Origin origin : Origin.all(base, change)) {
            Weight weight = origin.weight();
            DType target = type.orElse(floating(origin.baseType()));
            if (weight.part() == Part.EMBEDDING) {
                floatType = target;
            }
            String name = weight.huggingFaceName(config.architecture());
            int add = weight.part().isNorm() && !origin.lacksOne() ? -1 : 0;
            List<Long> shape = weight.shape(config);
            steps.add(new Pipeline.Step(origin.file(), origin.info(), TensorInfo.of(name, target, shape), add));
        }
        writeTensors(folder, steps, base.embeddingScale(), SafetensorsWriter.DEFAULT_SHARD_BYTES, workers, progress);
        writeSettings(folder, config, floatType, tokenizer, base.generationConfig(), base.chatTemplate());
    }

    private static void writeTensors(
            Path folder,
            List<Pipeline.Step> steps,
            EmbeddingScale scale,
            long maxShardBytes,
            Workers workers,
            Progress progress) {
        // the order of the reference's own writer: wide types first, then by name
        steps.sort(Comparator.comparingInt(
                        (Pipeline.Step step) -> -step.target().type().blockBytes())
                .thenComparing(step -> step.target().name()));
        Map<String, String> marks = new LinkedHashMap<>();
        marks.put("format", "pt");
        marks.put(EmbeddingScale.KEY, scale.label());
        List<TensorInfo> targets = steps.stream().map(Pipeline.Step::target).toList();
        try (SafetensorsWriter writer = SafetensorsWriter.create(folder, targets, marks, maxShardBytes)) {
            new Pipeline(workers, writer::write).run(steps, progress);
            writer.finish();
        }
    }

    /** Writes what stands beside the tensors; config.json comes last: with it, the folder is a model. */
    private static void writeSettings(
            Path folder,
            GemmaConfig config,
            DType floatType,
            Optional<TokenizerData> tokenizer,
            Optional<Json> generation,
            Optional<String> template) {
        generation.ifPresent(json -> JsonText.write(folder.resolve("generation_config.json"), json.raw()));
        template.ifPresent(text -> writeText(folder.resolve("chat_template.jinja"), text));
        JsonText.write(
                folder.resolve("config.json"),
                HfConfigWriter.fields(
                        config,
                        torchName(floatType),
                        new HfConfigWriter.TokenIds(
                                tokenizer.map(TokenizerData::bosId).orElse(2),
                                tokenizer.map(TokenizerData::eosId).orElse(1),
                                tokenizer.map(TokenizerData::paddingId).orElse(0))));
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
}
