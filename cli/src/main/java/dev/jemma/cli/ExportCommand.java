package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.convert.Quantization;
import dev.jemma.train.TrainedRun;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma export}: what a training run made, in the form of other software. */
@Command(
        name = "export",
        description = "Write the result of a training run for other software.",
        footer = {
            "",
            "hf    a Hugging Face folder that transformers loads; an adapter is merged into its base",
            "peft  the adapter alone, as PEFT loads it beside the base",
            "gguf  a GGUF file that llama.cpp loads; an adapter is merged into its base",
            "",
            "Configuration, tokenizer and chat template are those of the model that the run started from.",
            "",
            "Examples:",
            "  jemma export my-run my-model",
            "  jemma export my-run my-model.gguf --type Q4_K_M",
            "  jemma export my-run my-adapter --to peft --checkpoint last"
        })
final class ExportCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", paramLabel = "RUN", description = "The folder of a training run.")
    private Path run = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "The GGUF file or the folder to write.")
    private Path out = Path.of("");

    @Option(
            names = "--to",
            paramLabel = "hf|peft|gguf",
            description = "What to write (default: gguf if OUT ends in .gguf, else hf).")
    private Optional<String> to = Optional.empty();

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Type of the matrices: F32, BF16 or F16 in a folder, in a GGUF file all that"
                    + " 'jemma quantize' writes (default: as in the base).")
    private Optional<String> type = Optional.empty();

    @Option(names = "--checkpoint", paramLabel = "best|last|N", description = "Which checkpoint (default: best).")
    private String checkpoint = "best";

    @Option(
            names = "--base",
            paramLabel = "MODEL",
            description = "The model that the run started from (default: what the run says).")
    private Optional<String> base = Optional.empty();

    @Mixin
    private WriteFlags write = new WriteFlags();

    @Mixin
    private ModelOptions source = new ModelOptions();

    ExportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Conversion conversion = write.conversion(console);
        String form =
                to.map(t -> t.toLowerCase(Locale.ROOT)).orElse(out.toString().endsWith(".gguf") ? "gguf" : "hf");
        Optional<Quantization> wanted = switch (form) {
            case "hf" -> type.map(Conversion::folderType);
            case "gguf" -> type.map(Conversion::type);
            case "peft" -> {
                if (type.isPresent()) {
                    throw new MisuseException("--type does not go with --to peft: an adapter is written in F32");
                }
                yield Optional.empty();
            }
            default -> throw new MisuseException("--to is hf, peft or gguf, not '" + form + "'");
        };
        TrainedRun trained = TrainedRun.open(run, Learned.checkpoint(checkpoint));
        Learned learned = new Learned.Run(trained);
        ModelLocator.Located located = source.locator(console).locate(base(trained));
        console.note("step " + trained.step() + " of " + run);
        conversion.tell(
                switch (form) {
                    case "hf" ->
                        conversion.learnedToFolder(
                                located, learned, out, wanted.map(Conversion::element), write.force());
                    case "gguf" -> conversion.learnedToGguf(located, learned, out, wanted, write.force());
                    default -> conversion.learnedToPeft(located, learned, out, write.force());
                },
                write.json());
        return Jemma.OK;
    }

    private String base(TrainedRun trained) {
        return base.or(trained::base)
                .orElseThrow(() -> new MisuseException(
                        run + " does not say which model it started from; name it with --base MODEL"));
    }
}
