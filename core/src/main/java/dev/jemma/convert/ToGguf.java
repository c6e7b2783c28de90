package dev.jemma.convert;

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
import dev.jemma.tensor.DType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes GGUF files: from a Hugging Face folder, or from a GGUF file in other element types. */
final class ToGguf {
    private static final String EMBEDDING = "token_embd.weight";
    private static final int QUANTIZATION_VERSION = 2;

    private ToGguf() {}

    static void fromFolder(
            HfFolder source,
            Optional<TokenizerData> tokenizer,
            Path target,
            Quantization quantization,
            Workers workers,
            Progress progress) {
        TextConfig config = TextConfig.ofHf(source.config());
        SafetensorsFile file = source.tensors();
        Map<String, TensorInfo> byName = mapped(file, config);
        requireAll(byName, config, source.path().toString());
        DType normType = type(byName, "output_norm.weight");
        try (DenseModules dense = DenseModules.open(source)) {
            List<Pipeline.Step> steps = new ArrayList<>();
            byName.forEach((name, info) -> {
                boolean norm = TensorNames.isNorm(name);
                DType type = norm ? DType.F32 : quantization.typeOf(renamed(info, name), config.layers());
                List<Long> shape = name.equals(EMBEDDING) ? trimmed(info, tokenizer) : info.shape();
                steps.add(new Pipeline.Step(file, info, tensor(name, type, shape), norm ? 1 : 0));
            });
            dense.layers().forEach((name, layer) -> {
                TensorInfo info = layer.weight();
                DType type = quantization.typeOf(renamed(info, name), config.layers());
                steps.add(new Pipeline.Step(layer.file(), info, tensor(name, type, info.shape()), 0));
            });

            GgufMetadata.Builder head = GgufMetadata.builder(target.toString());
            head.string("general.architecture", config.family().gguf)
                    .string("general.type", "model")
                    .string("general.name", name(source.path()));
            config.putInto(head);
            putFileType(head, quantization, steps);
            DType embedding = type(byName, EMBEDDING);
            head.string(
                    Marks.EMBEDDING_SCALE,
                    file.metadata().getOrDefault(Marks.EMBEDDING_SCALE, Marks.scaleFor(embedding)));
            head.string(Marks.SOURCE_DTYPE, normType.name());
            source.generationConfig()
                    .ifPresent(json -> head.string(
                            Marks.GENERATION_CONFIG, new String(JsonText.compact(json.raw()), StandardCharsets.UTF_8)));
            tokenizer.ifPresent(data -> data.putInto(head));
            tokenizer
                    .flatMap(TokenizerData::chatTemplate)
                    .or(source::chatTemplate)
                    .ifPresent(text -> head.string(TokenizerData.TEMPLATE, text));
            write(target, head.build(), steps, workers, progress);
        }
    }

    /** The language model's tensors by their GGUF names: embedding first, then layer by layer. */
    private static Map<String, TensorInfo> mapped(SafetensorsFile file, TextConfig config) {
        TensorNames names = new TensorNames(config.family());
        Map<String, TensorInfo> byName = new TreeMap<>(Order.BY_LAYER);
        for (TensorInfo info : file.tensors()) {
            Optional<String> name = names.toGguf(info.name());
            if (name.isEmpty()) {
                if (!TensorNames.isIgnored(info.name())) {
                    throw new FormatException(
                            file.description() + ": tensor " + Names.shown(info.name()) + " has no place in a "
                                    + config.family().gguf + " model; Jemma converts the published layouts only");
                }
            } else if (byName.put(name.get(), info) != null) {
                throw new FormatException(file.description() + " holds " + name.get() + " under two names");
            }
        }
        return byName;
    }

    private static void requireAll(Map<String, TensorInfo> byName, TextConfig config, String source) {
        for (String name : new TensorNames(config.family()).expected(config.layers())) {
            if (!byName.containsKey(name)) {
                throw new FormatException(source + " lacks the tensor that GGUF calls " + name
                        + "; config.json promises " + config.layers() + " layers");
            }
        }
    }

    /** The embedding without rows that no token has. */
    private static List<Long> trimmed(TensorInfo embedding, Optional<TokenizerData> tokenizer) {
        if (tokenizer.isEmpty() || embedding.shape().size() != 2) {
            return embedding.shape();
        }
        long tokens = tokenizer.get().tokens().size();
        if (tokens > embedding.rows()) {
            throw new FormatException("the tokenizer has " + tokens + " tokens, but the embedding only "
                    + embedding.rows() + " rows: they belong to different models");
        }
        return List.of(tokens, embedding.cols());
    }

    static void requantize(
            GgufFile source, Path target, Quantization quantization, Workers workers, Progress progress) {
        TextConfig config = TextConfig.ofGguf(source);
        List<Pipeline.Step> steps = new ArrayList<>();
        for (TensorInfo info : source.tensors()) {
            DType type = quantization.typeOf(info, config.layers());
            steps.add(new Pipeline.Step(source, info, tensor(info.name(), type, info.shape()), 0));
        }
        GgufMetadata.Builder head = GgufMetadata.builder(target.toString());
        source.metadata().values().forEach((key, value) -> {
            if (!key.startsWith("split.")) {
                head.value(key, value);
            }
        });
        putFileType(head, quantization, steps);
        if (!source.metadata().has(Marks.EMBEDDING_SCALE)) {
            DType embedding = source.find(EMBEDDING).map(TensorInfo::type).orElse(DType.F32);
            head.string(Marks.EMBEDDING_SCALE, Marks.scaleFor(embedding));
        }
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

    private static DType type(Map<String, TensorInfo> byName, String name) {
        return Optional.ofNullable(byName.get(name)).map(TensorInfo::type).orElse(DType.F32);
    }

    private static TensorInfo renamed(TensorInfo info, String name) {
        return new TensorInfo(name, info.type(), info.shape(), info.byteSize());
    }

    private static TensorInfo tensor(String name, DType type, List<Long> shape) {
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return new TensorInfo(name, type, shape, type.bytesFor(elements));
    }

    private static String name(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }
}
