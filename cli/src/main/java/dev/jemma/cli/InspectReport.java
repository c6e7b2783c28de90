package dev.jemma.cli;

import java.util.List;
import java.util.Optional;

/**
 * What {@code inspect} tells of a model; its {@code --json} prints this record as it is.
 *
 * @param assumed values the file does not give
 * @param warnings what the user should know
 * @param tensors one entry a tensor, if they were asked for
 */
record InspectReport(
        Environment environment,
        String name,
        String path,
        String format,
        long fileBytes,
        String architecture,
        String title,
        Parameters parameters,
        Shape shape,
        List<TensorType> tensorTypes,
        Vocabulary tokenizer,
        Chat chat,
        Defaults defaults,
        List<String> assumed,
        Memory memory,
        List<String> warnings,
        Optional<List<TensorRow>> tensors) {

    /** Numbers of weights; the embedding, which is the output too, counts once. */
    record Parameters(long embedding, long nonEmbedding, long dense, long total) {}

    /** Sizes that all layers share, and the layers in kinds. */
    record Shape(
            int layers,
            int hiddenSize,
            int vocabularyRows,
            int contextLength,
            float rmsNormEps,
            float finalLogitSoftcap,
            float embeddingScale,
            String embeddingScaleRounding,
            List<LayerKind> kinds) {}

    /** Layers that are equal; window 0 sees everything. */
    record LayerKind(
            int count,
            int heads,
            int kvHeads,
            int headDim,
            int window,
            boolean causal,
            double ropeBase,
            float ropeFactor,
            float attentionScale,
            float attentionSoftcap,
            int feedForwardSize) {}

    /** Tensors of one element type. */
    record TensorType(String type, int count, long bytes) {}

    /** One tensor. */
    record TensorRow(String name, String type, List<Long> shape, long bytes) {}

    /** The tokenizer. */
    record Vocabulary(String family, int pieces, int bos, int eos, int pad, int endOfTurn) {}

    /** The chat template; {@code builtIn} is empty for a model that cannot chat. */
    record Chat(boolean inFile, Optional<String> builtIn, boolean matches) {}

    /** Values of a request that says nothing else. */
    record Defaults(
            boolean instructionTuned,
            float temperature,
            int topK,
            float topP,
            float minP,
            float repetitionPenalty,
            List<Integer> suppressed,
            int maxTokens,
            List<Integer> stopIds,
            String origin) {}

    /** About how much memory a run takes, and how much this process may use. */
    record Memory(
            int context,
            long weightBytes,
            long kvBytes,
            long scratchBytes,
            long totalBytes,
            long limitBytes,
            String limitOrigin) {}
}
