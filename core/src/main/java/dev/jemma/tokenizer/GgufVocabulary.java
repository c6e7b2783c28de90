package dev.jemma.tokenizer;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A vocabulary as GGUF metadata holds it: {@code tokenizer.ggml.tokens}, {@code .scores} and {@code .token_type}. GGUF
 * stores Gemma 3's space runs with real spaces, scores added pieces −1000 and calls some user-defined pieces control
 * tokens; {@link #vocabulary} undoes that, {@link #of} does it again.
 *
 * <p>Lists and arrays are held, not copied: decoding every piece once more would be felt at start.
 *
 * @param tokens pieces by id
 * @param scores scores by id
 * @param types codes of {@link PieceType} by id
 */
@SuppressWarnings("ArrayRecordComponent") // what GGUF writers and readers hold
public record GgufVocabulary(List<String> tokens, float[] scores, int[] types) {
    /** What its keys begin with. */
    public static final String PREFIX = "tokenizer.ggml.";

    private static final float ADDED_SCORE = -1000;

    /**
     * What a GGUF file's keys hold; empty if there are no pieces.
     *
     * @throws FormatException if scores or types are missing
     */
    public static Optional<GgufVocabulary> read(GgufFile file) {
        GgufMetadata keys = file.metadata();
        Optional<List<String>> tokens = keys.strings(PREFIX + "tokens");
        if (tokens.isEmpty()) {
            return Optional.empty();
        }
        Optional<float[]> scores = keys.floats(PREFIX + "scores");
        Optional<int[]> types = keys.ints(PREFIX + "token_type");
        if (scores.isEmpty() || types.isEmpty()) {
            throw new FormatException(file.description() + ": the tokenizer lacks " + PREFIX + "scores or " + PREFIX
                    + "token_type; convert the model anew");
        }
        return Optional.of(new GgufVocabulary(tokens.get(), scores.get(), types.get()));
    }

    /** Puts the pieces into the head of a GGUF file. */
    public void putInto(GgufMetadata.Builder keys) {
        keys.strings(PREFIX + "tokens", tokens)
                .floats(PREFIX + "scores", scores)
                .ints(PREFIX + "token_type", types);
    }

    /**
     * The vocabulary, equal to that of the {@code tokenizer.model} the file was made from.
     *
     * @param source what error messages call the file
     * @throws FormatException if the three parts do not fit together, a type is unknown or two pieces are equal
     */
    public Vocabulary vocabulary(String source) {
        if (scores.length != tokens.size() || types.length != tokens.size()) {
            throw new FormatException(source + ": tokenizer.ggml.tokens has " + tokens.size() + " entries, scores "
                    + scores.length + ", token_type " + types.length + "; they must be equally many");
        }
        Vocabulary.Builder pieces = new Vocabulary.Builder(source);
        for (int id = 0; id < tokens.size(); id++) {
            if (!PieceType.isCode(types[id])) {
                throw new FormatException(source + ": token " + id + " has the unknown type " + types[id]);
            }
            String piece = tokens.get(id).replace(' ', Vocabulary.SPACE_SYMBOL);
            pieces.add(piece, scores[id], PieceType.of(types[id]));
        }
        return pieces.build();
    }

    /** What a GGUF file holds for this vocabulary, as the usual converter writes it. */
    public static GgufVocabulary of(Vocabulary vocabulary) {
        int size = vocabulary.size();
        List<String> tokens = new ArrayList<>(size);
        float[] scores = new float[size];
        int[] types = new int[size];
        for (int id = 0; id < size; id++) {
            PieceType type = vocabulary.type(id);
            String piece = vocabulary.piece(id);
            tokens.add(
                    type == PieceType.USER_DEFINED && !isControl(piece)
                            ? piece.replace(Vocabulary.SPACE_SYMBOL, ' ')
                            : piece);
            boolean added = type != PieceType.NORMAL && type != PieceType.BYTE;
            scores[id] = added ? ADDED_SCORE : vocabulary.score(id);
            types[id] = isControl(piece) && added ? PieceType.CONTROL.code() : type.code();
        }
        return new GgufVocabulary(tokens, scores, types);
    }

    // Readers of GGUF never produce control tokens from text, so the converter gives that type to what steers the
    // model.
    private static boolean isControl(String piece) {
        return piece.equals(TokenizerFamily.START_OF_TURN)
                || piece.equals(TokenizerFamily.END_OF_TURN)
                || piece.equals("<mask>")
                || piece.equals("<unk>")
                || (piece.startsWith("<unused") && piece.endsWith(">"));
    }
}
