package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Console;
import dev.jemma.cli.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Shows a licence and asks for consent, once: the answer is kept in the store. Scripts consent by flag or variable. */
final class Consent {
    private final Store store;
    private final Console console;
    private final boolean given;

    /**
     * @param given whether the caller consented by {@code --accept-license} or JEMMA_ACCEPT_LICENSE
     */
    Consent(Store store, Console console, boolean given) {
        this.store = store;
        this.console = console;
        this.given = given;
    }

    /** Returns if the licence is accepted; throws, with what to do, if not. */
    void require(Licence licence, String model) {
        Map<String, String> accepted = read();
        if (accepted.containsKey(licence.id())) {
            return;
        }
        if (given) {
            console.note("Licence of " + model + ": " + licence.name() + " (" + licence.address() + "), accepted.");
        } else if (console.interactive()) {
            ask(licence, model);
        } else {
            throw new JemmaException(model + " comes under the " + licence.name() + " (" + licence.address()
                    + "): read them, and if you accept them add --accept-license or set JEMMA_ACCEPT_LICENSE=1");
        }
        accepted.put(
                licence.id(),
                licence.name() + ", " + licence.address() + ", accepted " + LocalDate.now(ZoneOffset.UTC));
        try {
            store.write(store.consents(), Json.pretty(accepted) + "\n");
        } catch (IOException e) {
            console.warn("the consent cannot be kept in " + store.home() + " (" + Store.reason(e)
                    + "): it will be asked again");
        }
    }

    private void ask(Licence licence, String model) {
        console.note("");
        console.note(model + " comes under the " + licence.name() + ":");
        console.note("  " + licence.address());
        console.note(wrap(licence.summary()));
        for (int tries = 0; tries < 3; tries++) {
            String answer = console.ask("Do you accept the " + licence.name() + "? [yes/no] ")
                    .toLowerCase(Locale.ROOT);
            if (answer.equals("y") || answer.equals("yes")) {
                return;
            }
            if (answer.equals("n") || answer.equals("no") || answer.isEmpty()) {
                break;
            }
        }
        throw new JemmaException("the " + licence.name() + " were not accepted; nothing was downloaded");
    }

    private Map<String, String> read() {
        Map<String, String> accepted = new TreeMap<>();
        try {
            JsonNode root = Json.parse(Files.readString(store.consents()));
            root.properties()
                    .forEach(entry ->
                            accepted.put(entry.getKey(), entry.getValue().asString("")));
        } catch (IOException | JacksonException e) {
            return accepted; // none yet, or not to be read: it is asked again
        }
        return accepted;
    }

    private static String wrap(String text) {
        StringBuilder lines = new StringBuilder("  ");
        int column = 2;
        for (String word : text.split(" ")) {
            if (column + word.length() > 90) {
                lines.append(System.lineSeparator()).append("  ");
                column = 2;
            }
            lines.append(word).append(' ');
            column += word.length() + 1;
        }
        return lines.toString().stripTrailing();
    }
}
