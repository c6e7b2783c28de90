import dev.jemma.adapter.Adapters;
import dev.jemma.data.BatchSource;
import dev.jemma.data.Cursor;
import dev.jemma.data.PackedBatch;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Gemma;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.train.RunFolder;
import dev.jemma.train.TrainObserver;
import dev.jemma.train.TrainOptions;
import dev.jemma.train.TrainedRun;
import dev.jemma.train.Trainer;
import dev.jemma.train.optimizer.Schedule;
import dev.jemma.train.tape.Parameters;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Trains a tiny model for a few steps on made-up counting, for training.py: {@code java -cp jemma-cli.jar
 * TinyTraining.java MODEL RUN full|lora|rslora STEPS}. Also what a training run in Java looks like.
 */
final class TinyTraining {
    private static final int ROWS = 32;
    private static final int RANK = 4;
    private static final double ALPHA = 8;

    /** Sequences that count up in steps of one, two or three. */
    private static final class Counting implements BatchSource {
        private final int vocabulary;
        private long next;

        Counting(int vocabulary) {
            this.vocabulary = vocabulary;
        }

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public PackedBatch next() {
            return batch(next++);
        }

        PackedBatch batch(long number) {
            SplittableRandom random = new SplittableRandom(number);
            int start = random.nextInt(vocabulary);
            int step = random.nextInt(1, 4);
            int[] tokens = new int[ROWS];
            int[] targets = new int[ROWS];
            for (int i = 0; i < ROWS; i++) {
                tokens[i] = (start + i * step) % vocabulary;
                targets[i] = (start + (i + 1) * step) % vocabulary;
            }
            return new PackedBatch(tokens, targets, List.of(new PackedBatch.Document(0, ROWS)));
        }

        @Override
        public Cursor cursor() {
            return new Cursor("counting", next, 0, 0, List.of(), List.of());
        }

        @Override
        public void seek(Cursor cursor) {
            next = cursor.batches();
        }
    }

    public static void main(String[] args) {
        Path model = Path.of(args[0]);
        Path run = Path.of(args[1]);
        String kind = args[2];
        long steps = Long.parseLong(args[3]);
        Kernels kernels = KernelProviders.choose();
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(2);
                ModelFiles files = ModelFiles.open(model)) {
            ModelLoader loader = new ModelLoader(files, kernels, workers, arena, _ -> {});
            boolean full = kind.equals("full");
            Gemma gemma = (full ? loader.asMasters() : loader).load(EmbeddingScale.AUTO);
            try (Parameters parameters =
                    full ? Parameters.full(gemma) : Parameters.adapter(gemma, adapter(gemma, kind, kernels, arena))) {
                TrainOptions options = TrainOptions.of(new Schedule(Schedule.Shape.COSINE, 1e-3, 3, steps, 0, 0.1))
                        .withRhythm(5, 0, 5, 2);
                Counting data = new Counting(files.config().vocabularySize());
                List<PackedBatch> heldOut = List.of(data.batch(-1), data.batch(-2));
                try (Trainer trainer = new Trainer(
                        RunFolder.open(run), gemma, parameters, kernels, workers, options, false, TrainObserver.NONE)) {
                    double before = trainer.heldOutLoss(heldOut);
                    trainer.run(data, heldOut, Map.of(TrainedRun.BASE, model.toAbsolutePath().toString()));
                    System.out.printf("%s: held-out loss %.3f, then %.3f%n", kind, before, trainer.heldOutLoss(heldOut));
                }
            }
        }
    }

    private static Adapter adapter(Gemma gemma, String kind, Kernels kernels, Arena arena) {
        Adapter.Scaling scaling = new Adapter.Scaling(RANK, ALPHA, kind.equals("rslora"));
        return Adapters.fresh("tiny", gemma.config(), scaling, Adapters.ALL_MATRICES, 1, kernels, arena);
    }
}
