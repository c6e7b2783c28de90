package dev.jemma.convert;

import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.kernel.Workers;
import dev.jemma.model.ModelFiles;
import dev.jemma.tensor.DType;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The door to conversion. Tensors stream from file to file, so memory does not grow with the model; the rows of a tensor
 * are converted in parallel. What is being written appears under its name only when it is whole. Stateless.
 */
public final class Converter {
    private Converter() {}

    /**
     * Writes a Hugging Face folder as one GGUF file: the language model of it, without vision parts and without an output
     * matrix. Rows of the embedding beyond the tokenizer's last token are left out.
     *
     * @param tokenizer the vocabulary to embed; without one the file holds a model that needs a tokenizer beside it
     * @throws dev.jemma.JemmaException if the model is of an unknown family or damaged, or the target cannot be written
     */
    public static void toGguf(
            HfFolder source,
            Optional<TokenizerData> tokenizer,
            Path target,
            Quantization quantization,
            Workers workers,
            Progress progress) {
        ToGguf.fromFolder(source, tokenizer, target, quantization, workers, progress);
    }

    /**
     * Writes a GGUF file as a Hugging Face folder, which must be new or empty. Floating-point tensors keep their type,
     * quantized ones are decoded to F32.
     *
     * @return the vocabulary in the file, for the caller to write as tokenizer files
     * @throws dev.jemma.JemmaException if the model is of an unknown family or damaged, or the folder cannot be written
     */
    public static Optional<TokenizerData> toHuggingFace(
            GgufFile source, Path folder, Workers workers, Progress progress) {
        return toHuggingFace(source, folder, SafetensorsWriter.DEFAULT_SHARD_BYTES, workers, progress);
    }

    /** As above, with shards of at most {@code maxShardBytes} (or one tensor). */
    public static Optional<TokenizerData> toHuggingFace(
            GgufFile source, Path folder, long maxShardBytes, Workers workers, Progress progress) {
        return ToHuggingFace.fromGguf(source, folder, maxShardBytes, workers, progress);
    }

    /**
     * Writes a GGUF file anew with other element types. Keys are kept, but those that state the type.
     *
     * @throws dev.jemma.JemmaException if the model is of an unknown family or damaged, or the target cannot be written
     */
    public static void quantize(
            GgufFile source, Path target, Quantization quantization, Workers workers, Progress progress) {
        ToGguf.requantize(source, target, quantization, workers, progress);
    }

    /**
     * Writes a model with other weights, of a folder or a GGUF file, as a GGUF file.
     *
     * @param tokenizer the vocabulary of a folder, to embed; a GGUF file keeps its own
     * @param quantization {@link Quantization#KEEP} gives every tensor the type that it has in {@code base}
     * @throws dev.jemma.JemmaException if the change belongs to another model, or the target cannot be written
     */
    public static void changedToGguf(
            ModelFiles base,
            WeightChange change,
            Optional<TokenizerData> tokenizer,
            Path target,
            Quantization quantization,
            Workers workers,
            Progress progress) {
        ToGguf.changed(base, change, tokenizer, target, quantization, workers, progress);
    }

    /**
     * Writes a model with other weights, of a folder or a GGUF file, as a Hugging Face folder, which must be new or empty.
     * Tokenizer files are the caller's to write.
     *
     * @param tokenizer tells the ids of control tokens
     * @param type F32, BF16 or F16 for all tensors; empty keeps the type of each, quantized ones as F32
     * @throws dev.jemma.JemmaException if the change belongs to another model, or the folder cannot be written
     */
    public static void changedToHuggingFace(
            ModelFiles base,
            WeightChange change,
            Optional<TokenizerData> tokenizer,
            Path folder,
            Optional<DType> type,
            Workers workers,
            Progress progress) {
        ToHuggingFace.changed(base, change, tokenizer, folder, type, workers, progress);
    }
}
