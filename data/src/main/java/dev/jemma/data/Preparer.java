package dev.jemma.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files to examples: one thread reads records in order, several turn batches of them into tokens, and the results are
 * taken in the order of reading, so that nothing depends on the number of threads. A bounded number of batches is under
 * way at once.
 */
public final class Preparer {
    /** Takes the examples in order. */
    @FunctionalInterface
    public interface Sink {
        /** An example, to train on or held out for evaluation. */
        void accept(Example example, boolean heldOut);
    }

    /** Takes preference pairs in order. */
    @FunctionalInterface
    public interface PairSink {
        /** A pair. */
        void accept(Preference preference);
    }

    private static final int BATCH_ROWS = 256;
    private static final int BATCH_CHARS = 1 << 20;

    /** A row with the schema of its file, and what was kept of it. */
    private record Work(Row row, Schema schema) {}

    /** What a batch of rows became, and bytes read from files up to its end. */
    private record Done(List<Encoded> documents, long bytes) {}

    private final DataJob job;
    private final SampleEncoder encoder;
    private final Tally tally = new Tally();
    private final HashSet64 seen = new HashSet64();
    private final Sink sink;
    private final PreparationListener listener;
    private final AtomicLong bytesRead = new AtomicLong();
    private final Deque<Future<Done>> underWay = new ArrayDeque<>();
    private List<Work> batch = new ArrayList<>();
    private int batchChars;
    private long totalBytes;

    private Preparer(DataJob job, Sink sink, PreparationListener listener) {
        this.job = job;
        this.sink = sink;
        this.listener = listener;
        this.encoder = new SampleEncoder(job.tokenizer(), job.template(), job.options());
    }

    /**
     * Reads all sources and hands over their examples.
     *
     * @throws DataException if a file cannot be read, or a record cannot be used and options do not say to drop it; it
     *     names file and place
     */
    public static Preparation run(DataJob job, Sink sink, PreparationListener listener) {
        return new Preparer(job, sink, listener).run();
    }

    /**
     * Reads the preference pairs of sources, all of which must be of that schema.
     *
     * @throws DataException as {@link #run} does
     */
    public static long pairs(List<java.nio.file.Path> sources, DataOptions options, PairSink sink) {
        long count = 0;
        for (DataFile file : DataFile.find(sources)) {
            try (RowReader reader = file.open(options, _ -> {})) {
                Optional<Schema> schema = Optional.empty();
                for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                    Row here = row.get();
                    Schema found = schema.orElseGet(() -> Schema.find(here, options));
                    schema = Optional.of(found);
                    for (Sample sample : found.parse(here, options)) {
                        if (!(sample instanceof Sample.Pair(Preference preference))) {
                            throw here.place()
                                    .error("is no preference pair: needs \"chosen\" and \"rejected\"; it has "
                                            + here.fields());
                        }
                        sink.accept(preference);
                        count++;
                    }
                }
            }
        }
        return count;
    }

    private Preparation run() {
        List<DataFile> files = DataFile.find(job.sources());
        totalBytes = files.stream().mapToLong(DataFile::bytes).sum();
        ExecutorService workers = Executors.newFixedThreadPool(
                job.threads(),
                Thread.ofPlatform().name("jemma-tokenize-", 0).daemon().factory());
        try {
            for (DataFile file : files) {
                read(file, workers);
            }
            submit(workers);
            while (!underWay.isEmpty()) {
                take();
            }
        } finally {
            workers.shutdownNow();
        }
        return tally.total();
    }

    private void read(DataFile file, ExecutorService workers) {
        tally.file();
        try (RowReader reader = file.open(job.options(), bytesRead::addAndGet)) {
            Optional<Schema> schema = Optional.empty();
            for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                if (schema.isEmpty()) {
                    schema = Optional.of(Schema.find(row.get(), job.options()));
                    tally.schema(schema.get());
                }
                tally.record();
                batch.add(new Work(row.get(), schema.get()));
                batchChars += size(row.get());
                if (batch.size() == BATCH_ROWS || batchChars >= BATCH_CHARS) {
                    submit(workers);
                    if (underWay.size() > 2 * job.threads()) {
                        take();
                    }
                }
            }
        } catch (DataException e) {
            // what stands before the damage may be wrong too, and comes first
            submit(workers);
            while (!underWay.isEmpty()) {
                take();
            }
            throw e;
        }
    }

    private static int size(Row row) {
        int chars = 0;
        if (row.value().isString()) {
            return row.value().stringValue().length();
        }
        for (var field : row.value()) {
            chars += field.isString() ? field.stringValue().length() : 1000;
        }
        return chars;
    }

    private void submit(ExecutorService workers) {
        if (batch.isEmpty()) {
            return;
        }
        List<Work> rows = batch;
        long bytes = bytesRead.get();
        underWay.add(workers.submit(() -> encode(rows, bytes)));
        batch = new ArrayList<>();
        batchChars = 0;
    }

    private Done encode(List<Work> rows, long bytes) {
        List<Encoded> documents = new ArrayList<>();
        for (Work work : rows) {
            encode(work, documents);
        }
        return new Done(documents, bytes);
    }

    private void encode(Work work, List<Encoded> documents) {
        boolean drop = job.options().dropBad();
        List<Sample> samples;
        try {
            samples = work.schema().parse(work.row(), job.options());
        } catch (DataException e) {
            if (!drop) {
                throw e;
            }
            documents.add(Encoded.dropped(Drop.UNUSABLE));
            return;
        }
        for (Sample sample : samples) {
            try {
                documents.add(encoder.encode(sample, work.row().place()));
            } catch (DataException e) {
                if (!drop) {
                    throw e;
                }
                boolean nothing = e instanceof SampleEncoder.NothingTrained;
                documents.add(Encoded.dropped(nothing ? Drop.NOTHING_TRAINED : Drop.UNUSABLE));
            }
        }
    }

    private void take() {
        Done done;
        try {
            done = underWay.remove().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DataException known) {
                throw new DataException(String.valueOf(known.getMessage()), known);
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
        for (Encoded document : done.documents()) {
            keep(document);
        }
        listener.at(done.bytes(), totalBytes);
    }

    private void keep(Encoded document) {
        if (document.dropped().isPresent()) {
            tally.drop(document.dropped().get());
            return;
        }
        if (job.options().dedupe() && !seen.add(document.hash())) {
            tally.drop(Drop.DUPLICATE);
            return;
        }
        tally.keep(document);
        // equal documents, and all pieces of one, fall on the same side
        boolean heldOut =
                (Mix.bits(document.hash()) >>> 11) * 0x1p-53 < job.options().heldOut();
        for (Example example : document.examples()) {
            tally.example(example, heldOut);
            sink.accept(example, heldOut);
        }
    }
}
