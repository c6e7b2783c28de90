package dev.jemma.cli;

import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model of a command that is about one: its first argument, or {@code -m} as in commands whose arguments are text. */
public final class ModelArgument {
    @Parameters(
            paramLabel = "MODEL",
            arity = "0..1",
            description = "A name (see 'jemma list'), a GGUF file, a Hugging Face folder, or hf:owner/repo[:file].")
    private Optional<String> argument = Optional.empty();

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "The same as an option.")
    private Optional<String> option = Optional.empty();

    /** What was asked for, if anything was. */
    public Optional<String> reference() {
        if (argument.isPresent() && option.isPresent()) {
            throw new MisuseException("two models: " + argument.get() + " and " + option.get() + "; give one");
        }
        return argument.or(() -> option);
    }
}
