package dev.jemma.cli;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.convert.Converter;
import dev.jemma.convert.Quantization;
import dev.jemma.convert.TokenizerData;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.TensorInfo;
import dev.jemma.infer.ChatTemplates;
import dev.jemma.infer.TokenizerLoader;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the commands that write a model share: open, warn, write with a bar, tell what was written. */
final class Conversion {
    private final Console console;
    private final int threads;

    /**
     * What was written, as {@code --json} prints it.
     *
     * @param bytes of the new model
     * @param sourceBytes of the old one
     */
    record Report(
            Environment environment,
            String source,
            long sourceBytes,
            String target,
            String format,
            String type,
            long bytes) {}

    Conversion(Console console, int threads) {
        this.console = console;
        this.threads = threads;
    }

    /** The choice of this name. */
    static Quantization type(String name) {
        return Arrays.stream(Quantization.values())
                .filter(q -> q != Quantization.KEEP && q.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new MisuseException("there is no type '" + name + "' to write; there are "
                        + Arrays.stream(Quantization.values())
                                .filter(q -> q != Quantization.KEEP)
                                .map(Enum::name)
                                .collect(Collectors.joining(", "))));
    }

    /** The choice of this name, of those that a folder can hold. */
    static Quantization folderType(String name) {
        Quantization type = type(name);
        if (type != Quantization.F32 && type != Quantization.BF16 && type != Quantization.F16) {
            throw new MisuseException("a folder holds F32, BF16 or F16, not " + type
                    + "; a GGUF file (a name that ends in .gguf) holds it");
        }
        return type;
    }

    /** The element type of a choice that is one. */
    static DType element(Quantization type) {
        return DType.valueOf(type.name());
    }

    /** Writes a GGUF file, from a GGUF file or a folder. */
    Report toGguf(ModelLocator.Located located, Path target, Quantization type, boolean force) {
        try (ModelFiles files = ModelFiles.open(located.path())) {
            warn(files);
            warnOfScale(files.config());
            if (type != Quantization.KEEP) {
                warnOfLoss(files);
            }
            Target.file(target, located.path(), force);
            run("writing " + target.getFileName(), (workers, progress) -> {
                switch (files.source()) {
                    case ModelFiles.Source.Gguf(GgufFile file) ->
                        Converter.quantize(file, target, type, workers, progress);
                    case ModelFiles.Source.HuggingFace(HfFolder folder) -> {
                        Optional<TokenizerData> tokenizer = TokenizerFiles.read(files, folder);
                        if (tokenizer.isEmpty()) {
                            console.warn(folder.path() + " holds no tokenizer: the GGUF file will not have one either");
                        }
                        Converter.toGguf(folder, tokenizer, target, type, workers, progress);
                    }
                }
            });
            return report(located, target, "GGUF", type.name());
        }
    }

    /** Writes a Hugging Face folder from a GGUF file. */
    Report toFolder(ModelLocator.Located located, GgufFile file, Path target, boolean force) {
        Target.folder(
                target,
                located.path(),
                force,
                folder -> run("writing " + target.getFileName(), (workers, progress) -> {
                    Optional<TokenizerData> tokenizer = Converter.toHuggingFace(file, folder, workers, progress);
                    tokenizer.ifPresentOrElse(
                            data -> TokenizerFiles.write(data, folder),
                            () -> console.warn(file.description() + " holds no tokenizer: the folder will not either"));
                }));
        return report(located, target, "Hugging Face folder", Quantization.KEEP.name());
    }

    /** Writes a model that has learned as a GGUF file. */
    Report learnedToGguf(
            ModelLocator.Located base, Learned learned, Path target, Optional<Quantization> type, boolean force) {
        try (ModelFiles files = ModelFiles.open(base.path());
                Learned.Opened opened = learned.open(files)) {
            warn(files);
            warnOfScale(files.config());
            if (learned.isAdapter()) {
                warnOfLoss(files);
            }
            Target.file(target, base.path(), force);
            Optional<TokenizerData> tokenizer = tokenizer(files);
            Quantization wanted = type.orElse(Quantization.KEEP);
            run(
                    "writing " + target.getFileName(),
                    (workers, progress) -> Converter.changedToGguf(
                            files, opened.change(), tokenizer, target, wanted, workers, progress));
            return report(base, target, "GGUF", wanted.name());
        }
    }

