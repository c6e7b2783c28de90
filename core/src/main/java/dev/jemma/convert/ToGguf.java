package dev.jemma.convert;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import dev.jemma.format.GgufWriter;
import dev.jemma.format.HfFolder;
import dev.jemma.format.JsonText;
import dev.jemma.format.Names;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Architecture;
import dev.jemma.model.DenseLayers;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.GgufConfig;
import dev.jemma.model.HfConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes GGUF files: from a Hugging Face folder, or from a GGUF file in other element types. */
final class ToGguf {
    private static final Weight EMBEDDING = new Weight(Part.EMBEDDING, 0);
    private static final int QUANTIZATION_VERSION = 2;

    private ToGguf() {}

    static void fromFolder(
            HfFolder source,
            Optional<TokenizerData> tokenizer,
            Path target,
            Quantization quantization,
            Workers workers,
            Progress progress) {
        GemmaConfig config = HfConfig.read(source.config());
        SafetensorsFile file = source.tensors();
        List<Found> tensors = tensors(file, config);
        DType embedding = tensors.getFirst().info().type();
        DType normType = tensors.getLast().info().type();
        try (DenseLayers dense = DenseLayers.open(source, config)) {
            List<Pipeline.Step> steps = new ArrayList<>();
            int layers = config.layers().size();
            for (Found found : tensors) {
                Weight weight = found.weight();
                TensorInfo info = found.info();
                boolean norm = weight.part().isNorm();
                String name = weight.ggufName();
                DType type = norm ? DType.F32 : quantization.typeOf(info.named(name), layers);
                List<Long> shape = weight.equals(EMBEDDING) ? trimmed(info, tokenizer) : info.shape();
                steps.add(new Pipeline.Step(file, info, TensorInfo.of(name, type, shape), norm ? 1 : 0));
            }
            for (DenseLayers.Layer layer : dense.layers()) {
                TensorInfo info = layer.tensor();
                String name = DenseLayers.ggufName(layer.number());
                DType type = quantization.typeOf(info.named(name), layers);
                steps.add(new Pipeline.Step(layer.file(), info, TensorInfo.of(name, type, info.shape()), 0));
            }

            GgufMetadata.Builder head = folderHead(source, config, tokenizer, target);
            putFileType(head, quantization, steps);
            Optional<String> scale = Optional.ofNullable(file.metadata().get(EmbeddingScale.KEY));
            head.string(
                    EmbeddingScale.KEY,
                    EmbeddingScale.of(scale, embedding, file.description()).label());
            head.string(Marks.SOURCE_DTYPE, normType.name());
            write(target, head.build(), steps, workers, progress);
        }
    }

    /** What a folder's model is, without the types of its tensors. */
    private static GgufMetadata.Builder folderHead(
            HfFolder source, GemmaConfig config, Optional<TokenizerData> tokenizer, Path target) {
        GgufMetadata.Builder head = GgufMetadata.builder(target.toString());
        head.string("general.architecture", config.architecture().ggufName())
                .string("general.type", "model")
                .string("general.name", name(source.path()));
        GgufConfigWriter.put(config, head);
        source.generationConfig()
                .ifPresent(json -> head.string(
                        ModelFiles.GENERATION_CONFIG_KEY,
                        new String(JsonText.compact(json.raw()), StandardCharsets.UTF_8)));
        tokenizer.ifPresent(data -> data.putInto(head));
        tokenizer
                .flatMap(TokenizerData::chatTemplate)
                .or(source::chatTemplate)
                .ifPresent(text -> head.string(TokenizerData.TEMPLATE, text));
        return head;
    }

    static void changed(
            ModelFiles base,
            WeightChange change,
            Optional<TokenizerData> tokenizer,
            Path target,
            Quantization quantization,
            Workers workers,
            Progress progress) {
        GemmaConfig config = base.config();
        boolean folder = base.source() instanceof ModelFiles.Source.HuggingFace;
        List<Pipeline.Step> steps = new ArrayList<>();
        for (Origin origin : Origin.all(base, change)) {
            Weight weight = origin.weight();
            TensorInfo info = origin.info();
            String name = weight.ggufName();
            boolean norm = weight.part().isNorm();
            TensorInfo asBefore = TensorInfo.of(name, origin.baseType(), info.shape());
            DType type = norm
                    ? DType.F32
                    : quantization.typeOf(asBefore, config.layers().size());
            if (!Quants.canEncode(type)) {
                throw new JemmaException(
                        base.path() + " holds " + type + ", which Jemma reads but does not write; choose another type");
            }
            List<Long> shape = folder && weight.equals(EMBEDDING) ? trimmed(info, tokenizer) : info.shape();
            steps.add(new Pipeline.Step(
                    origin.file(), info, TensorInfo.of(name, type, shape), origin.lacksOne() ? 1 : 0));
        }
        GgufMetadata.Builder head = switch (base.source()) {
            case ModelFiles.Source.HuggingFace(HfFolder source) -> folderHead(source, config, tokenizer, target);
            case ModelFiles.Source.Gguf(GgufFile source) -> copiedHead(source, target);
        };
        putFileType(head, quantization, steps);
        head.string(EmbeddingScale.KEY, base.embeddingScale().label());
        write(target, head.build(), steps, workers, progress);
    }

