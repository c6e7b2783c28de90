package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.data.BatchSource;
import dev.jemma.data.DataJob;
import dev.jemma.data.DataOptions;
import dev.jemma.data.Example;
import dev.jemma.data.Examples;
import dev.jemma.data.Mixture;
import dev.jemma.data.PackedBatch;
import dev.jemma.data.Packing;
import dev.jemma.data.Shards;
import dev.jemma.data.Stage;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The data of a run as tokens in the run's folder: what is trained on, in stages if it is a mixture, and what is held out. */
final class RunData implements AutoCloseable {
    private static final long COUNTED = 200_000;

    private final List<String> names = new ArrayList<>();
    private final List<Shards> shards = new ArrayList<>();
    private final List<Examples> heldOut = new ArrayList<>();
    private List<Stage> stages = List.of();

    private RunData() {}

    /**
     * Prepares the data, or takes what an earlier start prepared.
     *
     * @param folder for the tokens
     */
    static RunData prepare(Console console, RunSources sources, Tokenizer tokenizer, int threads, Path folder) {
        RunData data = new RunData();
        boolean whole = false;
        ChatTemplate template = DataJob.templateOf(tokenizer);
        try {
            if (sources.mixture().isPresent()) {
                Mixture mixture = sources.mixture().get();
                data.stages = mixture.stages();
                for (Mixture.Source one : mixture.sources()) {
                    DataJob job = new DataJob(one.data(), tokenizer, template, one.options(), threads);
                    data.add(one.name() + ": ", shards(console, job, folder.resolve(one.name())));
                }
            } else {
                DataJob job = new DataJob(sources.paths(), tokenizer, template, sources.options(), threads);
                data.add("", shards(console, job, folder.resolve("train")));
            }
            if (!sources.evalData().isEmpty()) {
                DataOptions all = sources.options().toBuilder().heldOut(0).build();
                DataJob job = new DataJob(sources.evalData(), tokenizer, template, all, threads);
                Shards held = shards(console, job, folder.resolve("held-out"));
                data.names.add("held-out data: ");
                data.shards.add(held);
                data.heldOut.clear();
                data.heldOut.add(held.train());
            }
            whole = true;
            return data;
        } finally {
            if (!whole) {
                data.close();
            }
        }
    }

    private static Shards shards(Console console, DataJob job, Path folder) {
        try (Progress bar = console.progress("tokenizing", 0, Progress.Unit.BYTES)) {
            Shards made = Shards.prepare(job, folder, (bytes, total) -> {
                bar.total(total);
                bar.at(bytes);
            });
            made.fault().ifPresent(console::warn);
            return made;
        }
    }

    private void add(String name, Shards made) {
        names.add(name);
        shards.add(made);
        heldOut.add(made.heldOut());
        if (made.train().size() == 0) {
            throw new JemmaException(name + "the data has no example to train on; 'jemma prepare' shows why");
        }
    }

    /** What was kept, truncated and dropped: a line for each source. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < shards.size(); i++) {
            lines.add("data: " + names.get(i) + shards.get(i).preparation().summary());
        }
        return lines;
    }

    /** Sets that are trained on; held-out data of its own is behind them. */
    private List<Examples> sets() {
        int sets = stages.isEmpty() ? 1 : stages.getFirst().weights().size();
        return shards.subList(0, sets).stream().map(Shards::train).toList();
    }

    /** Rows of one pass through the data. */
    long rows() {
        return sets().stream().mapToLong(set -> set.tokens() - set.size()).sum();
    }

    BatchSource source(Packing packing, long totalRows, long seed) {
        return stages.isEmpty()
                ? BatchSource.endless(sets().getFirst(), packing, seed)
                : BatchSource.mixed(sets(), stages, totalRows, packing, seed);
    }

    /** The same held-out batches each time, no more than so many of each set. */
    List<PackedBatch> heldOut(Packing packing, int most) {
        List<PackedBatch> batches = new ArrayList<>();
        for (Examples set : heldOut) {
            if (set.size() == 0) {
                continue; // a source too small to hold anything out
            }
            BatchSource source = BatchSource.once(set, packing);
            for (int i = 0; i < most && source.hasNext(); i++) {
                batches.add(source.next());
            }
        }
        return batches;
    }

    /**
     * The loss on the held-out targets of guessing each token by its frequency in the training data, one added to each
     * count; frequencies are those of up to {@value #COUNTED} examples of each set.
     */
    double unigramLoss(Packing packing, int most, int vocabulary) {
        long[] counts = new long[vocabulary];
        long total = vocabulary;
        for (Examples set : sets()) {
            for (long i = 0; i < Math.min(set.size(), COUNTED); i++) {
                int[] tokens = set.get(i).tokens();
                for (int t = 1; t < tokens.length; t++) { // the first is never a target
                    counts[tokens[t]]++;
                    total++;
                }
            }
        }
        double sum = 0;
        long targets = 0;
        for (PackedBatch batch : heldOut(packing, most)) {
            for (int target : batch.targets()) {
                if (target != PackedBatch.NO_TARGET) {
                    sum -= Math.log((counts[target] + 1.0) / total);
                    targets++;
                }
            }
        }
        return sum / Math.max(1, targets);
    }

    /** The first held-out examples; of the training data if nothing is held out. */
    List<Example> examples(int most) {
        List<Example> found = new ArrayList<>();
        for (Examples set : heldOut.stream().allMatch(s -> s.size() == 0) ? sets() : heldOut) {
            for (long i = 0; i < set.size() && found.size() < most; i++) {
                found.add(set.get(i));
            }
        }
        return found;
    }

    @Override
    public void close() {
        shards.forEach(Shards::close);
    }
}
