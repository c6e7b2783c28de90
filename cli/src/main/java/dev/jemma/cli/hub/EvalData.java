package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Console;
import dev.jemma.cli.Progress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Gets the data of benchmarks from where they are published, each file checked against the SHA-256 of {@code
 * eval-data.tsv}. A file that is there is never replaced.
 */
public final class EvalData {
    /**
     * A file of a benchmark.
     *
     * @param name below the data folder
     * @param bytes its size; empty if there is no fixed address, and {@code address} is a page for people
     * @param sha256 its checksum; empty if it is not known
     */
    public record Entry(String task, String name, Optional<Long> bytes, Optional<String> sha256, URI address) {}

    private final HubSettings settings;
    private final Console console;
    private final List<Entry> table;
    private final Download.Patience patience;

    /** With the table that comes with Jemma. */
    public EvalData(HubSettings settings, Console console) {
        this(settings, console, published(), Download.Patience.USUAL);
    }

    EvalData(HubSettings settings, Console console, List<Entry> table, Download.Patience patience) {
        this.settings = settings;
        this.console = console;
        this.table = List.copyOf(table);
        this.patience = patience;
    }

    static List<Entry> published() {
        try (InputStream in = Objects.requireNonNull(EvalData.class.getResourceAsStream("eval-data.tsv"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .map(cells -> new Entry(
                            cells[0],
                            cells[1],
                            Optional.of(cells[2])
                                    .filter(text -> !text.isEmpty())
                                    .map(Long::parseLong),
                            Optional.of(cells[3]).filter(text -> !text.isEmpty()),
                            URI.create(cells[4])))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names of tasks with a fixed address. */
    public Set<String> tasks() {
        return names(true);
    }

    /** Names of tasks whose data people get by hand. */
    public Set<String> byHand() {
        return names(false);
    }

    private Set<String> names(boolean fixed) {
        Set<String> names = new LinkedHashSet<>();
        table.stream().filter(entry -> entry.bytes().isPresent() == fixed).forEach(entry -> names.add(entry.task()));
        return names;
    }

    /**
     * Gets all files of a task.
     *
     * @return how many of them had to be fetched
     * @throws JemmaException if one cannot be had; the message says where it is and where it belongs
     */
    public int fetch(String task, Path folder) {
        List<Entry> wanted =
                table.stream().filter(entry -> entry.task().equals(task)).toList();
        List<Entry> missing = new ArrayList<>();
        for (Entry entry : wanted) {
            if (entry.bytes().isEmpty()) {
                throw new JemmaException(task + " has no fixed address: get its files from " + entry.address()
                        + " and put them at " + folder.resolve(entry.name())
                        + ".jsonl (.json, .csv, or Parquet as published there)");
            }
            if (!isThere(entry, folder)) {
                missing.add(entry);
            }
        }
        long total =
                missing.stream().mapToLong(entry -> entry.bytes().orElseThrow()).sum();
        try (Connection connection = new Connection(settings);
                Progress progress = console.progress(task, total, Progress.Unit.BYTES)) {
            Download download = new Download(connection, patience);
            long done = 0;
            for (Entry entry : missing) {
                try {
                    ModelFile file = new ModelFile(entry.name(), entry.bytes(), entry.sha256());
                    done += download.fetch(entry.address(), file, folder, progress, done)
                            .bytes();
                } catch (UnavailableException e) {
                    throw new JemmaException(
                            entry.name() + " cannot be had (" + e.getMessage()
                                    + "); on a machine with a connection get " + entry.address() + " and put it at "
                                    + folder.resolve(entry.name()),
                            e);
                }
            }
        }
        return missing.size();
    }

    private static boolean isThere(Entry entry, Path folder) {
        Path file = Names.inside(folder, entry.name(), "the table of benchmarks");
        if (!Files.exists(file)) {
            return false;
        }
        try {
            if (entry.sha256().orElseThrow().equals(Checksums.of(file))) {
                return true;
            }
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + Store.reason(e), e);
        }
        throw new JemmaException(
                file + " is there with another content; it is left alone: move it away to get the" + " published one");
    }
}
