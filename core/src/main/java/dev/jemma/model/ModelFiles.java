package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.Json;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model on disk with its headers read: a GGUF file or a Hugging Face folder, seen alike. Nothing else is in memory
 * until {@link ModelLoader} reads the weights.
 */
public final class ModelFiles implements AutoCloseable {
    private static final List<String> PREFIXES =
            List.of("model.", "language_model.model.", "model.language_model.", "");

    /** What a file is, for those that need more than the model definition does. */
    public sealed interface Source {
        /** One GGUF file, or a split one. */
        record Gguf(GgufFile file) implements Source {}

        /** A folder as the Hugging Face hub lays it out. */
        record HuggingFace(HfFolder folder) implements Source {}
    }

    private final Path path;
    private final Source source;
    private final GemmaConfig config;
    private final List<String> notes;
    private final List<SafetensorsFile> denseFiles;

    private ModelFiles(
            Path path, Source source, GemmaConfig config, List<String> notes, List<SafetensorsFile> denseFiles) {
        this.path = path;
        this.source = source;
        this.config = config;
        this.notes = List.copyOf(notes);
        this.denseFiles = List.copyOf(denseFiles);
    }

    /**
     * Opens a GGUF file (any part of a split one) or a Hugging Face folder.
     *
     * @throws FormatException if it is neither, damaged, or a model that Jemma does not run
     */
    public static ModelFiles open(Path path) {
        if (Files.isDirectory(path)) {
            return openFolder(path);
        }
        if (!Files.exists(path)) {
            throw new FormatException(path + " does not exist");
        }
        if (!GgufFile.looksLike(path)) {
            throw new FormatException(path + " is not a GGUF file; give a GGUF file or a Hugging Face folder with"
                    + " config.json and safetensors");
        }
        GgufFile file = GgufFile.open(path);
        try {
            return new ModelFiles(path, new Source.Gguf(file), GgufConfig.read(file), List.of(), List.of());
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static ModelFiles openFolder(Path path) {
        HfFolder folder = HfFolder.open(path);
        List<SafetensorsFile> dense = new ArrayList<>();
        try {
            Json config = folder.config();
            List<String> notes = HfConfig.hasVision(config)
                    ? List.of("the model's vision part is ignored: only text goes in and comes out")
                    : List.of();
            GemmaConfig read = HfConfig.read(config);
            for (String name : read.embedsText() ? List.of("2_Dense", "3_Dense") : List.<String>of()) {
                Path file = path.resolve(name).resolve("model.safetensors");
                if (Files.isRegularFile(file)) {
                    dense.add(SafetensorsFile.open(file));
                }
            }
            return new ModelFiles(path, new Source.HuggingFace(folder), read, notes, dense);
        } catch (RuntimeException e) {
            folder.close();
            dense.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    /** What the user named. */
    public Path path() {
        return path;
    }

    /** The files themselves. */
    public Source source() {
        return source;
    }

    /** What they say the model is. */
    public GemmaConfig config() {
        return config;
    }

    /** What a user should be told about these files, one line each. */
    public List<String> notes() {
        return notes;
    }

    /** The tensors. */
    public TensorFile tensors() {
        return switch (source) {
            case Source.Gguf(GgufFile file) -> file;
            case Source.HuggingFace(HfFolder folder) -> folder.tensors();
        };
    }

    /** The chat template that the file brings, in Jinja. */
    public Optional<String> chatTemplate() {
        return switch (source) {
            case Source.Gguf(GgufFile file) -> file.metadata().string("tokenizer.chat_template");
            case Source.HuggingFace(HfFolder folder) -> folder.chatTemplate();
        };
    }

    /** How the embedding factor is rounded when nobody says otherwise (DESIGN 5.4). */
    public EmbeddingScale embeddingScale() {
        Optional<String> stated = switch (source) {
            case Source.Gguf(GgufFile file) -> file.metadata().string("jemma.embedding_scale");
            case Source.HuggingFace(HfFolder folder) ->
                Optional.ofNullable(folder.tensors().metadata().get("jemma.embedding_scale"));
        };
        if (stated.isPresent()) {
            return switch (stated.get()) {
                case "exact" -> EmbeddingScale.EXACT;
                case "bf16" -> EmbeddingScale.BF16;
                default -> throw new FormatException(path + ": jemma.embedding_scale is neither exact nor bf16");
            };
        }
        return tensor(Part.EMBEDDING, 0).type() == DType.F32 ? EmbeddingScale.EXACT : EmbeddingScale.BF16;
    }

    /** Whether norm weights must get their 1 added: GGUF files already hold it. */
    boolean addOneToNorms() {
        return source instanceof Source.HuggingFace;
    }

    /** The tensor of a part. */
    TensorInfo tensor(Part part, int layer) {
        if (source instanceof Source.Gguf) {
            String name = part.ggufName(layer);
            return tensors().find(name).orElseThrow(() -> missing(name));
        }
        String name = part.huggingFaceName(config.architecture(), layer);
        for (String prefix : PREFIXES) {
            Optional<TensorInfo> found = tensors().find(prefix + name);
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw missing(name);
    }

    /** A dense layer after pooling and the file that holds it. */
    record Dense(TensorFile file, TensorInfo tensor) {}

    /** The dense layers of an embedding model, in order; empty if it has none. */
    List<Dense> dense() {
        if (source instanceof Source.Gguf(GgufFile file)) {
            List<Dense> found = new ArrayList<>();
            for (String name : List.of("dense_2.weight", "dense_3.weight")) {
                file.find(name).ifPresent(tensor -> found.add(new Dense(file, tensor)));
            }
            return found;
        }
        return denseFiles.stream()
                .map(file -> new Dense(
                        file,
                        file.find("linear.weight")
                                .orElseThrow(() -> new FormatException(
                                        file.description() + ": the tensor linear.weight is missing"))))
                .toList();
    }

    /** Parameters of the dense layers that follow the hidden states of an embedding model; 0 for all other models. */
    public long denseParameters() {
        return dense().stream().mapToLong(layer -> layer.tensor().elements()).sum();
    }

    private FormatException missing(String name) {
        return new FormatException(tensors().description() + ": the tensor " + name + " is missing");
    }

    @Override
    public void close() {
        switch (source) {
            case Source.Gguf(GgufFile file) -> file.close();
            case Source.HuggingFace(HfFolder folder) -> folder.close();
        }
        denseFiles.forEach(SafetensorsFile::close);
    }
}
