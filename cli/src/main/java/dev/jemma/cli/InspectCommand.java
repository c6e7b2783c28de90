package dev.jemma.cli;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.TensorInfo;
import dev.jemma.infer.ChatTemplates;
import dev.jemma.infer.EngineOptions;
import dev.jemma.infer.GenerationDefaults;
import dev.jemma.infer.MemoryNeed;
import dev.jemma.infer.TokenizerLoader;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.KvType;
import dev.jemma.machine.Limit;
import dev.jemma.machine.Machine;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LayerConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.tensor.DType;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jemma inspect}: what a model is, read from headers alone. */
@Command(
        name = "inspect",
        description = "Show what a model is and what it needs.",
        footer = {
            "",
            "Reads headers only. Memory is what one sequence that fills the context takes.",
            "Without MODEL: the default model, gemma3-270m.",
            "",
            "Examples:",
            "  jemma inspect gemma3-270m",
            "  jemma inspect model.gguf --context 32768 --tensors",
            "  jemma inspect model.gguf --json"
        })
final class InspectCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ModelArgument model = new ModelArgument();

    @Mixin
    private ModelOptions source = new ModelOptions();

    @Option(
            names = {"-c", "--context"},
            paramLabel = "TOKENS",
            description = "Context for which to tell the memory (default: the model's own).")
    private Optional<Integer> context = Optional.empty();

    @Option(names = "--tensors", description = "List every tensor.")
    private boolean tensors;

    @Option(names = "--json", description = "Print everything as JSON.")
    private boolean json;

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (context.isPresent() && context.get() < 1) {
            throw new MisuseException("--context must be at least 1, not " + context.get());
        }
        ModelLocator.Located located =
                source.locator(console).locate(model.reference().orElse(""));
        try (ModelFiles files = ModelFiles.open(located.path())) {
            InspectReport report = report(located, files);
            console.print(json ? Json.pretty(report) + System.lineSeparator() : new InspectText(report).toString());
        }
        return Jemma.OK;
    }

    private InspectReport report(ModelLocator.Located located, ModelFiles files) {
        GemmaConfig config = files.config();
        Tokenizer tokenizer = TokenizerLoader.load(files);
        Optional<ChatTemplate> template = ChatTemplates.of(files, tokenizer);
        List<String> warnings = new ArrayList<>(files.notes());
        template.flatMap(t -> Templates.warning(files, t)).ifPresent(warnings::add);
        int length = context.orElse(config.contextLength());
        if (length > config.contextLength()) {
            warnings.add("the model was trained for a context of " + config.contextLength() + " tokens, not " + length);
        }
        long dense = files.denseParameters();
        return new InspectReport(
                Environment.plain(located.sha256()),
                located.name(),
                located.path().toString(),
                format(files),
                fileBytes(files),
                config.architecture().ggufName(),
                config.architecture().title(),
                new InspectReport.Parameters(
                        config.embeddingParameters(),
                        config.nonEmbeddingParameters(),
                        dense,
                        config.embeddingParameters() + config.nonEmbeddingParameters() + dense),
                shape(files),
                types(files.tensors().tensors()),
                vocabulary(tokenizer),
                new InspectReport.Chat(
                        files.chatTemplate().isPresent(),
                        template.map(Templates::title),
                        files.chatTemplate()
                                .flatMap(jinja -> template.map(t -> t.matches(jinja)))
                                .orElse(false)),
                defaults(GenerationDefaults.of(files, tokenizer.special())),
                config.assumed(),
                memory(MemoryNeed.of(files, length, EngineOptions.DEFAULT_BATCH_ROWS, KvType.F32)),
                warnings,
                tensors ? Optional.of(rows(files.tensors().tensors())) : Optional.empty());
    }

    private static String format(ModelFiles files) {
        return switch (files.source()) {
            case ModelFiles.Source.Gguf(GgufFile file) -> "GGUF v" + file.version();
            case ModelFiles.Source.HuggingFace(HfFolder _) -> "Hugging Face folder";
        };
    }

    private static long fileBytes(ModelFiles files) {
        return switch (files.source()) {
            case ModelFiles.Source.Gguf(GgufFile file) -> file.byteSize();
            case ModelFiles.Source.HuggingFace(HfFolder folder) ->
                folder.tensors().byteSize();
        };
    }

    private static InspectReport.Shape shape(ModelFiles files) {
        GemmaConfig config = files.config();
        Map<LayerConfig, Integer> counts = new LinkedHashMap<>();
        config.layers().forEach(layer -> counts.merge(layer, 1, Integer::sum));
        List<InspectReport.LayerKind> kinds = new ArrayList<>();
        counts.forEach((layer, count) -> {
            AttentionShape a = layer.attention();
            kinds.add(new InspectReport.LayerKind(
                    count,
                    a.heads(),
                    a.kvHeads(),
                    a.headDim(),
                    a.window(),
                    a.causal(),
                    layer.ropeTheta(),
                    layer.ropeFactor(),
                    a.scale(),
                    a.softcap(),
                    layer.feedForwardSize()));
        });
        EmbeddingScale scale = files.embeddingScale();
        return new InspectReport.Shape(
                config.layers().size(),
                config.hiddenSize(),
                config.vocabularySize(),
                config.contextLength(),
                config.rmsNormEps(),
                config.finalLogitSoftcap(),
                scale.factor(config.hiddenSize()),
                scale.label(),
                kinds);
    }

    private static List<InspectReport.TensorType> types(List<TensorInfo> tensors) {
        Map<DType, List<TensorInfo>> byType = new TreeMap<>();
        tensors.forEach(tensor ->
                byType.computeIfAbsent(tensor.type(), _ -> new ArrayList<>()).add(tensor));
        List<InspectReport.TensorType> types = new ArrayList<>();
        byType.forEach((type, of) -> types.add(new InspectReport.TensorType(
                type.name(),
                of.size(),
                of.stream().mapToLong(TensorInfo::byteSize).sum())));
        return types;
    }

    private static List<InspectReport.TensorRow> rows(List<TensorInfo> tensors) {
        return tensors.stream()
                .map(t -> new InspectReport.TensorRow(t.name(), t.type().name(), t.shape(), t.byteSize()))
                .toList();
    }

    private static InspectReport.Vocabulary vocabulary(Tokenizer tokenizer) {
        SpecialTokens special = tokenizer.special();
        String family = switch (tokenizer.family()) {
            case GEMMA_1_2 -> "Gemma 1 and 2";
            case GEMMA_3 -> "Gemma 3";
            case GENERIC -> "another SentencePiece vocabulary";
        };
        return new InspectReport.Vocabulary(
                family, tokenizer.vocabularySize(), special.bos(), special.eos(), special.pad(), special.endOfTurn());
    }

    private static InspectReport.Defaults defaults(GenerationDefaults defaults) {
        var sampling = defaults.sampling();
        return new InspectReport.Defaults(
                defaults.instructionTuned(),
                sampling.temperature(),
                sampling.topK(),
                sampling.topP(),
                sampling.minP(),
                sampling.repetitionPenalty(),
                sampling.suppressed(),
                defaults.maxTokens(),
                defaults.stopIds().stream().sorted().toList(),
                defaults.origin());
    }

    private static InspectReport.Memory memory(MemoryNeed need) {
        Limit limit = Machine.detect().memory().deciding();
        return new InspectReport.Memory(
                need.context(),
                need.weightBytes(),
                need.kvBytes(),
                need.scratchBytes(),
                need.totalBytes(),
                limit.amount(),
                limit.origin());
    }
}