    /** The keys of a GGUF file, but those of its being split. */
    private static GgufMetadata.Builder copiedHead(GgufFile source, Path target) {
        GgufMetadata.Builder head = GgufMetadata.builder(target.toString());
        source.metadata().values().forEach((key, value) -> {
            if (!key.startsWith("split.")) {
                head.value(key, value);
            }
        });
        return head;
    }

    private record Found(Weight weight, TensorInfo info) {}

    /** The language model's tensors in the order in which they are used, so the embedding first and the final norm last. */
    private static List<Found> tensors(SafetensorsFile file, GemmaConfig config) {
        Architecture architecture = config.architecture();
        Map<Weight, TensorInfo> found = new HashMap<>();
        for (TensorInfo info : file.tensors()) {
            Optional<Weight> weight =
                    Weight.ofHuggingFace(architecture, info.name()).filter(w -> w.isIn(config));
            if (weight.isEmpty()) {
                if (!Weight.isLeftOut(info.name())) {
                    throw new FormatException(file.description() + ": tensor " + Names.shown(info.name())
                            + " has no place in this " + architecture.title()
                            + " model; Jemma converts the published layouts only");
                }
            } else if (found.put(weight.get(), info) != null) {
                throw new FormatException(
                        file.description() + " holds " + weight.get().ggufName() + " under two names");
            }
        }
        List<Found> ordered = new ArrayList<>();
        for (Weight weight : Weight.all(config)) {
            TensorInfo info = Optional.ofNullable(found.get(weight))
                    .orElseThrow(() -> new FormatException(file.description() + " lacks the tensor that GGUF calls "
                            + weight.ggufName() + "; config.json promises "
                            + config.layers().size() + " layers"));
            ordered.add(new Found(weight, weight.checked(info, config, file)));
        }
        return ordered;
    }

    /** The embedding without rows that no token has. */
    private static List<Long> trimmed(TensorInfo embedding, Optional<TokenizerData> tokenizer) {
        if (tokenizer.isEmpty()) {
            return embedding.shape();
        }
        long tokens = tokenizer.get().pieces().tokens().size();
        if (tokens > embedding.rows()) {
            throw new FormatException("the tokenizer has " + tokens + " tokens, but the embedding only "
                    + embedding.rows() + " rows: they belong to different models");
        }
        return List.of(tokens, embedding.cols());
    }

    static void requantize(
            GgufFile source, Path target, Quantization quantization, Workers workers, Progress progress) {
        GemmaConfig config = GgufConfig.read(source);
        List<Pipeline.Step> steps = new ArrayList<>();
        for (TensorInfo info : source.tensors()) {
            DType type = quantization.typeOf(info, config.layers().size());
            steps.add(new Pipeline.Step(source, info, TensorInfo.of(info.name(), type, info.shape()), 0));
        }
        GgufMetadata.Builder head = copiedHead(source, target);
        putFileType(head, quantization, steps);
        DType embedding = source.find(EMBEDDING.ggufName()).orElseThrow().type();
        Optional<String> scale = source.metadata().string(EmbeddingScale.KEY);
        head.string(
                EmbeddingScale.KEY,
                EmbeddingScale.of(scale, embedding, source.description()).label());
        write(target, head.build(), steps, workers, progress);
    }

    private static void putFileType(GgufMetadata.Builder head, Quantization quantization, List<Pipeline.Step> steps) {
        int fileType = quantization == Quantization.KEEP ? keptFileType(steps) : quantization.fileType();
        if (fileType >= 0) {
            head.u32("general.file_type", fileType);
        }
        head.u32("general.quantization_version", QUANTIZATION_VERSION);
    }

    /** The file type of the floating-point type that all matrices share; −1 if they do not. */
    private static int keptFileType(List<Pipeline.Step> steps) {
        List<DType> types = steps.stream()
                .map(Pipeline.Step::target)
                .filter(info -> info.shape().size() == 2)
                .map(TensorInfo::type)
                .distinct()
                .toList();
        return types.size() == 1 && !types.getFirst().isQuantized()
                ? Quantization.of(types.getFirst().name()).fileType()
                : -1;
    }

    private static void write(
            Path target, GgufMetadata head, List<Pipeline.Step> steps, Workers workers, Progress progress) {
        List<TensorInfo> tensors = steps.stream().map(Pipeline.Step::target).toList();
        try (GgufWriter writer = GgufWriter.create(target, head, tensors)) {
            new Pipeline(workers, writer::write).run(steps, progress);
            writer.finish();
        }
    }

    private static String name(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }
}
