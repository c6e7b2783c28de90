package dev.jemma.format;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model folder as the Hugging Face hub lays it out: {@code config.json}, tensors in safetensors form, and tokenizer
 * files beside them. What the configuration means is for the model to say; here it is a tree. Safe for use by several
 * threads.
 */
public final class HfFolder implements AutoCloseable {
    private static final String CONFIG = "config.json";
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final long MAX_TEMPLATE_BYTES = 4 << 20;

    private final Path folder;
    private final Json config;
    private final Optional<Json> generationConfig;
    private final Optional<String> chatTemplate;
    private final SafetensorsFile tensors;

    private HfFolder(
            Path folder,
            Json config,
            Optional<Json> generationConfig,
            Optional<String> chatTemplate,
            SafetensorsFile tensors) {
        this.folder = folder;
        this.config = config;
        this.generationConfig = generationConfig;
        this.chatTemplate = chatTemplate;
        this.tensors = tensors;
    }

    /** Whether the folder holds a {@code config.json}. */
    public static boolean looksLike(Path folder) {
        return Files.isRegularFile(folder.resolve(CONFIG));
    }

    /**
     * Opens the folder and reads all headers.
     *
     * @throws FormatException if a needed file is missing or damaged, or the weights are quantized in a way that only
     *     other software reads
     */
    public static HfFolder open(Path folder) {
        if (!looksLike(folder)) {
            throw new FormatException(folder + " holds no " + CONFIG + ": not a Hugging Face model folder");
        }
        Json config = Json.read(folder.resolve(CONFIG));
        refuseQuantized(config);
        Optional<Json> generation = file(folder, "generation_config.json").map(Json::read);
        Optional<String> template = template(folder);
        return new HfFolder(folder, config, generation, template, openTensors(folder));
    }

    private static void refuseQuantized(Json config) {
        if (!config.isObject()) {
            throw config.error("should be an object");
        }
        Optional<Json> quantization = config.find("quantization_config");
        if (quantization.isEmpty()
                && config.has("text_config")
                && config.get("text_config").isObject()) {
            quantization = config.get("text_config").find("quantization_config");
        }
        if (quantization.isPresent()) {
            String method = quantization
                    .filter(Json::isObject)
                    .flatMap(q -> q.find("quant_method"))
                    .filter(Json::isString)
                    .map(Json::asString)
                    .orElse("an unnamed method");
            throw new FormatException(config.source() + ": the weights are quantized by " + Names.shown(method)
                    + "; Jemma reads safetensors in F32, F16 or BF16, and quantized models as GGUF");
        }
    }

    private static SafetensorsFile openTensors(Path folder) {
        // A single file wins over an index: it is what a later merge of the shards leaves behind.
        return file(folder, SINGLE)
                .or(() -> file(folder, INDEX))
                .map(SafetensorsFile::open)
                .orElseThrow(() -> new FormatException(folder + " holds neither " + SINGLE + " nor " + INDEX));
    }

    private static Optional<String> template(Path folder) {
        Optional<String> own = file(folder, "chat_template.jinja")
                .map(path -> new String(FileBytes.readAll(path, MAX_TEMPLATE_BYTES), StandardCharsets.UTF_8));
        if (own.isPresent()) {
            return own;
        }
        return file(folder, "tokenizer_config.json")
                .map(Json::read)
                .filter(Json::isObject)
                .flatMap(json -> json.find("chat_template"))
                .flatMap(HfFolder::defaultTemplate);
    }

    /** A template is a string, or a list of {name, template} of which "default" is ours. */
    private static Optional<String> defaultTemplate(Json template) {
        if (template.isString()) {
            return Optional.of(template.asString());
        }
        return template.items().stream()
                .filter(item -> item.string("name").filter("default"::equals).isPresent())
                .findFirst()
                .flatMap(item -> item.string("template"));
    }

    private static Optional<Path> file(Path folder, String name) {
        return Optional.of(folder.resolve(name)).filter(Files::isRegularFile);
    }

    /** The folder. */
    public Path path() {
        return folder;
    }

    /** The tree of {@code config.json}. */
    public Json config() {
        return config;
    }

    /** The tree of {@code generation_config.json}. */
    public Optional<Json> generationConfig() {
        return generationConfig;
    }

    /** The tensors, of one file or of all shards. */
    public SafetensorsFile tensors() {
        return tensors;
    }

    /** The chat template that comes with the model: {@code chat_template.jinja}, else in {@code tokenizer_config.json}. */
    public Optional<String> chatTemplate() {
        return chatTemplate;
    }

    /** A file of the folder, if it is there. */
    public Optional<Path> file(String name) {
        if (name.contains("/") || name.contains("\\") || name.contains("..")) {
            throw new IllegalArgumentException("not a plain file name: " + name);
        }
        return file(folder, name);
    }

    @Override
    public void close() {
        tensors.close();
    }
}
