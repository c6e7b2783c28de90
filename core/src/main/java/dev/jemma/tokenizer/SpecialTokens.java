package dev.jemma.tokenizer;

import java.util.BitSet;

/**
 * The tokens that steer a model rather than say something: they are produced from text only on request, and chat
 * templates place them by id. An id is {@link #ABSENT} where the vocabulary has no such token. Immutable.
 */
public final class SpecialTokens {
    /** The id of a token that the vocabulary lacks. */
    public static final int ABSENT = -1;

    private final BitSet special = new BitSet();
    private final int bos;
    private final int eos;
    private final int pad;
    private final int unknown;
    private final int startOfTurn;
    private final int endOfTurn;

    /** The special tokens of a vocabulary. */
    public SpecialTokens(Vocabulary vocabulary) {
        TokenizerFamily family = vocabulary.family();
        int firstUnknown = ABSENT;
        for (int id = 0; id < vocabulary.size(); id++) {
            PieceType type = vocabulary.type(id);
            if (type != PieceType.NORMAL
                    && type != PieceType.BYTE
                    && type != PieceType.UNUSED
                    && family.isSpecial(id, vocabulary.piece(id), type)) {
                special.set(id);
            }
            if (type == PieceType.UNKNOWN && firstUnknown == ABSENT) {
                firstUnknown = id;
            }
        }
        if (family == TokenizerFamily.GEMMA_3) {
            special.set(TokenizerFamily.IMAGE_SOFT_TOKEN);
        }
        unknown = firstUnknown;
        bos = find(vocabulary, "<bos>", "<s>");
        eos = find(vocabulary, "<eos>", "</s>");
        pad = find(vocabulary, "<pad>");
        startOfTurn = find(vocabulary, TokenizerFamily.START_OF_TURN);
        endOfTurn = find(vocabulary, TokenizerFamily.END_OF_TURN);
    }

    // The first of these pieces that is special ("</s>" is an ordinary HTML tag in Gemma).
    private int find(Vocabulary vocabulary, String... names) {
        for (String name : names) {
            int id = vocabulary.find(name).orElse(ABSENT);
            if (id != ABSENT && special.get(id)) {
                return id;
            }
        }
        return ABSENT;
    }

    /** Whether text produces this token on request only. */
    public boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }

    /** Begins every sequence. */
    public int bos() {
        return bos;
    }

    /** Ends a document. */
    public int eos() {
        return eos;
    }

    /** Fills up batches. */
    public int pad() {
        return pad;
    }

    /** Stands for what the vocabulary cannot say; Gemma falls back to bytes instead. */
    public int unknown() {
        return unknown;
    }

    /** Opens a turn of a chat. */
    public int startOfTurn() {
        return startOfTurn;
    }

    /** Closes a turn of a chat. */
    public int endOfTurn() {
        return endOfTurn;
    }
}
