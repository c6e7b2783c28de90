package dev.jemma.cli;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags that say what answers must look like; a picocli mixin. */
public final class ConstraintFlags {
    @Option(
            names = "--json-schema",
            paramLabel = "FILE",
            description = "Answers are JSON documents that this schema allows; - for standard input.")
    private Optional<String> schema = Optional.empty();

    @Option(
            names = "--regex",
            paramLabel = "PATTERN",
            description = "Answers match this regular expression from end to end.")
    private Optional<String> regex = Optional.empty();

    /** What was asked for; found to be wrong before a model is loaded. */
    Optional<Grammar> grammar(Console console) {
        if (schema.isPresent() && regex.isPresent()) {
            throw new MisuseException("give either --json-schema or --regex, not both");
        }
        return schema.map(file -> Grammar.jsonSchema(Input.text(console, file, "the schema")))
                .or(() -> regex.map(Grammar::regex));
    }

    /** The same in the tokens of a model. */
    static Optional<TokenConstraint> of(LanguageModel model, Optional<Grammar> grammar) {
        return grammar.map(model::constraint);
    }
}
