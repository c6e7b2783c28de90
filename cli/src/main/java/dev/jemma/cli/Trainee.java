package dev.jemma.cli;

import dev.jemma.infer.TokenizerLoader;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LargeMemory;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Gemma;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.train.FreshWeights;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * A model that is about to be trained, with its tokenizer and what computes it.
 *
 * @param gemma with float32 matrices if all of it is trained
 * @param arena owns the weights
 */
record Trainee(Gemma gemma, Tokenizer tokenizer, Kernels kernels, Workers workers, Arena arena)
        implements AutoCloseable {
    /**
     * The tokenizer of a GGUF file or a Hugging Face folder that can be trained.
     *
     * @throws MisuseException if the model makes vectors of texts
     */
    static Tokenizer tokenizer(Path path) {
        try (ModelFiles files = ModelFiles.open(path)) {
            if (files.config().embedsText()) {
                throw new MisuseException(path + " makes vectors of texts; choose a model that generates text");
            }
            return TokenizerLoader.load(files);
        }
    }

    /** Loads a GGUF file or a Hugging Face folder. */
    @SuppressWarnings("MustBeClosedChecker") // close() does
    static Trainee open(Console console, Path path, Tokenizer tokenizer, boolean masters, int threads) {
        Kernels kernels = KernelProviders.choose();
        Arena arena = LargeMemory.shared();
        Workers workers = new WorkerPool(threads);
        boolean whole = false;
        try (ModelFiles files = ModelFiles.open(path);
                Progress bar = console.progress("loading", ModelLoader.bytesToRead(files), Progress.Unit.BYTES)) {
            ModelLoader loader = new ModelLoader(files, kernels, workers, arena, bar::at);
            Gemma gemma = (masters ? loader.asMasters() : loader).load(EmbeddingScale.AUTO);
            whole = true;
            return new Trainee(gemma, tokenizer, kernels, workers, arena);
        } finally {
            if (!whole) {
                workers.close();
                arena.close();
            }
        }
    }

    /** A model that has learnt nothing yet. */
    @SuppressWarnings("MustBeClosedChecker") // close() does
    static Trainee fresh(GemmaConfig config, Tokenizer tokenizer, long seed, int threads) {
        Kernels kernels = KernelProviders.choose();
        Arena arena = LargeMemory.shared();
        float scale = EmbeddingScale.EXACT.factor(config.hiddenSize());
        Gemma gemma = Gemma.of(config, scale, new FreshWeights(config, kernels, arena, seed));
        return new Trainee(gemma, tokenizer, kernels, new WorkerPool(threads), arena);
    }

    @Override
    public void close() {
        workers.close();
        arena.close();
    }
}
