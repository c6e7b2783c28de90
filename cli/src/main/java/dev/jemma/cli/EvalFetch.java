package dev.jemma.cli;

import dev.jemma.cli.hub.EvalData;
import dev.jemma.cli.hub.HubSettings;
import java.nio.file.Path;
import java.util.List;

/** {@code jemma eval fetch}: the data of benchmarks. */
final class EvalFetch {
    private final Console console;
    private final EvalData data;
    private final Path folder;

    EvalFetch(Console console, Path folder, boolean offline) {
        this.console = console;
        this.data = new EvalData(HubSettings.of(console.environment()).offline(offline), console);
        this.folder = folder;
    }

    int run(List<String> tasks) {
        if (tasks.isEmpty()) {
            console.println("can be fetched: " + String.join(", ", data.tasks()));
            console.println("from their publishers' pages by hand: " + String.join(", ", data.byHand()));
            return Jemma.OK;
        }
        for (String task : tasks) {
            if (!data.tasks().contains(task) && !data.byHand().contains(task)) {
                throw new MisuseException("no source is known for '" + task + "'; there are "
                        + String.join(", ", data.tasks()) + ", and by hand " + String.join(", ", data.byHand()));
            }
        }
        for (String task : tasks) {
            int fetched = data.fetch(task, folder);
            console.println(task + ": " + (fetched == 0 ? "all is there" : fetched + " files") + " in " + folder);
        }
        return Jemma.OK;
    }
}
