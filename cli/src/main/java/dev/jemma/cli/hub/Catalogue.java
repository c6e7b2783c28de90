package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The short names: what each model is, where it can be had, its size, checksum and licence. The built-in one is the small
 * readable file {@code catalogue.json} beside this class; a company can add to it or put its own in its place.
 */
public final class Catalogue {
    private final String defaultName;
    private final Map<String, CatalogueEntry> entries;
    private final Map<String, Licence> licences;

    Catalogue(String defaultName, Map<String, CatalogueEntry> entries, Map<String, Licence> licences) {
        this.defaultName = defaultName;
        this.entries = entries;
        this.licences = licences;
    }

    /** The catalogue that comes with Jemma. */
    public static Catalogue builtIn() {
        try (InputStream in = Catalogue.class.getResourceAsStream("catalogue.json")) {
            if (in == null) {
                throw new JemmaException("this Jemma is incomplete: its catalogue.json is missing; build it again");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return CatalogueReader.read(text, "the built-in catalogue", Optional.empty());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name of the model that is meant when none is given. */
    public String defaultName() {
        return defaultName;
    }

    /** All entries, in the file's order. */
    public Collection<CatalogueEntry> entries() {
        return entries.values();
    }

    /** The entry of a name. */
    public Optional<CatalogueEntry> find(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** The licence with this id. */
    public Optional<Licence> licence(String id) {
        return Optional.ofNullable(licences.get(id));
    }

    Map<String, CatalogueEntry> copyOfEntries() {
        return new LinkedHashMap<>(entries);
    }

    Map<String, Licence> copyOfLicences() {
        return new LinkedHashMap<>(licences);
    }
}
