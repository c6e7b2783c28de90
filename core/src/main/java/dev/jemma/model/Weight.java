package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.Names;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One tensor of a model, whatever a file calls it: the one place that maps names in GGUF files to names in safetensors
 * and knows the shapes. Loading and conversion both go by it.
 *
 * @param part its kind
 * @param layer from 0; 0 for what no layer has
 */
public record Weight(Part part, int layer) {
    /** An output matrix of its own, which some GGUF files repeat beside the token embedding. */
    public static final String GGUF_OUTPUT = "output.weight";

    private static final String EMBEDDING_PREFIX = "";
    private static final String PREFIX = "model.";
    /** What stands before the names: text models, two ages of multimodal ones, embedding models. */
    private static final List<String> PREFIXES =
            List.of(PREFIX, "language_model.model.", "model.language_model.", EMBEDDING_PREFIX);

    private static final Pattern LEFT_OUT =
            Pattern.compile("(?:model\\.|language_model\\.)?(?:vision_tower|multi_modal_projector|lm_head)\\..*");
    private static final Pattern LAYER = Pattern.compile("((?:blk|layers)\\.)(0|[1-9]\\d{0,4})(\\..*)");

    /** All tensors of a model, in the order in which they are used. */
    public static List<Weight> all(GemmaConfig config) {
        List<Weight> all = new ArrayList<>();
        all.add(new Weight(Part.EMBEDDING, 0));
        for (int i = 0; i < config.layers().size(); i++) {
            for (Part part : Part.values()) {
                if (part.ofLayer() && part.isIn(config.architecture())) {
                    all.add(new Weight(part, i));
                }
            }
        }
        all.add(new Weight(Part.FINAL_NORM, 0));
        return all;
    }

    /** The tensor of this name in a GGUF file of any architecture; empty for what Jemma does not know. */
    public static Optional<Weight> ofGguf(String name) {
        return parsed(name, Part::ofGguf);
    }

    /** The tensor of this name in a safetensors file, under any of the prefixes; empty for what Jemma does not know. */
    public static Optional<Weight> ofHuggingFace(Architecture architecture, String name) {
        for (String prefix : PREFIXES) {
            if (name.startsWith(prefix)) {
                Optional<Weight> weight =
                        parsed(name.substring(prefix.length()), pattern -> Part.ofHuggingFace(architecture, pattern));
                if (weight.isPresent()) {
                    return weight;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Weight> parsed(String name, Function<String, Optional<Part>> byPattern) {
        Matcher layer = LAYER.matcher(name);
        if (layer.matches()) {
            return byPattern
                    .apply(layer.group(1) + "%d" + layer.group(3))
                    .map(part -> new Weight(part, Integer.parseInt(layer.group(2))));
        }
        return byPattern.apply(name).filter(part -> !part.ofLayer()).map(part -> new Weight(part, 0));
    }

    /** Whether a safetensors name belongs to what Jemma leaves out: vision, or a separate output matrix. */
    public static boolean isLeftOut(String name) {
        return LEFT_OUT.matcher(name).matches();
    }

    /** Whether a model of this configuration has it. */
    public boolean isIn(GemmaConfig config) {
        return part.isIn(config.architecture()) && layer < config.layers().size();
    }

    /** Its name in a GGUF file. */
    public String ggufName() {
        return numbered(part.gguf());
    }

    /** Its name in the safetensors of a text model. */
    public String huggingFaceName(Architecture architecture) {
        // An embedding model is published without the "model." of the language models.
        String prefix = architecture == Architecture.GEMMA_EMBEDDING ? EMBEDDING_PREFIX : PREFIX;
        return prefix + numbered(part.huggingFace(architecture));
    }

    /** Its possible names in safetensors: of text models and of multimodal ones. */
    List<String> huggingFaceNames(Architecture architecture) {
        String name = numbered(part.huggingFace(architecture));
        return PREFIXES.stream().map(prefix -> prefix + name).toList();
    }

    private String numbered(String pattern) {
        return pattern.replace("%d", Integer.toString(layer));
    }

    /** Its shape, [out, in] for matrices. */
    public List<Long> shape(GemmaConfig config) {
        long d = config.hiddenSize();
        LayerConfig c = config.layers().get(layer);
        long headDim = c.attention().headDim();
        long q = c.attention().heads() * headDim;
        long kv = c.attention().kvHeads() * headDim;
        long ff = c.feedForwardSize();
        return switch (part) {
            case EMBEDDING -> List.of((long) config.vocabularySize(), d);
            case QUERY -> List.of(q, d);
            case KEY, VALUE -> List.of(kv, d);
            case OUTPUT -> List.of(d, q);
            case GATE, UP -> List.of(ff, d);
            case DOWN -> List.of(d, ff);
            case QUERY_NORM, KEY_NORM -> List.of(headDim);
            case ATTENTION_NORM, POST_ATTENTION_NORM, FEED_FORWARD_NORM, POST_FEED_FORWARD_NORM, FINAL_NORM ->
                List.of(d);
        };
    }

    /**
     * {@code tensor}, if it has this weight's shape; a norm may have more axes.
     *
     * @param file holds it, for messages
     * @throws FormatException if it has another shape
     */
    public TensorInfo checked(TensorInfo tensor, GemmaConfig config, TensorFile file) {
        List<Long> wanted = shape(config);
        if (part.isNorm()
                ? tensor.elements() != elements(config)
                : !tensor.shape().equals(wanted)) {
            throw new FormatException(file.description() + ": the tensor " + Names.shown(tensor.name()) + " has shape "
                    + tensor.shape() + ", but the configuration asks for " + wanted);
        }
        return tensor;
    }

    /** Number of its parameters. */
    long elements(GemmaConfig config) {
        return shape(config).stream().reduce(1L, Math::multiplyExact);
    }
}
