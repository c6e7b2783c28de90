package dev.jemma.train;

import dev.jemma.data.BatchSource;
import dev.jemma.data.Cursor;
import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.HfConfig;
import dev.jemma.train.optimizer.Schedule;
import dev.jemma.train.tape.Parameter;
import dev.jemma.train.tape.Parameters;
import dev.jemma.train.testing.Rig;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A run of a model so small that a step takes milliseconds; also the program that tests kill. */
final class TinyRun implements AutoCloseable {
    private static final String CONFIG = """
            {"model_type": "gemma3_text", "hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 24,
             "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "vocab_size": 40,
             "max_position_embeddings": 64, "query_pre_attn_scalar": 8, "sliding_window": 6,
             "layer_types": ["sliding_attention", "full_attention"]}
            """;

    /** Batches made of a number: every token follows from those before it, so there is something to learn. */
    static final class Source implements BatchSource {
        private final int vocabulary;
        private final long end;
        private long next;

        Source(int vocabulary, long end) {
            this.vocabulary = vocabulary;
            this.end = end;
        }

        @Override
        public boolean hasNext() {
            return next < end;
        }

        @Override
        public PackedBatch next() {
            return batch(next++, vocabulary);
        }

        @Override
        public Cursor cursor() {
            return new Cursor("tiny", next, 0, 0, List.of(), List.of());
        }

        @Override
        public void seek(Cursor cursor) {
            next = cursor.batches();
        }
    }

    static PackedBatch batch(long number, int vocabulary) {
        SplittableRandom random = new SplittableRandom(number);
        List<PackedBatch.Document> documents = new ArrayList<>();
        int[] tokens = new int[24];
        int[] targets = new int[24];
        for (int first = 0; first < tokens.length; ) {
            int rows = Math.min(tokens.length - first, random.nextInt(5, 12));
            int start = random.nextInt(vocabulary);
            int step = random.nextInt(1, 4);
            for (int i = 0; i < rows; i++) {
                tokens[first + i] = (start + i * step) % vocabulary;
                targets[first + i] = i + 1 < rows ? (start + (i + 1) * step) % vocabulary : -1;
            }
            documents.add(new PackedBatch.Document(first, rows));
            first += rows;
        }
        return new PackedBatch(tokens, targets, documents);
    }

    final Kernels kernels = Rig.kernels("");
    final Workers workers;
    final Arena arena = Arena.ofShared();
    final Gemma gemma;
    final Parameters parameters;
    final Trainer trainer;
    final Source source;
    final List<PackedBatch> heldOut;

    TinyRun(Path folder, int threads, TrainOptions options, TrainObserver observer) {
        workers = new WorkerPool(threads);
        GemmaConfig config = HfConfig.read(Json.parse(CONFIG.getBytes(StandardCharsets.UTF_8), "tiny"));
        gemma = Gemma.of(config, (float) Math.sqrt(config.hiddenSize()), new FreshWeights(config, kernels, arena, 7));
        parameters = Parameters.full(gemma);
        trainer = new Trainer(RunFolder.open(folder), gemma, parameters, kernels, workers, options, false, observer);
        source = new Source(config.vocabularySize(), Long.MAX_VALUE);
        heldOut = List.of(batch(-1, config.vocabularySize()), batch(-2, config.vocabularySize()));
    }

    static TrainOptions options(long steps) {
        Schedule schedule = new Schedule(Schedule.Shape.COSINE, 1e-2, 3, steps, 0, 0.1);
        return TrainOptions.of(schedule).withAccumulation(2).withRhythm(5, 0, 4, 2);
    }

    Trainer.Outcome run() {
        return trainer.run(source, heldOut, Map.of("model", "tiny"));
    }

    float[] values(String name) {
        Parameter p = parameters.named(name).orElseThrow();
        return p.read(p.values());
    }

    @Override
    public void close() {
        trainer.close();
        parameters.close();
        workers.close();
        arena.close();
    }

    /** Runs in a process of its own: folder, steps, threads. */
    public static void main(String[] args) {
        try (TinyRun run = new TinyRun(
                Path.of(args[0]), Integer.parseInt(args[2]), options(Long.parseLong(args[1])), TrainObserver.NONE)) {
            run.run();
        }
    }
}
