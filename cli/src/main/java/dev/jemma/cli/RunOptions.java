package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.Speculation;
import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.machine.Machine;
import dev.jemma.model.EmbeddingScale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flags of every command that runs a model; a picocli mixin. */
public final class RunOptions {
    @Mixin
    private ModelOptions source = new ModelOptions();

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Compute threads (default: as 'jemma doctor' shows).")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--exact", description = "float32 activations everywhere: slower, the reference's arithmetic.")
    private boolean exact;

    @Option(
            names = "--embedding-scale",
            paramLabel = "exact|bf16",
            description = "Rounding of the factor on token embeddings (default: what the file says).")
    private Optional<String> embeddingScale = Optional.empty();

    @Option(
            names = {"-c", "--context"},
            paramLabel = "TOKENS",
            description = "Most tokens of a sequence (default: the model's, if memory allows).")
    private Optional<Integer> context = Optional.empty();

    @Option(
            names = "--kv-memory",
            paramLabel = "MIB",
            description = "Memory for keys and values (default: one full context, at least 1024).")
    private Optional<Long> kvMebibytes = Optional.empty();

    @Option(
            names = "--kv-type",
            paramLabel = "f32|bf16|q8_0",
            description = "What keys and values are kept as: a half or about a quarter of the memory (default: f32).")
    private Optional<String> kvType = Optional.empty();

    @Option(
            names = "--batch-rows",
            paramLabel = "N",
            description = "Rows of a forward pass: long prompts are cut into such chunks (default: 512).")
    private Optional<Integer> batchRows = Optional.empty();

    @Option(
            names = "--no-screen",
            description =
                    "No coarse copy of a large 8-bit output matrix: two thirds of its memory less, same tokens, slower.")
    private boolean noScreen;

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "Low-rank adapter (LoRA) in PEFT's form that serves with the model.")
    private Optional<Path> adapter = Optional.empty();

    /** A loaded model and where it came from. */
    public record Opened(LanguageModel model, ModelLocator.Located located) implements AutoCloseable {
        /** The environment record for JSON output; takes the checksum of a file that is not from the store. */
        public Environment environment(Optional<Long> seed) {
            return Environment.of(model.threads(), located.checksum(), seed);
        }

        @Override
        public void close() {
            model.close();
        }
    }

    /** A locator that honours the flags. */
    public ModelLocator locator(Console console) {
        return source.locator(console);
    }

    /** Most tokens of a sequence, if they were asked for. */
    OptionalInt contextTokens() {
        return context.isPresent() ? OptionalInt.of(positive("--context", context.get())) : OptionalInt.empty();
    }

    /** Compute threads: those asked for, or what suits the machine. */
    int threadCount() {
        return threads.map(n -> positive("--threads", n))
                .orElseGet(() -> Machine.detect().threads().count());
    }

    /** Finds and loads a model; empty means the default model. */
    public Opened open(Console console, String reference) {
        return open(console, locator(console).locate(reference));
    }

    /** Finds and loads a model that guesses ahead so; empty means the default model. */
    Opened open(Console console, String reference, Speculation speculation) {
        return open(console, locator(console).locate(reference), options -> options.speculation(speculation));
    }

    /** Loads a model that was found, with a bar where it takes long. */
    public Opened open(Console console, ModelLocator.Located located) {
        return open(console, located, _ -> {});
    }

    /** As above; {@code more} sets what no flag does. */
    public Opened open(
            Console console, ModelLocator.Located located, Consumer<dev.jemma.infer.ModelOptions.Builder> more) {
        try (Progress bar = console.progress("loading " + located.name(), 0, Progress.Unit.BYTES)) {
            dev.jemma.infer.ModelOptions.LoadListener listener = (done, total) -> {
                bar.total(total);
                bar.at(done);
            };
            LanguageModel model = LanguageModel.open(located.path(), loading(listener, more));
            model.files().notes().forEach(console::warn);
            return new Opened(model, located);
        }
    }

    private dev.jemma.infer.ModelOptions loading(
            dev.jemma.infer.ModelOptions.LoadListener listener, Consumer<dev.jemma.infer.ModelOptions.Builder> more) {
        var options = dev.jemma.infer.ModelOptions.builder()
                .precision(exact ? Precision.EXACT : Precision.FAST)
                .embeddingScale(scale())
                .kvType(keysAndValues())
                .screen(!noScreen)
                .loading(listener);
        threads.ifPresent(n -> options.threads(positive("--threads", n)));
        context.ifPresent(n -> options.contextLength(positive("--context", n)));
        batchRows.ifPresent(n -> options.batchRows(positive("--batch-rows", n)));
        kvMebibytes.ifPresent(n -> options.kvBudgetBytes(Math.multiplyExact(positive("--kv-memory", n), 1L << 20)));
        adapter.ifPresent(options::adapter);
        more.accept(options);
        return options.build();
    }

    private EmbeddingScale scale() {
        if (embeddingScale.isEmpty()) {
            return EmbeddingScale.AUTO;
        }
        return switch (embeddingScale.get().toLowerCase(Locale.ROOT)) {
            case "exact" -> EmbeddingScale.EXACT;
            case "bf16" -> EmbeddingScale.BF16;
            default ->
                throw new MisuseException("--embedding-scale is exact or bf16, not '" + embeddingScale.get() + "'");
        };
    }

    private KvType keysAndValues() {
        String name = kvType.orElse("f32").toUpperCase(Locale.ROOT);
        for (KvType type : KvType.values()) {
            if (type.name().equals(name)) {
                if (exact && type != KvType.F32) {
                    throw new MisuseException(
                            "--exact keeps keys and values in float32: leave out --kv-type or --exact");
                }
                return type;
            }
        }
        throw new MisuseException("--kv-type is f32, bf16 or q8_0, not '" + kvType.orElse("") + "'");
    }

    /** What figures of a loaded model depend on: its file's content, and the flags that change its arithmetic. */
    Map<String, Object> facts(Opened opened) {
        Map<String, Object> facts = new TreeMap<>();
        Path path = opened.located().path();
        facts.put("model", opened.located().checksum().orElseGet(() -> stamp(path)));
        facts.put("exact", exact);
        facts.put("embedding_scale", opened.model().embeddingScale());
        facts.put("kv_type", kvType.orElse("f32").toLowerCase(Locale.ROOT));
        facts.put("context", opened.model().engine().options().contextLength());
        adapter.ifPresent(
                folder -> facts.put("adapter", folder + " " + stamp(folder.resolve("adapter_model.safetensors"))));
        return facts;
    }

    /** Size and time of a file or of the files of a folder, where no checksum is known. */
    private static String stamp(Path path) {
        try (Stream<Path> files = Files.isDirectory(path) ? Files.list(path) : Stream.of(path)) {
            StringBuilder stamp = new StringBuilder(String.valueOf(path.getFileName()));
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                stamp.append(' ')
                        .append(Files.size(file))
                        .append('@')
                        .append(Files.getLastModifiedTime(file).toMillis());
            }
            return stamp.toString();
        } catch (IOException e) {
            throw new JemmaException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static int positive(String flag, int value) {
        return Math.toIntExact(positive(flag, (long) value));
    }

    private static long positive(String flag, long value) {
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw new MisuseException(flag + " must be at least 1, not " + value);
        }
        return value;
    }
}
