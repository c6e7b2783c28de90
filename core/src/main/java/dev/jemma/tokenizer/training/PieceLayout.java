package dev.jemma.tokenizer.training;

import dev.jemma.JemmaException;
import dev.jemma.format.Names;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The pieces that stand before all learned ones and are not learned: the four that Gemma begins with (pad 0, eos 1, bos
 * 2, unknown 3), then user-defined pieces, which are cut out of any text whole, then the 256 bytes.
 *
 * @param userDefined the user-defined pieces in the order of their ids, from 4 on; a space is written U+2581
 */
public record PieceLayout(List<String> userDefined) {
    /** Pieces with the ids 0 to 3. */
    static final List<String> CONTROLS = List.of("<pad>", "<eos>", "<bos>", "<unk>");

    static final int UNKNOWN_ID = 3;

    private static final int BYTES = 256;
    private static final int LONGEST_NEWLINE_RUN = 4;
    private static final int LONGEST_SPACE_RUN = 16;
    private static final int LONGEST_TAB_RUN = 4;

    /**
     * A layout with these user-defined pieces; spaces in them become U+2581.
     *
     * @throws JemmaException if one is empty, too long, there twice, or a piece that every layout has
     */
    public PieceLayout {
        userDefined = userDefined.stream()
                .map(piece -> piece.replace(' ', Vocabulary.SPACE_SYMBOL))
                .toList();
        Set<String> seen = new HashSet<>(CONTROLS);
        for (int value = 0; value < BYTES; value++) {
            seen.add(Vocabulary.bytePiece(value));
        }
        for (String piece : userDefined) {
            if (piece.isEmpty() || piece.length() > Vocabulary.MAX_PIECE_LENGTH) {
                throw new JemmaException("a user-defined piece has 1 to " + Vocabulary.MAX_PIECE_LENGTH
                        + " characters, not " + piece.length());
            }
            if (piece.indexOf('\0') >= 0 || piece.indexOf(WordCounter.RESERVED) >= 0) {
                throw new JemmaException("the user-defined piece \"" + Names.shown(piece)
                        + "\" holds U+0000 or U+2585, which SentencePiece keeps for itself");
            }
            if (!seen.add(piece)) {
                throw new JemmaException("the piece \"" + Names.shown(piece) + "\" is there already");
            }
        }
    }

    /**
     * What Gemma has, scaled to small vocabularies: {@code <mask>} 4, {@code <start_of_turn>} 5, {@code <end_of_turn>}
     * 6, then runs of line breaks, spaces and tabs.
     */
    public static PieceLayout gemma() {
        List<String> pieces = new ArrayList<>(List.of("<mask>", "<start_of_turn>", "<end_of_turn>"));
        for (int n = 1; n <= LONGEST_NEWLINE_RUN; n++) {
            pieces.add("\n".repeat(n));
        }
        for (int n = 2; n <= LONGEST_SPACE_RUN; n++) { // one space is an ordinary character
            pieces.add(" ".repeat(n));
        }
        for (int n = 1; n <= LONGEST_TAB_RUN; n++) {
            pieces.add("\t".repeat(n));
        }
        return new PieceLayout(pieces);
    }

    /** No user-defined pieces. */
    public static PieceLayout plain() {
        return new PieceLayout(List.of());
    }

    /** This layout with more user-defined pieces behind the others. */
    public PieceLayout with(List<String> more) {
        List<String> all = new ArrayList<>(userDefined);
        all.addAll(more);
        return new PieceLayout(all);
    }

    /** This layout with {@code count} pieces {@code <unused0>}, {@code <unused1>}, … kept free for later. */
    public PieceLayout withUnused(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("<unused" + i + ">");
        }
        return with(names);
    }

    /** Number of pieces of the layout, which is the id of the first learned piece. */
    public int size() {
        return CONTROLS.size() + userDefined.size() + BYTES;
    }

    /** The text of every piece of the layout. */
    List<String> texts() {
        List<String> texts = new ArrayList<>(CONTROLS);
        texts.addAll(userDefined);
        for (int value = 0; value < BYTES; value++) {
            texts.add(Vocabulary.bytePiece(value));
        }
        return texts;
    }

    void putInto(Vocabulary.Builder pieces) {
        for (int id = 0; id < CONTROLS.size(); id++) {
            pieces.add(CONTROLS.get(id), 0, id == UNKNOWN_ID ? PieceType.UNKNOWN : PieceType.CONTROL);
        }
        userDefined.forEach(piece -> pieces.add(piece, 0, PieceType.USER_DEFINED));
        for (int value = 0; value < BYTES; value++) {
            pieces.add(Vocabulary.bytePiece(value), 0, PieceType.BYTE);
        }
    }
}
