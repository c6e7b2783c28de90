package dev.jemma.eval.contamination;

import dev.jemma.data.DataException;
import dev.jemma.data.Documents;
import dev.jemma.data.TextSplit;
import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/**
 * Looks through a training corpus for the items of benchmarks, and copies what holds none. Benchmarks are in memory, as
 * words; the corpus streams by: one thread reads, several compare, and results are taken in the order of reading, so that
 * they do not depend on the number of threads. A text file that is one document may be of any size.
 */
public final class Decontamination {
    private static final int BATCH_DOCUMENTS = 256;
    private static final int BATCH_CHARS = 1 << 20;
    private static final int PIECE_CHARS = 1 << 15;
    private static final int MAX_DEPTH = 100;

    /**
     * How to compare.
     *
     * @param n words of a run, 6 to 100
     * @param split where documents of text files end
     * @param threads that compare
     */
    public record Options(int n, TextSplit split, int threads) {
        /** Runs of 13 words, as GPT-3 was checked, text files whole, a thread for each processor. */
        public static final Options DEFAULTS =
                new Options(13, new TextSplit.Whole(), Runtime.getRuntime().availableProcessors());

        public Options {
            if (threads < 1) {
                throw new IllegalArgumentException("at least one thread compares, not " + threads);
            }
        }
    }

    /** Hears of what is found; called from one thread but for {@link #stopped}. */
    public interface Listener {
        /** The benchmarks are read: so many items. */
        void indexed(int items);

        /** An item was found. */
        void hit(Hit hit);

        /** So many bytes of the corpus, of so many, are looked through. */
        void at(long bytes, long totalBytes);

        /** Whether to end early. */
        boolean stopped();
    }

    private final BenchmarkIndex index;
    private final Options options;
    private final Listener listener;
    private final AtomicLong bytesRead = new AtomicLong();
    private final Deque<Future<Runnable>> underWay = new ArrayDeque<>();
    private final BitSet itemsHit = new BitSet();
    private Optional<CleanFile> writer = Optional.empty();
    private long totalBytes;
    private long documents;
    private long hitDocuments;
    private long hits;

    private Decontamination(BenchmarkIndex index, Options options, Listener listener) {
        this.index = index;
        this.options = options;
        this.listener = listener;
    }

    /** A file of the corpus, and where what is left of it goes. */
    private record Work(Documents file, Optional<Path> target) {}

