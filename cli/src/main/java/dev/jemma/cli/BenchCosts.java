package dev.jemma.cli;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.KvType;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LayerConfig;

/**
 * What a token costs at least, which tells how near to the machine's limits a rate is: every weight is read once a
 * forward pass, keys and values once a row, and every weight is multiplied once a token.
 *
 * @param kvType what keys and values are kept as
 * @param weightBytes of all tensors as stored
 * @param batchRows most rows of a forward pass
 */
record BenchCosts(GemmaConfig config, KvType kvType, long weightBytes, int batchRows) {
    /** Bytes that a token makes the machine read. */
    double bytesPerToken(BenchTest test) {
        if (test.prompt() > 0) {
            int passes = Math.ceilDiv(test.prompt(), batchRows);
            return (double) weightBytes * passes / test.prompt();
        }
        long keysAndValues = config.kvBytes(test.depth() + test.generate() / 2, kvType);
        return (double) weightBytes / test.rows() + keysAndValues;
    }

    /** Multiply-adds of a token: matrices and attention; a prompt has logits for its last token only. */
    double multiplyAddsPerToken(BenchTest test) {
        boolean reading = test.prompt() > 0;
        double logits = (double) config.embeddingParameters() / (reading ? test.prompt() : 1);
        int first = test.depth();
        int count = reading ? test.prompt() : test.generate();
        double attention = 0;
        for (LayerConfig layer : config.layers()) {
            attention += attention(layer.attention(), first, count);
        }
        return config.nonEmbeddingParameters() + logits + attention;
    }

    /** Mean over the positions: a score and a share of the value for each key that a query sees. */
    private static double attention(AttentionShape shape, int first, int count) {
        long keys = 0;
        for (int position = first; position < first + count; position++) {
            keys += shape.window() == 0 ? position + 1 : Math.min(position + 1, shape.window());
        }
        return 2.0 * shape.heads() * shape.headDim() * keys / count;
    }
}
