package dev.jemma.tokenizer.training;

import dev.jemma.JemmaException;
import dev.jemma.tokenizer.ProtoWriter;
import java.util.List;

/**
 * What a vocabulary should be like; the names and defaults are SentencePiece's, but for those that Gemma sets (digits
 * split, text taken as it is, pieces of nothing but spaces allowed, bytes for unknown characters).
 *
 * @param vocabularySize pieces in all
 * @param layout the pieces that are not learned
 * @param characterCoverage share of the text's characters that get a piece of their own, 0.98 to 1; the rarest are left
 *     to bytes
 * @param requiredCharacters characters that get a piece whether or not the text has them
 * @param maxPieceLength characters of the longest learned piece, 1 to 127
 * @param splitDigits whether each digit stands alone
 * @param splitByNumber whether digits and letters never share a piece
 * @param splitByScript whether characters of two Unicode scripts never share a piece
 * @param maxWordCharacters UTF-16 units that the different words of the text may have together. Training takes about 32
 *     bytes for each; rare words are dropped when there are more
 */
public record TrainerSettings(
        int vocabularySize,
        PieceLayout layout,
        double characterCoverage,
        String requiredCharacters,
        int maxPieceLength,
        boolean splitDigits,
        boolean splitByNumber,
        boolean splitByScript,
        int maxWordCharacters) {
    /** The share of characters that get a piece unless something else is said. */
    public static final double DEFAULT_COVERAGE = 0.9995;

    private static final int DEFAULT_MAX_PIECE_LENGTH = 16;
    private static final int LONGEST_PIECE_LENGTH = 127; // surrogate pairs must fit in a vocabulary's 255 units
    private static final int DEFAULT_MAX_WORD_CHARACTERS = 32 << 20;
    private static final int SMALLEST_MAX_WORD_CHARACTERS = 1 << 10;
    private static final int LARGEST_MAX_WORD_CHARACTERS = 1 << 29;

    private static final int BPE = 2;
    private static final int NO_LIMIT = 1 << 30; // bytes of a line; SentencePiece's largest

    /** @throws JemmaException if a value is out of range; the message names it */
    public TrainerSettings {
        if (!(characterCoverage >= 0.98 && characterCoverage <= 1)) {
            throw new JemmaException("the character coverage is 0.98 to 1, not " + characterCoverage);
        }
        if (maxPieceLength < 1 || maxPieceLength > LONGEST_PIECE_LENGTH) {
            throw new JemmaException(
                    "the longest piece has 1 to " + LONGEST_PIECE_LENGTH + " characters, not " + maxPieceLength);
        }
        if (requiredCharacters.indexOf('\0') >= 0 || requiredCharacters.indexOf(WordCounter.RESERVED) >= 0) {
            throw new JemmaException(
                    "required characters may not be U+0000 or U+2585, which SentencePiece keeps for" + " itself");
        }
        if (vocabularySize <= layout.size()) {
            throw new JemmaException("a vocabulary of " + vocabularySize + " has no room to learn: " + layout.size()
                    + " pieces are fixed (control tokens, user-defined pieces, bytes)");
        }
        if (maxWordCharacters < SMALLEST_MAX_WORD_CHARACTERS || maxWordCharacters > LARGEST_MAX_WORD_CHARACTERS) {
            throw new JemmaException("the words' characters may be limited to " + SMALLEST_MAX_WORD_CHARACTERS + " to "
                    + LARGEST_MAX_WORD_CHARACTERS + ", not " + maxWordCharacters);
        }
    }

    /** The usual settings for a vocabulary of this size. */
    public static TrainerSettings of(int vocabularySize, PieceLayout layout) {
        return new TrainerSettings(
                vocabularySize,
                layout,
                DEFAULT_COVERAGE,
                "",
                DEFAULT_MAX_PIECE_LENGTH,
                true,
                true,
                true,
                DEFAULT_MAX_WORD_CHARACTERS);
    }

    /** These settings as message {@code TrainerSpec} of a {@code tokenizer.model}; {@code inputs} name the text. */
    byte[] trainerSpec(List<String> inputs, String name) {
        ProtoWriter spec = new ProtoWriter();
        inputs.forEach(input -> spec.string(1, input));
        spec.string(2, name)
                .integer(3, BPE)
                .integer(4, vocabularySize)
                .float32(10, (float) characterCoverage)
                .integer(11, 0) // sentences: all
                .integer(16, 1) // threads: the result is that of one
                .integer(18, NO_LIMIT)
                .integer(19, 0); // no shuffling
        if (maxPieceLength != DEFAULT_MAX_PIECE_LENGTH) {
            spec.integer(20, maxPieceLength);
        }
        spec.integer(21, splitByScript ? 1 : 0)
                .integer(22, 1) // words end at spaces
                .integer(23, splitByNumber ? 1 : 0)
                .integer(25, splitDigits ? 1 : 0)
                .integer(26, 1); // pieces of nothing but spaces
        layout.userDefined().forEach(piece -> spec.string(31, piece));
        spec.integer(35, 1); // bytes for unknown characters
        if (!requiredCharacters.isEmpty()) {
            spec.string(36, requiredCharacters);
        }
        return spec.integer(40, PieceLayout.UNKNOWN_ID)
                .integer(41, PieceLayout.CONTROLS.indexOf("<bos>"))
                .integer(42, PieceLayout.CONTROLS.indexOf("<eos>"))
                .integer(43, PieceLayout.CONTROLS.indexOf("<pad>"))
                .string(45, "<unk>")
                .string(46, "<bos>")
                .string(47, "<eos>")
                .string(48, "<pad>")
                .toBytes();
    }
}