    /**
     * Searches a corpus.
     *
     * @param corpus files and folders
     * @param against a folder of benchmarks, or one file
     * @param out a folder for the corpus without documents that hold an item; names stay, records of Parquet and JSON
     *     arrays become JSONL
     * @throws EvalException if something cannot be read or written, or a file to be written is there
     */
    public static Contamination run(
            List<Path> corpus, Path against, Options options, Optional<Path> out, Listener listener) {
        BenchmarkIndex index = new BenchmarkIndex(options.n());
        BenchmarkFiles.read(against, index::add);
        if (index.testable() == 0) {
            throw new EvalException(against + ": holds no item of " + BenchmarkIndex.MIN_WORDS
                    + " words or more; read are .jsonl, .json, .csv, .parquet and .txt");
        }
        index.finish();
        listener.indexed(index.items());
        try {
            List<Work> work = new ArrayList<>();
            Set<Path> targets = new HashSet<>();
            for (Path source : corpus) {
                for (Documents file : Documents.find(List.of(source))) {
                    Optional<Path> target = out.map(folder -> CleanFile.target(folder, source, file, options.split()));
                    target.ifPresent(path -> check(path, targets));
                    work.add(new Work(file, target));
                }
            }
            return new Decontamination(index, options, listener).run(work);
        } catch (DataException e) {
            throw new EvalException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void check(Path target, Set<Path> targets) {
        if (!targets.add(target)) {
            throw new EvalException(target + " would be written twice; clean the sources into folders of their own");
        }
        if (Files.exists(target)) {
            throw new EvalException(target + " is there already; --out names a new folder");
        }
    }

    private Contamination run(List<Work> work) {
        totalBytes = work.stream().mapToLong(one -> one.file().bytes()).sum();
        ExecutorService workers = Executors.newFixedThreadPool(
                options.threads(),
                Thread.ofPlatform().name("jemma-overlap-", 0).daemon().factory());
        try {
            for (Work one : work) {
                if (listener.stopped()) {
                    break;
                }
                boolean whole = one.file().text() && options.split() instanceof TextSplit.Whole;
                if (whole) {
                    submit(workers.submit(() -> whole(one)));
                } else {
                    records(one, workers);
                }
            }
            while (!underWay.isEmpty() && !listener.stopped()) {
                take();
            }
        } finally {
            workers.shutdownNow();
            writer.ifPresent(CleanFile::close);
        }
        return report(!listener.stopped());
    }

    private void submit(Future<Runnable> task) {
        underWay.add(task);
        while (underWay.size() > 2 * options.threads() && !listener.stopped()) {
            take();
        }
    }

    private void take() {
        try {
            underWay.remove().get().run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EvalException("interrupted", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case DataException known -> throw new EvalException(String.valueOf(known.getMessage()), known);
                case EvalException known -> throw known;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
        listener.at(bytesRead.get(), totalBytes);
    }

    /** Compares a text file as one document, a piece at a time. */
    private Runnable whole(Work work) throws IOException {
        Documents file = work.file();
        DocumentScan scan = new DocumentScan(index);
        char[] piece = new char[PIECE_CHARS];
        try (Reader in = new InputStreamReader(file.open(bytesRead::addAndGet), StandardCharsets.UTF_8)) {
            for (int n = in.read(piece); n >= 0 && !listener.stopped(); n = in.read(piece)) {
                scan.add(java.nio.CharBuffer.wrap(piece, 0, n));
            }
        } catch (IOException e) {
            throw new EvalException(file.path() + ": cannot be read: " + e.getMessage(), e);
        }
        scan.end();
        return () -> {
            boolean clean = found(file.path(), "whole file", scan);
            if (clean && work.target().isPresent()) {
                CleanFile.copy(file.path(), work.target().get());
            }
        };
    }

    private void records(Work work, ExecutorService workers) {
        Documents file = work.file();
        submit(CompletableFuture.completedFuture(() -> writer = work.target().map(CleanFile::new)));
        List<Documents.Document> batch = new ArrayList<>();
        int[] chars = {0};
        file.read(options.split(), bytesRead::addAndGet, document -> {
            batch.add(document);
            chars[0] += chars(document.value(), 0);
            if (batch.size() == BATCH_DOCUMENTS || chars[0] >= BATCH_CHARS) {
                batch(file, batch, workers);
                chars[0] = 0;
            }
            return !listener.stopped();
        });
        batch(file, batch, workers);
        submit(CompletableFuture.completedFuture(() -> {
            writer.ifPresent(CleanFile::finish);
            writer = Optional.empty();
        }));
    }

    private void batch(Documents file, List<Documents.Document> batch, ExecutorService workers) {
        List<Documents.Document> taken = List.copyOf(batch);
        batch.clear();
        submit(workers.submit(() -> {
            List<DocumentScan> scans = new ArrayList<>();
            for (Documents.Document document : taken) {
                DocumentScan scan = new DocumentScan(index);
                compare(document.value(), scan, 0);
                scans.add(scan);
            }
            return () -> {
                for (int i = 0; i < taken.size(); i++) {
                    Documents.Document document = taken.get(i);
                    if (found(file.path(), document.place(), scans.get(i))) {
                        writer.ifPresent(open -> open.write(document, file.text(), options.split()));
                    }
                }
            };
        }));
    }

    private static void compare(JsonNode value, DocumentScan scan, int depth) {
        if (value.isString()) {
            scan.add(value.stringValue());
            scan.end();
        } else if (depth < MAX_DEPTH) {
            for (JsonNode inner : value) {
                compare(inner, scan, depth + 1);
            }
        }
    }

    private static int chars(JsonNode value, int depth) {
        if (value.isString()) {
            return value.stringValue().length();
        }
        int sum = 0;
        if (depth < MAX_DEPTH) {
            for (JsonNode inner : value) {
                sum = Math.min(BATCH_CHARS, sum + chars(inner, depth + 1));
            }
        }
        return sum;
    }

    /** Reports what was found in a document; true if that is nothing. */
    private boolean found(Path file, String record, DocumentScan scan) {
        documents++;
        for (Map.Entry<Integer, DocumentScan.Match> entry : scan.matches().entrySet()) {
            int item = entry.getKey();
            itemsHit.set(item);
            hits++;
            listener.hit(new Hit(
                    file.toString(),
                    record,
                    index.benchmark(item),
                    index.name(item),
                    entry.getValue().runs(),
                    scan.words(entry.getValue())));
        }
        boolean clean = scan.matches().isEmpty();
        hitDocuments += clean ? 0 : 1;
        return clean;
    }

    private Contamination report(boolean complete) {
        Map<String, int[]> counts = new TreeMap<>();
        for (int item = 0; item < index.items(); item++) {
            int[] one = counts.computeIfAbsent(index.benchmark(item), _ -> new int[3]);
            one[0]++;
            one[1] += index.isTestable(item) ? 1 : 0;
            one[2] += itemsHit.get(item) ? 1 : 0;
        }
        List<Contamination.PerBenchmark> benchmarks = counts.entrySet().stream()
                .map(one -> new Contamination.PerBenchmark(
                        one.getKey(), one.getValue()[0], one.getValue()[1], one.getValue()[2]))
                .toList();
        return new Contamination(documents, hitDocuments, hits, complete, benchmarks);
    }
}
