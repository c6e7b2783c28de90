package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Console;
import dev.jemma.cli.Progress;
import dev.jemma.eval.DataFolder;
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
     * @param bytes its size; empty if people get it by hand, and {@code address} is a page for them
     * @param sha256 its checksum; empty if it is not known
     * @param byHand what to take from that page
     */
    public record Entry(
            String task,
            String name,
            Optional<Long> bytes,
            Optional<String> sha256,
            URI address,
            Optional<ByHand> byHand) {
        Entry(String task, String name, Optional<Long> bytes, Optional<String> sha256, URI address) {
            this(task, name, bytes, sha256, address, Optional.empty());
        }
    }

    /**
     * What people take from a data set's page.
     *
     * @param place where it may lie as published, below the data folder
     * @param split in words
     * @param examples whether only examples come from it
     */
    public record ByHand(String place, String split, boolean examples) {}

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
                            URI.create(cells[4]),
                            cells.length < 7
                                    ? Optional.empty()
                                    : Optional.of(new ByHand(cells[5], cells[6], cells.length > 7))))
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
        table.stream()
                .filter(entry -> fixed
                        ? entry.bytes().isPresent()
                        : entry.byHand().filter(hand -> !hand.examples()).isPresent())
                .forEach(entry -> names.add(entry.task()));
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
            if (entry.byHand().isPresent()) {
                instruct(entry, entry.byHand().get(), folder);
            } else if (!isThere(entry, folder)) {
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

    /** Says what to get where, unless it is there in some form. */
    private void instruct(Entry entry, ByHand what, Path folder) {
        List<String> names = new ArrayList<>();
        for (String name : List.of(entry.name(), what.place().replaceFirst("(-00000-of-00001|/0000)\\.parquet$", ""))) {
            names.add(name.replace("SUBJECT", "abstract_algebra"));
        }
        if (new DataFolder(folder).first(names).isPresent()) {
            return;
        }
        String how = "download the split " + what.split() + " of the data set "
                + entry.address().getPath().replaceFirst("^/datasets/", "") + " (" + entry.address()
                + ") and put it at " + folder.resolve(what.place()) + ", or as JSON lines at "
                + folder.resolve(entry.name()) + ".jsonl";
        if (!what.examples()) {
            throw new JemmaException(entry.task() + " has no fixed address: " + how);
        }
        console.note(entry.task() + ": for examples " + how);
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
