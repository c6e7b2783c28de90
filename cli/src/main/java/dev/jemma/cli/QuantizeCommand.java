package dev.jemma.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma quantize}: a model to a GGUF file of other, usually smaller, element types. */
@Command(
        name = "quantize",
        description = "Write a model with smaller weights.",
        footer = {
            "",
            "Types, smaller last: F32, BF16, F16, Q8_0, Q6_K, Q5_K, Q5_0, Q4_K_M, Q4_K, Q4_0.",
            "Q4_K_M gives the layers that matter most more bits: the usual choice. Norms stay F32.",
            "The token embedding, which is the output too, gets at least Q6_K. Where a row does not",
            "divide into a type's blocks, the next larger type that fits is taken.",
            "",
            "Examples:",
            "  jemma quantize gemma-3-1b-it/ gemma-3-1b-it-q4_k_m.gguf --type Q4_K_M",
            "  jemma quantize model-bf16.gguf model-q8_0.gguf --type Q8_0"
        })
final class QuantizeCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "SRC",
            description = "A GGUF file or Hugging Face folder, or the name of a model.")
    private String from = "";

    @Parameters(index = "1", paramLabel = "DST", description = "The GGUF file to write.")
    private Path to = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            required = true,
            description = "What to store matrices as; see below.")
    private String type = "";

    @Mixin
    private WriteFlags write = new WriteFlags();

    @Mixin
    private ModelOptions source = new ModelOptions();

    QuantizeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Conversion conversion = write.conversion(console);
        var wanted = Conversion.type(type);
        conversion.tell(
                conversion.toGguf(source.locator(console).locate(from), to, wanted, write.force()), write.json());
        return Jemma.OK;
    }
}
