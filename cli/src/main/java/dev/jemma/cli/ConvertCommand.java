package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.convert.Quantization;
import dev.jemma.format.GgufFile;
import dev.jemma.model.ModelFiles;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma convert}: a Hugging Face folder to a GGUF file, or a GGUF file to a folder. */
@Command(
        name = "convert",
        description = "Convert a Hugging Face folder to GGUF, or GGUF to a folder.",
        footer = {
            "",
            "The tokenizer and the chat template go along. A folder becomes a GGUF file with the same",
            "element types (norms as F32, as all GGUF files have them) unless --type says otherwise;",
            "a GGUF file becomes a folder, its quantized tensors decoded to F32.",
            "",
            "Examples:",
            "  jemma convert gemma-3-1b-it/ gemma-3-1b-it.gguf",
            "  jemma convert gemma-3-1b-it/ gemma-3-1b-it-q4.gguf --type Q4_K_M",
            "  jemma convert model.gguf model/"
        })
final class ConvertCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "SRC",
            description = "A Hugging Face folder or GGUF file, or the name of a model.")
    private String from = "";

    @Parameters(index = "1", paramLabel = "DST", description = "The GGUF file or the folder to write.")
    private Path to = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Element type of a GGUF file's matrices; see 'jemma quantize --help' (default: as they are).")
    private Optional<String> type = Optional.empty();

    @Mixin
    private WriteFlags write = new WriteFlags();

    @Mixin
    private ModelOptions source = new ModelOptions();

    ConvertCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Conversion conversion = write.conversion(console);
        Optional<Quantization> wanted = type.map(Conversion::type);
        ModelLocator.Located located = source.locator(console).locate(from);
        try (ModelFiles files = ModelFiles.open(located.path())) {
            if (files.source() instanceof ModelFiles.Source.Gguf(GgufFile file)) {
                if (wanted.isPresent()) {
                    throw new MisuseException("--type is for GGUF files; a folder holds floating-point types."
                            + " To give a GGUF file another type: jemma quantize");
                }
                if (to.toString().endsWith(".gguf")) {
                    throw new MisuseException(from + " is a GGUF file already, so DST is a folder."
                            + " To give a GGUF file another type: jemma quantize");
                }
                conversion.warn(files);
                conversion.tell(conversion.toFolder(located, file, to, write.force()), write.json());
                return Jemma.OK;
            }
        }
        conversion.tell(conversion.toGguf(located, to, wanted.orElse(Quantization.KEEP), write.force()), write.json());
        return Jemma.OK;
    }
}
