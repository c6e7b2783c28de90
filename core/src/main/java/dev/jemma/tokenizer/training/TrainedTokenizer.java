package dev.jemma.tokenizer.training;

import dev.jemma.JemmaException;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.TokenizerJsonWriter;
import dev.jemma.tokenizer.Vocabulary;
import java.nio.file.Path;
import java.util.List;

/**
 * What a training gave.
 *
 * @param vocabulary the pieces: the layout's, the learned by falling frequency, single characters by falling frequency
 * @param settings it was trained with
 * @param learned pieces of more than one character
 * @param singleCharacters pieces of one character
 * @param characters of text, in UTF-16 units
 * @param lines that were not empty
 * @param skippedLines that were left out since they hold U+2585
 * @param words that differ
 */
public record TrainedTokenizer(
        Vocabulary vocabulary,
        TrainerSettings settings,
        int learned,
        int singleCharacters,
        long characters,
        long lines,
        long skippedLines,
        long words) {
    /**
     * The vocabulary as a SentencePiece model with the settings it was trained with.
     *
     * @param inputs names of the sources, for the record
     */
    public SentencePieceModel model(List<String> inputs) {
        return new SentencePieceModel(vocabulary, settings.trainerSpec(inputs, "tokenizer"));
    }

    /**
     * Writes {@code tokenizer.model} and {@code tokenizer.json} into a folder, which is made if need be. Each appears
     * under its name only when it is whole.
     *
     * @param inputs names of the sources, for the record
     * @throws JemmaException if a file cannot be written
     */
    public void write(Path folder, List<String> inputs) {
        model(inputs).write(folder.resolve("tokenizer.model"));
        TokenizerJsonWriter.write(folder.resolve("tokenizer.json"), vocabulary);
    }
}
