package dev.jemma.cli;

import dev.jemma.cli.hub.HubSettings;
import dev.jemma.cli.hub.Importer;
import dev.jemma.cli.hub.Store;
import dev.jemma.cli.hub.StoreEntry;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma import}: puts a file or folder of one's own into the store, under a name. */
@Command(name = "import", description = "Put a GGUF file or Hugging Face folder into the store.")
final class ImportCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "PATH", description = "A GGUF file (any part of a split one) or a Hugging Face folder.")
    private Path path = Path.of("");

    @Option(names = "--name", paramLabel = "NAME", description = "The name in the store; else made from the file's.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--link", description = "Link the files instead of copying them; they must stay where they are.")
    private boolean link;

    @Option(names = "--force", description = "Replace a model of that name.")
    private boolean force;

    @Option(names = "--json", description = "Print what is in the store now as JSON.")
    private boolean json;

    ImportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Store store = new Store(HubSettings.of(console.environment()).home());
        StoreEntry entry = new Importer(store, console).importModel(path, name, link, force);
        ListCommand.Row row = ListCommand.row(store, entry);
        console.println(
                json
                        ? Json.pretty(new PullCommand.Report(Environment.plain(), java.util.List.of(row)))
                        : entry.name() + ": " + row.path());
        return Jemma.OK;
    }
}
