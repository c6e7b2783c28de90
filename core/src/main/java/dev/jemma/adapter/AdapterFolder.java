package dev.jemma.adapter;

import dev.jemma.format.FormatException;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import dev.jemma.format.Names;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.model.Adapter;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.Linear;
import dev.jemma.model.LowRank;
import dev.jemma.model.Weight;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An adapter as PEFT stores it: a folder with {@code adapter_config.json} and {@code adapter_model.safetensors}. LoRA and
 * rsLoRA on the matrices of layers are read and written; what Jemma would compute wrongly is refused.
 */
public final class AdapterFolder {
    private static final String CONFIG = "adapter_config.json";
    private static final String TENSORS = "adapter_model";
    private static final String PREFIX = "base_model.model.";
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    /** Settings that change what an adapter computes, and that have to be off. */
    private static final List<String> REFUSED = List.of(
            "use_dora",
            "use_qalora",
            "use_bdlora",
            "fan_in_fan_out",
            "lora_bias",
            "modules_to_save",
            "trainable_token_indices",
            "target_parameters",
            "layer_replication",
            "alpha_pattern",
            "alora_invocation_tokens",
            "arrow_config",
            "monteclora_config",
            "velora_config",
            "kasa_config");

    private AdapterFolder() {}

    /**
     * Reads an adapter for models of this configuration.
     *
     * @param arena owns its matrices, which are float32 whatever the file holds
     * @throws FormatException if it is damaged, made for another model, or of a kind that Jemma does not compute
     */
    public static Adapter read(Path folder, GemmaConfig config, Kernels kernels, Arena arena) {
        Adapter.Scaling scaling = scaling(Json.read(folder.resolve(CONFIG)));
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return read(
                folder.resolve(TENSORS + ".safetensors"),
                name == null ? "adapter" : name.toString(),
                scaling,
                config,
                kernels,
                arena);
    }

