package dev.jemma.tokenizer;

import java.util.function.IntFunction;

/**
 * Which vocabulary this is. Files disagree about the types of the added pieces (GGUF calls turn tokens control tokens,
 * SentencePiece calls them user-defined, a {@code tokenizer.json} may list only four of them), so for the known
 * families the layout is a constant here and the file's labels are not asked.
 */
public enum TokenizerFamily {
    /** 256,000 pieces: Gemma 1 and 2, CodeGemma, ShieldGemma, VaultGemma. */
    GEMMA_1_2(256_000, 106, 217, 473, 255_968),
    /** 262,144 pieces: Gemma 3, 3n, FunctionGemma, EmbeddingGemma. */
    GEMMA_3(262_144, 105, 238, 494, 255_968),
    /** Any other SentencePiece BPE vocabulary; types are those of the file. */
    GENERIC(0, -1, 0, 0, 0);

    /** Gemma 3's image placeholder has the number behind the last piece and stands in no SentencePiece model. */
    static final int IMAGE_SOFT_TOKEN = 262_144;

    static final String IMAGE_SOFT_TOKEN_PIECE = "<image_soft_token>";

    static final String START_OF_TURN = "<start_of_turn>";
    static final String END_OF_TURN = "<end_of_turn>";

    private static final int UNKNOWN_ID = 3;

    private final int size;
    private final int startOfTurn;
    private final int firstByte;
    private final int firstNormal;
    private final int firstUpperAdded;

    TokenizerFamily(int size, int startOfTurn, int firstByte, int firstNormal, int firstUpperAdded) {
        this.size = size;
        this.startOfTurn = startOfTurn;
        this.firstByte = firstByte;
        this.firstNormal = firstNormal;
        this.firstUpperAdded = firstUpperAdded;
    }

    static TokenizerFamily detect(int size, IntFunction<String> piece) {
        for (TokenizerFamily family : new TokenizerFamily[] {GEMMA_1_2, GEMMA_3}) {
            if (size >= family.size
                    && piece.apply(family.startOfTurn).equals(START_OF_TURN)
                    && piece.apply(family.startOfTurn + 1).equals(END_OF_TURN)) {
                return family;
            }
        }
        return GENERIC;
    }

    /** Whether the family itself, and not the file, says what piece {@code id} is. */
    boolean defines(int id) {
        return id < size;
    }

    /** Number of pieces of the SentencePiece model; 0 for {@link #GENERIC}. */
    int size() {
        return size;
    }

    int startOfTurn() {
        return startOfTurn;
    }

    int firstByte() {
        return firstByte;
    }

    PieceType type(int id) {
        if (id < UNKNOWN_ID) {
            return PieceType.CONTROL;
        }
        if (id == UNKNOWN_ID) {
            return PieceType.UNKNOWN;
        }
        if (id < firstByte || id >= firstUpperAdded) {
            return PieceType.USER_DEFINED;
        }
        return id < firstNormal ? PieceType.BYTE : PieceType.NORMAL;
    }

    /**
     * The score of a normal piece in the original model: minus its place, with Gemma 3's gap of 31 before its single
     * characters. Used where the file (a {@code tokenizer.json}) holds no scores.
     */
    float score(int id) {
        int place = id - firstNormal;
        return this == GEMMA_3 && id >= 236_743 ? -(place + 31) : -place;
    }

    /** Whether text never produces this piece unless special tokens are asked for. */
    boolean isSpecial(int id, String piece, PieceType type) {
        if (type == PieceType.CONTROL || type == PieceType.UNKNOWN) {
            return true;
        }
        return switch (this) {
            // 67–70 are CodeGemma's fill-in-the-middle tokens, plain <unusedN> in its sisters.
            case GEMMA_1_2 ->
                id == startOfTurn || id == startOfTurn + 1 || (id >= 67 && id <= 70 && !piece.startsWith("<unused"));
            // 46–52 are FunctionGemma's tokens, plain <unusedN> in its sisters; 255999 and 256000 enclose an image.
            case GEMMA_3 ->
                id == startOfTurn
                        || id == startOfTurn + 1
                        || id == 255_999
                        || id == 256_000
                        || id == IMAGE_SOFT_TOKEN
                        || (id >= 46 && id <= 52 && !piece.startsWith("<unused"));
            case GENERIC -> piece.equals(START_OF_TURN) || piece.equals(END_OF_TURN);
        };
    }
}
