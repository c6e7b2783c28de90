package dev.jemma.infer;

/**
 * What an engine is doing and has done, as of its last step.
 *
 * @param waiting requests that wait to be admitted, preempted ones included
 * @param sequences sequences that run
 * @param blocksHeld blocks of keys and values in the tables of running sequences, shared ones counted by each
 * @param blocksCached blocks of tokens that the prefix cache remembers
 * @param kvBytesUsed bytes of keys and values in use, cached ones included
 * @param kvBudgetBytes what they may take
 * @param promptTokens prompt tokens computed since the start, those computed again included
 * @param cachedTokens prompt tokens that came from the prefix cache
 * @param generatedTokens tokens generated
 * @param screenedTokens those of them that were found without all logits
 * @param preemptions requests that gave their memory back half-way, to be computed again
 * @param steps forward passes
 */
public record EngineStats(
        int waiting,
        int sequences,
        int blocksHeld,
        int blocksCached,
        long kvBytesUsed,
        long kvBudgetBytes,
        long promptTokens,
        long cachedTokens,
        long generatedTokens,
        long screenedTokens,
        long preemptions,
        long steps) {}
