package dev.jemma.infer;

import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.model.EmbeddingScale;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a model is loaded and run. Everything has a default; see {@link #defaults()}.
 *
 * @param threads compute threads, the caller included; by default as many as the machine offers this process
 * @param precision {@link Precision#EXACT} computes with float32 activations throughout
 * @param embeddingScale rounding of the embedding factor; by default what the file says
 * @param contextLength most tokens of a sequence; by default what the model was trained for, if memory allows
 * @param kvType what keys and values are kept as; only float32 goes with {@link Precision#EXACT}
 * @param kvBudgetBytes memory for keys and values; by default room for one full context, at least 1 GiB, at most half
 *     of the memory that the weights leave
 * @param batchRows rows of one forward pass
 * @param sequences most sequences at once
 * @param prefixCache whether equal beginnings of prompts share their keys and values
 * @param speculation how it guesses ahead, to be faster with the same tokens; by default not at all
 * @param screen whether a coarse copy of a large 8-bit output matrix may be made once tokens are generated one by one, to
 *     find the largest logits sooner; same tokens, two thirds of that matrix more memory
 * @param adapter folder of the adapter that serves requests that name none; see {@link LanguageModel#loadAdapter}
 * @param loading told how far loading is
 */
public record ModelOptions(
        OptionalInt threads,
        Precision precision,
        EmbeddingScale embeddingScale,
        OptionalInt contextLength,
        KvType kvType,
        OptionalLong kvBudgetBytes,
        int batchRows,
        int sequences,
        boolean prefixCache,
        Speculation speculation,
        boolean screen,
        Optional<Path> adapter,
        LoadListener loading) {
    public ModelOptions {
        if (precision == Precision.EXACT && kvType != KvType.F32) {
            throw new IllegalArgumentException("exact arithmetic keeps keys and values in float32, not " + kvType);
        }
    }

    /** Told how many bytes of the weights are read, from several threads. */
    @FunctionalInterface
    public interface LoadListener {
        /** So many bytes of the total are read; the total stays the same. */
        void loaded(long bytesDone, long bytesTotal);
    }

    /** Everything by default. */
    public static ModelOptions defaults() {
        return builder().build();
    }

    /** A builder that starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private OptionalInt threads = OptionalInt.empty();
        private Precision precision = Precision.FAST;
        private EmbeddingScale embeddingScale = EmbeddingScale.AUTO;
        private OptionalInt contextLength = OptionalInt.empty();
        private KvType kvType = KvType.F32;
        private OptionalLong kvBudgetBytes = OptionalLong.empty();
        private int batchRows = EngineOptions.DEFAULT_BATCH_ROWS;
        private int sequences = EngineOptions.DEFAULT_SEQUENCES;
        private boolean prefixCache = true;
        private Speculation speculation = new Speculation.None();
        private boolean screen = true;
        private Optional<Path> adapter = Optional.empty();
        private LoadListener loading = (done, total) -> {};

        private Builder() {}

        public Builder threads(int count) {
            threads = OptionalInt.of(count);
            return this;
        }

        public Builder precision(Precision value) {
            precision = value;
            return this;
        }

        public Builder embeddingScale(EmbeddingScale value) {
            embeddingScale = value;
            return this;
        }

        public Builder contextLength(int tokens) {
            contextLength = OptionalInt.of(tokens);
            return this;
        }

        public Builder kvType(KvType value) {
            kvType = value;
            return this;
        }

        public Builder kvBudgetBytes(long bytes) {
            kvBudgetBytes = OptionalLong.of(bytes);
            return this;
        }

        public Builder batchRows(int rows) {
            batchRows = rows;
            return this;
        }

        public Builder sequences(int most) {
            sequences = most;
            return this;
        }

        public Builder prefixCache(boolean on) {
            prefixCache = on;
            return this;
        }

        public Builder adapter(Path folder) {
            adapter = Optional.of(folder);
            return this;
        }

        public Builder speculation(Speculation value) {
            speculation = value;
            return this;
        }

        public Builder screen(boolean allowed) {
            screen = allowed;
            return this;
        }

        public Builder loading(LoadListener listener) {
            loading = listener;
            return this;
        }

        /** The options. */
        public ModelOptions build() {
            return new ModelOptions(
                    threads,
                    precision,
                    embeddingScale,
                    contextLength,
                    kvType,
                    kvBudgetBytes,
                    batchRows,
                    sequences,
                    prefixCache,
                    speculation,
                    screen,
                    adapter,
                    loading);
        }
    }
}