    /** Writes a model that has learned as a Hugging Face folder. */
    Report learnedToFolder(
            ModelLocator.Located base, Learned learned, Path target, Optional<DType> type, boolean force) {
        try (ModelFiles files = ModelFiles.open(base.path());
                Learned.Opened opened = learned.open(files)) {
            warn(files);
            Target.folder(
                    target,
                    base.path(),
                    force,
                    folder -> run("writing " + target.getFileName(), (workers, progress) -> {
                        Optional<TokenizerData> tokenizer = tokenizer(files);
                        Converter.changedToHuggingFace(
                                files, opened.change(), tokenizer, folder, type, workers, progress);
                        TokenizerFiles.write(files, tokenizer, folder);
                    }));
            return report(
                    base, target, "Hugging Face folder", type.map(DType::name).orElse(Quantization.KEEP.name()));
        }
    }

    /** Writes an adapter that a run has learned in PEFT's form. */
    Report learnedToPeft(ModelLocator.Located base, Learned learned, Path target, boolean force) {
        try (ModelFiles files = ModelFiles.open(base.path());
                Arena arena = Arena.ofConfined()) {
            Adapter adapter = learned.adapter(files, arena)
                    .orElseThrow(() -> new MisuseException(learned.path()
                            + " trained all weights, so there is no adapter to write; use --to hf or gguf"));
            Target.folder(
                    target,
                    base.path(),
                    force,
                    folder -> AdapterFolder.write(
                            folder, adapter, files.config(), base.path().toString()));
            return report(base, target, "PEFT adapter", DType.F32.name());
        }
    }

    private Optional<TokenizerData> tokenizer(ModelFiles files) {
        Optional<TokenizerData> tokenizer = switch (files.source()) {
            case ModelFiles.Source.Gguf(GgufFile file) -> TokenizerData.of(file);
            case ModelFiles.Source.HuggingFace(HfFolder folder) -> TokenizerFiles.read(files, folder);
        };
        if (tokenizer.isEmpty()) {
            console.warn(files.path() + " holds no tokenizer: the new model will not either");
        }
        return tokenizer;
    }

    /** Tells what a user should know about a model that is to be written anew. */
    void warn(ModelFiles files) {
        files.notes().forEach(console::warn);
        if (TokenizerLoader.isIn(files) && files.chatTemplate().isPresent()) {
            Optional<ChatTemplate> builtIn = ChatTemplates.of(files, TokenizerLoader.load(files));
            builtIn.flatMap(template -> Templates.warning(files, template)).ifPresent(console::warn);
        }
    }

    // llama.cpp takes the scale from the size of a head, and that of the two 27B models from their number of layers.
    private void warnOfScale(GemmaConfig config) {
        boolean known = switch (config.architecture()) {
            case GEMMA2 -> config.layers().size() == 46 && config.queryScalar() == 144;
            case GEMMA3 -> config.layers().size() == 62 && config.queryScalar() == 168;
            default -> false;
        };
        int headDim = config.layers().getFirst().attention().headDim();
        if (config.queryScalar() != headDim && !known) {
            console.warn("the attention scale is "
                    + BigDecimal.valueOf(config.queryScalar())
                            .stripTrailingZeros()
                            .toPlainString()
                    + "^-½, not that of the head size, " + headDim + ": Jemma reads it from the GGUF file, llama.cpp"
                    + " does not and answers differently");
        }
    }

    private void warnOfLoss(ModelFiles files) {
        List<String> lossy = files.tensors().tensors().stream()
                .map(TensorInfo::type)
                .filter(DType::isQuantized)
                .distinct()
                .map(DType::name)
                .toList();
        if (!lossy.isEmpty()) {
            console.warn("the model is quantized already (" + String.join(", ", lossy)
                    + "): what was lost stays lost; start from the original weights for the best quality");
        }
    }

    @FunctionalInterface
    private interface Work {
        void run(Workers workers, dev.jemma.convert.Progress progress);
    }

    private void run(String label, Work work) {
        try (Workers workers = new WorkerPool(threads);
                Progress bar = console.progress(label, 0, Progress.Unit.of("tensors"))) {
            work.run(workers, (_, index, count) -> {
                bar.total(count);
                bar.at(index);
            });
        }
    }

    private Report report(ModelLocator.Located located, Path target, String format, String type) {
        return new Report(
                Environment.of(threads, located.sha256(), Optional.empty()),
                located.path().toString(),
                bytes(located.path()),
                target.toString(),
                format,
                type,
                bytes(target));
    }

    /** Prints what was written. */
    void tell(Report report, boolean json) {
        console.println(
                json
                        ? Json.pretty(report)
                        : report.target() + ": " + report.format() + ", " + Units.bytes(report.bytes()) + " from "
                                + Units.bytes(report.sourceBytes()));
    }

    private static long bytes(Path path) {
        try (Stream<Path> files = Files.walk(path)) {
            long bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
