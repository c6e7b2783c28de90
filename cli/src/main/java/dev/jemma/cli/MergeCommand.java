package dev.jemma.cli;

import dev.jemma.convert.Quantization;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma merge}: a model and its adapter become one model. */
@Command(
        name = "merge",
        description = "Merge an adapter into a model.",
        footer = {
            "",
            "W + s·B·A is computed in float32 from exactly decoded weights and rounded once, to the type that",
            "is written. OUT is a GGUF file if its name ends in .gguf, else a Hugging Face folder.",
            "Without --type tensors keep their types; in a folder, quantized ones become F32.",
            "",
            "Examples:",
            "  jemma merge gemma-3-1b-it/ my-adapter/ my-model/",
            "  jemma merge gemma-3-1b-it/ my-adapter/ my-model.gguf --type Q4_K_M",
            "  jemma merge gemma3-270m my-run/ my-model.gguf --type Q8_0"
        })
final class MergeCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A Hugging Face folder or GGUF file, or the name of a model.")
    private String model = "";

    @Parameters(
            index = "1",
            paramLabel = "ADAPTER",
            description = "A folder with an adapter (LoRA) in PEFT's form, or a training run.")
    private Path adapter = Path.of("");

    @Parameters(index = "2", paramLabel = "OUT", description = "The GGUF file or the folder to write.")
    private Path out = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Type of the matrices: F32, BF16 or F16 in a folder, in a GGUF file all that"
                    + " 'jemma quantize' writes (default: as they are).")
    private Optional<String> type = Optional.empty();

    @Option(
            names = "--checkpoint",
            paramLabel = "best|last|N",
            description = "Which checkpoint of a run (default: best).")
    private String checkpoint = "best";

    @Mixin
    private WriteFlags write = new WriteFlags();

    @Mixin
    private ModelOptions source = new ModelOptions();

    MergeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Conversion conversion = write.conversion(console);
        boolean gguf = out.toString().endsWith(".gguf");
        Optional<Quantization> wanted = type.map(gguf ? Conversion::type : Conversion::folderType);
        Learned learned = Learned.in(adapter, Learned.checkpoint(checkpoint));
        if (!learned.isAdapter()) {
            throw new MisuseException(
                    adapter + " trained all weights, so there is nothing to merge; use 'jemma export'");
        }
        var base = source.locator(console).locate(model);
        conversion.tell(
                gguf
                        ? conversion.learnedToGguf(base, learned, out, wanted, write.force())
                        : conversion.learnedToFolder(
                                base, learned, out, wanted.map(Conversion::element), write.force()),
                write.json());
        return Jemma.OK;
    }
}
