package dev.jemma.cli;

import dev.jemma.infer.Speculation;
import dev.jemma.infer.SpeculationReport;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags that say how to guess ahead: faster, with the same tokens; a picocli mixin. */
public final class SpeculationFlags {
    @Option(
            names = "--lookup",
            description = "Guess that the text goes on as it did before: faster where answers quote, same tokens.")
    private boolean lookup;

    @Option(
            names = "--draft",
            paramLabel = "MODEL",
            description = "Let a smaller model of the same vocabulary guess: same tokens.")
    private Optional<String> draft = Optional.empty();

    @Option(
            names = "--draft-tokens",
            paramLabel = "K",
            description = "Most tokens guessed at a time by --lookup or --draft, 1 to " + Speculation.MAX_TOKENS
                    + " (default: " + Speculation.DEFAULT_TOKENS + ").")
    private Optional<Integer> tokens = Optional.empty();

    /** A speculation in force, and the draft model to close after the model that it is for. */
    record Prepared(Speculation speculation, Optional<RunOptions.Opened> draft) implements AutoCloseable {
        @Override
        public void close() {
            draft.ifPresent(RunOptions.Opened::close);
        }
    }

    /** A misuse is found before anything is loaded. */
    void check() {
        if (lookup && draft.isPresent()) {
            throw new MisuseException("give either --lookup or --draft, not both");
        }
        if (tokens.isPresent() && !lookup && draft.isEmpty()) {
            throw new MisuseException("--draft-tokens needs --lookup or --draft MODEL");
        }
        tokens.filter(k -> k < 1 || k > Speculation.MAX_TOKENS).ifPresent(k -> {
            throw new MisuseException("--draft-tokens is 1 to " + Speculation.MAX_TOKENS + ", not " + k);
        });
    }

    /** Loads the draft model, if one was asked for. */
    Prepared prepare(Console console, RunOptions run) {
        int most = tokens.orElse(Speculation.DEFAULT_TOKENS);
        if (draft.isPresent()) {
            RunOptions.Opened opened = run.open(console, draft.get());
            return new Prepared(new Speculation.Draft(opened.model(), most), Optional.of(opened));
        }
        return new Prepared(lookup ? new Speculation.Lookup(most) : new Speculation.None(), Optional.empty());
    }

    /** What guessing brought, as the end of a line about speed; empty if nothing was guessed at. */
    static String describe(SpeculationReport report, int tokens) {
        return report.passes() == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "; guessed ahead: %d of %d tokens accepted, %.2f tokens a pass",
                        report.accepted(),
                        report.proposed(),
                        (double) tokens / report.passes());
    }
}
