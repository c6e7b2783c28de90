package dev.jemma.infer;

import dev.jemma.kernel.KvType;

/**
 * Limits of an engine.
 *
 * @param contextLength most tokens of one sequence, prompt and output together
 * @param kvType what keys and values are kept as
 * @param kvBudgetBytes memory that keys and values may take
 * @param maxBatchRows most rows of one forward pass: how a long prompt is cut into chunks
 * @param maxSequences most sequences that run at once
 * @param prefixCache whether keys and values of equal beginnings are shared
 * @param speculation how it guesses ahead
 * @param screenFrom weights of the output matrix from which on a coarse copy of it may be made, to find the largest logits
 *     sooner ({@link #NO_SCREEN}: never)
 */
public record EngineOptions(
        int contextLength,
        KvType kvType,
        long kvBudgetBytes,
        int maxBatchRows,
        int maxSequences,
        boolean prefixCache,
        Speculation speculation,
        long screenFrom) {
    /** No matrix has so many weights. */
    public static final long NO_SCREEN = Long.MAX_VALUE;

    /** Smaller matrices are not what a token takes its time for. */
    public static final long DEFAULT_SCREEN_FROM = 1 << 24;

    /** Rows at which prefill has reached its full speed; more only takes memory. */
    public static final int DEFAULT_BATCH_ROWS = 512;

    /** Most rows of prompts in a pass in which others decode: more would hold up their next token for too long. */
    public static final int PROMPT_ROWS_BESIDE = 128;

    /** Sequences beyond which decoding gains little on a CPU. */
    public static final int DEFAULT_SEQUENCES = 32;

    /** Limits of an engine that does not guess ahead and keeps keys and values in float32. */
    public EngineOptions(
            int contextLength, long kvBudgetBytes, int maxBatchRows, int maxSequences, boolean prefixCache) {
        this(
                contextLength,
                KvType.F32,
                kvBudgetBytes,
                maxBatchRows,
                maxSequences,
                prefixCache,
                new Speculation.None(),
                DEFAULT_SCREEN_FROM);
    }

    public EngineOptions {
        if (contextLength < 1 || kvBudgetBytes < 1 || maxBatchRows < 1 || maxSequences < 1) {
            throw new IllegalArgumentException("every limit of an engine must be at least 1: " + contextLength + ", "
                    + kvBudgetBytes + ", " + maxBatchRows + ", " + maxSequences);
        }
    }
}
