package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.hub.HubSettings;
import dev.jemma.cli.hub.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jemma rm}: takes models out of the store, with what is left of unfinished downloads. */
@Command(name = "rm", description = "Remove models from the store.")
final class RmCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names as 'jemma list' shows them.")
    private List<String> names = new ArrayList<>();

    RmCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Store store = new Store(HubSettings.of(console.environment()).home());
        for (String name : names) {
            if (!store.remove(name)) {
                throw new JemmaException("there is no model '" + name + "' in the store " + store.home());
            }
            console.note(name + ": removed");
        }
        return Jemma.OK;
    }
}