    /**
     * Reads the matrices of an adapter whose scaling is known: of a checkpoint.
     *
     * @param tensors a safetensors file with PEFT's names
     * @param name what people call it
     * @param arena owns its matrices, which are float32 whatever the file holds
     * @throws FormatException if it is damaged, or made for another model
     */
    public static Adapter read(
            Path tensors, String name, Adapter.Scaling scaling, GemmaConfig config, Kernels kernels, Arena arena) {
        Map<Weight, LowRank> additions = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(tensors)) {
            if (!file.unsupported().isEmpty()) {
                file.find(file.unsupported().keySet().iterator().next());
            }
            Map<String, TensorInfo> as = new TreeMap<>();
            Map<String, TensorInfo> bs = new TreeMap<>();
            for (TensorInfo tensor : file.tensors()) {
                String part = tensor.name();
                if (part.endsWith(A)) {
                    as.put(part.substring(0, part.length() - A.length()), tensor);
                } else if (part.endsWith(B)) {
                    bs.put(part.substring(0, part.length() - B.length()), tensor);
                } else {
                    throw new FormatException(file.description() + ": the tensor " + Names.shown(part)
                            + " is no part of a LoRA adapter that Jemma computes");
                }
            }
            if (as.isEmpty() || !as.keySet().equals(bs.keySet())) {
                throw new FormatException(
                        file.description() + ": every lora_A needs its lora_B, and there must be one at least");
            }
            Map<Weight, String> modules =
                    new TreeMap<>(Comparator.comparingInt(Weight::layer).thenComparing(Weight::part));
            for (String module : as.keySet()) {
                Weight weight = weight(module, config, file);
                if (modules.put(weight, module) != null) {
                    throw new FormatException(
                            file.description() + ": " + Names.shown(module) + " has a second name in the file");
                }
            }
            modules.forEach((weight, module) -> {
                TensorInfo a = Objects.requireNonNull(as.get(module));
                TensorInfo b = Objects.requireNonNull(bs.get(module));
                check(a, b, weight, config, file);
                additions.put(
                        weight,
                        new LowRank(
                                load(file, a, kernels, arena),
                                load(file, b, kernels, arena),
                                scaling.scale(Math.toIntExact(a.rows()))));
            });
        }
        return new Adapter(name, scaling, additions);
    }

    private static Adapter.Scaling scaling(Json json) {
        String type = json.get("peft_type").asString();
        if (!type.equals("LORA")) {
            throw json.get("peft_type").error("is " + Names.shown(type) + "; Jemma computes LORA adapters");
        }
        for (String key : REFUSED) {
            Optional<Json> value = json.find(key).filter(v -> !isOff(v));
            if (value.isPresent()) {
                throw value.get().error("is set; Jemma computes plain LoRA and rsLoRA adapters only");
            }
        }
        Optional<Json> bias = json.find("bias").filter(v -> !v.asString().equals("none"));
        if (bias.isPresent()) {
            throw bias.get().error("should be none: Gemma has no biases");
        }
        int rank = json.get("r").asInt();
        double alpha = json.get("lora_alpha").asDouble();
        if (rank < 1 || !Double.isFinite(alpha)) {
            throw json.get("r").error("and lora_alpha should be a positive rank and a finite number");
        }
        return new Adapter.Scaling(rank, alpha, json.bool("use_rslora").orElse(false));
    }

    private static boolean isOff(Json value) {
        return switch (value.raw()) {
            case Boolean b -> !b;
            case List<?> list -> list.isEmpty();
            case Map<?, ?> map -> map.isEmpty();
            default -> false;
        };
    }

    private static Weight weight(String module, GemmaConfig config, SafetensorsFile file) {
        return Optional.of(module)
                .filter(m -> m.startsWith(PREFIX))
                .flatMap(m -> Weight.ofHuggingFace(config.architecture(), m.substring(PREFIX.length()) + ".weight"))
                .filter(w -> w.isIn(config) && !w.part().isNorm() && w.part().ofLayer())
                .orElseThrow(() -> new FormatException(file.description() + ": " + Names.shown(module)
                        + " is no matrix of a layer of this "
                        + config.architecture().title()
                        + " model; was the adapter made for another one?"));
    }

    private static void check(TensorInfo a, TensorInfo b, Weight weight, GemmaConfig config, SafetensorsFile file) {
        List<Long> shape = weight.shape(config);
        if (a.shape().size() != 2
                || b.shape().size() != 2
                || a.rows() != b.cols()
                || a.rows() < 1
                || a.cols() != shape.get(1)
                || b.rows() != shape.get(0)) {
            throw new FormatException(file.description() + ": " + Names.shown(a.name()) + " " + a.shape()
                    + " and its lora_B " + b.shape() + " do not fit a weight of " + shape
                    + "; was the adapter made for another model?");
        }
    }

    private static Linear load(SafetensorsFile file, TensorInfo tensor, Kernels kernels, Arena arena) {
        int rows = Math.toIntExact(tensor.rows());
        int cols = Math.toIntExact(tensor.cols());
        try (Arena staging = Arena.ofConfined()) {
            MemorySegment raw =
                    staging.allocate(Math.max(1, tensor.byteSize()), 8).asSlice(0, tensor.byteSize());
            file.read(tensor, 0, raw);
            return matrix(kernels, rows, cols, Quants.decode(tensor.type(), raw), arena);
        }
    }

    /** A float32 matrix [rows, cols] of an adapter. */
    static Linear matrix(Kernels kernels, int rows, int cols, float[] values, Arena arena) {
        MatrixBuilder builder = kernels.matrix(DType.F32, rows, cols, arena);
        builder.put(0, MemorySegment.ofArray(values));
        return new Linear.Packed(builder.build());
    }

    /**
     * Writes an adapter as PEFT reads it; the configuration comes last, so that a folder with one is whole.
     *
     * @param baseModel what the adapter is for, as PEFT would load it
     * @throws dev.jemma.JemmaException if a file cannot be written
     */
    public static void write(Path folder, Adapter adapter, GemmaConfig config, String baseModel) {
        List<TensorInfo> tensors = new ArrayList<>();
        List<Linear> matrices = new ArrayList<>();
        adapter.additions().forEach((weight, addition) -> {
            tensors.add(info(LowRank.nameOfA(weight, config.architecture()), addition.a()));
            matrices.add(addition.a());
            tensors.add(info(LowRank.nameOfB(weight, config.architecture()), addition.b()));
            matrices.add(addition.b());
        });
        try (SafetensorsWriter writer = SafetensorsWriter.single(folder, TENSORS, tensors, Map.of("format", "pt"));
                Arena arena = Arena.ofConfined()) {
            for (Linear linear : matrices) {
                Matrix matrix = packed(linear);
                MemorySegment row = arena.allocate(4L * matrix.cols(), 4);
                for (int r = 0; r < matrix.rows(); r++) {
                    matrix.row(r, row, 0);
                    writer.write(row);
                }
            }
            writer.finish();
        }
        JsonText.write(folder.resolve(CONFIG), fields(adapter, config, baseModel));
    }

    private static TensorInfo info(String name, Linear matrix) {
        return TensorInfo.of(name, DType.F32, List.of((long) matrix.out(), (long) matrix.in()));
    }

    static Matrix packed(Linear linear) {
        if (linear instanceof Linear.Packed(Matrix matrix)) {
            return matrix;
        }
        throw new IllegalArgumentException("an adapter is made of packed matrices");
    }

    private static Map<String, Object> fields(Adapter adapter, GemmaConfig config, String baseModel) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("base_model_name_or_path", baseModel);
        json.put("bias", "none");
        json.put("fan_in_fan_out", false);
        json.put("inference_mode", true);
        json.put("lora_alpha", number(adapter.scaling().alpha()));
        json.put("lora_dropout", 0.0);
        json.put("peft_type", "LORA");
        json.put("r", adapter.scaling().rank());
        json.put("target_modules", targets(adapter, config));
        json.put("task_type", "CAUSAL_LM");
        json.put("use_dora", false);
        json.put("use_rslora", adapter.scaling().rankStabilized());
        return json;
    }

    private static Number number(double value) {
        if (value == Math.rint(value)) {
            return (long) value;
        }
        return value;
    }

    /** Names of kinds where every layer has one of that kind; else names of modules. */
    private static List<String> targets(Adapter adapter, GemmaConfig config) {
        Map<String, Integer> kinds = new TreeMap<>();
        TreeSet<String> modules = new TreeSet<>();
        for (Weight weight : adapter.additions().keySet()) {
            String name = weight.huggingFaceName(config.architecture());
            String module = name.substring(0, name.length() - ".weight".length());
            modules.add(module);
            kinds.merge(module.substring(module.lastIndexOf('.') + 1), 1, Integer::sum);
        }
        int layers = config.layers().size();
        return kinds.values().stream().allMatch(n -> n == layers) ? List.copyOf(kinds.keySet()) : List.copyOf(modules);
    }
}
