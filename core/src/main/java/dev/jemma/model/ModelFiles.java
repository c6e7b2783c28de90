package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.Json;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model on disk with its headers read: a GGUF file or a Hugging Face folder, seen alike. Nothing else is in memory
 * until {@link ModelLoader} reads the weights.
 */
public final class ModelFiles implements AutoCloseable {
    /** GGUF key of our own: the text of {@code generation_config.json}, kept by conversion. */
    public static final String GENERATION_CONFIG_KEY = "jemma.generation_config";

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
    private final DenseLayers dense;

    private ModelFiles(Path path, Source source, GemmaConfig config, List<String> notes, DenseLayers dense) {
        this.path = path;
        this.source = source;
        this.config = config;
        this.notes = List.copyOf(notes);
        this.dense = dense;
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
            return new ModelFiles(path, new Source.Gguf(file), GgufConfig.read(file), List.of(), DenseLayers.of(file));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static ModelFiles openFolder(Path path) {
        HfFolder folder = HfFolder.open(path);
        try {
            Json config = folder.config();
            List<String> notes = HfConfig.hasVision(config)
                    ? List.of("the model's vision part is ignored: only text goes in and comes out")
                    : List.of();
            GemmaConfig read = HfConfig.read(config);
            DenseLayers dense = DenseLayers.open(folder, read);
            return new ModelFiles(path, new Source.HuggingFace(folder), read, notes, dense);
        } catch (RuntimeException e) {
            folder.close();
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

    /** The model's own defaults of generation: {@code generation_config.json}, or what our converter kept of it. */
    public Optional<Json> generationConfig() {
        return switch (source) {
            case Source.Gguf(GgufFile file) ->
                file.metadata()
                        .string(GENERATION_CONFIG_KEY)
                        .map(text -> Json.parse(
                                text.getBytes(StandardCharsets.UTF_8),
                                file.description() + " " + GENERATION_CONFIG_KEY));
            case Source.HuggingFace(HfFolder folder) -> folder.generationConfig();
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
            case Source.Gguf(GgufFile file) -> file.metadata().string(EmbeddingScale.KEY);
            case Source.HuggingFace(HfFolder folder) ->
                Optional.ofNullable(folder.tensors().metadata().get(EmbeddingScale.KEY));
        };
        return EmbeddingScale.of(stated, tensor(new Weight(Part.EMBEDDING, 0)).type(), path.toString());
    }

    /** Whether norm weights must get their 1 added: GGUF files already hold it. */
    public boolean addOneToNorms() {
        return source instanceof Source.HuggingFace;
    }

    /**
     * Where a tensor is in these files, its shape checked.
     *
     * @throws FormatException if it is missing or of another shape
     */
    public TensorInfo tensor(Weight weight) {
        Architecture architecture = config.architecture();
        List<String> names =
                source instanceof Source.Gguf ? List.of(weight.ggufName()) : weight.huggingFaceNames(architecture);
        for (String name : names) {
            Optional<TensorInfo> found = tensors().find(name);
            if (found.isPresent()) {
                return weight.checked(found.get(), config, tensors());
            }
        }
        throw new FormatException(tensors().description() + ": the tensor " + names.getFirst() + " is missing");
    }

    /** The projections of an embedding model; none for other models. */
    DenseLayers dense() {
        return dense;
    }

    /** Parameters of the dense layers that follow the hidden states of an embedding model; 0 for all other models. */
    public long denseParameters() {
        return dense.layers().stream()
                .mapToLong(layer -> layer.tensor().elements())
                .sum();
    }

    @Override
    public void close() {
        switch (source) {
            case Source.Gguf(GgufFile file) -> file.close();
            case Source.HuggingFace(HfFolder folder) -> folder.close();
        }
        dense.close();
    }
}
