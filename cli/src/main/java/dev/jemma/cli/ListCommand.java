package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.hub.CatalogueEntry;
import dev.jemma.cli.hub.ModelFile;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.cli.hub.Source;
import dev.jemma.cli.hub.Store;
import dev.jemma.cli.hub.StoreEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jemma list}: the models of the store, and on request those that the catalogue offers. */
@Command(name = "list", description = "List the models of the store.")
final class ListCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = {"-a", "--all"},
            description = "Also list the models of the catalogue that are not in the store.")
    private boolean all;

    @Option(names = "--json", description = "Print the list as JSON.")
    private boolean json;

    ListCommand(Console console) {
        this.console = console;
    }

    /** A model of the store, as {@code --json} prints it; {@code problem} says what is wrong with it. */
    record Row(
            String name,
            long bytes,
            String path,
            String source,
            String revision,
            String licence,
            String date,
            List<ModelFile> files,
            Optional<String> problem) {}

    /** A model of the catalogue that is not in the store. */
    record Offer(String name, String description, Optional<Long> bytes, String licence, List<String> sources) {}

    /** The whole answer. */
    record Report(Environment environment, String store, List<Row> models, List<Offer> catalogue) {}

    static Row row(Store store, StoreEntry entry) {
        String path = "";
        Optional<String> problem = Optional.empty();
        try {
            path = store.path(entry).toString();
        } catch (JemmaException e) {
            problem = Optional.of(String.valueOf(e.getMessage()));
        }
        return new Row(
                entry.name(),
                entry.bytes(),
                path,
                entry.source(),
                entry.revision(),
                entry.licence(),
                entry.date(),
                entry.files(),
                problem);
    }

    @Override
    public Integer call() {
        ModelLocator locator = new ModelLocator(console, new ModelLocator.Options(!all, false));
        Store store = locator.store();
        List<String> problems = new ArrayList<>();
        List<Row> rows =
                store.list(problems).stream().map(entry -> row(store, entry)).toList();
        List<Offer> offers = all
                ? locator.catalogue().entries().stream()
                        .filter(entry ->
                                rows.stream().noneMatch(row -> row.name().equals(entry.name())))
                        .map(ListCommand::offer)
                        .toList()
                : List.of();
        problems.forEach(console::warn);
        if (json) {
            console.println(
                    Json.pretty(new Report(Environment.plain(), store.home().toString(), rows, offers)));
            return Jemma.OK;
        }
        if (rows.isEmpty()) {
            console.note("No models in " + store.home() + " yet; 'jemma pull' gets the default one.");
        }
        for (Row row : rows) {
            console.println(String.format(
                    Locale.ROOT,
                    "%-24s %8s  %.10s  %s",
                    row.name(),
                    Units.bytes(row.bytes()),
                    row.date(),
                    row.problem().map(text -> "DAMAGED: " + text).orElse(row.source())));
        }
        for (Offer offer : offers) {
            console.println(String.format(
                    Locale.ROOT,
                    "%-24s %8s  %-10s  %s",
                    offer.name(),
                    offer.bytes().map(Units::bytes).orElse(""),
                    "not here",
                    offer.description()));
        }
        return Jemma.OK;
    }

    private static Offer offer(CatalogueEntry entry) {
        return new Offer(
                entry.name(),
                entry.description(),
                entry.bytes().isPresent() ? Optional.of(entry.bytes().getAsLong()) : Optional.empty(),
                entry.licence(),
                entry.sources().stream().map(Source::description).toList());
    }
}
