package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Text to token ids and back, exactly as SentencePiece does it for this vocabulary: byte-pair merging by score, with
 * user-defined pieces (runs of white space, HTML tags) cut out first and bytes for unknown characters. The work is done
 * by {@link Encoder} and {@link StreamDecoder}; this is the door. Immutable and safe for use by several threads.
 */
public final class Tokenizer {
    private static final byte[] UNKNOWN_TEXT = " \u2047 ".getBytes(UTF_8);

    private final Vocabulary vocabulary;
    private final SpecialTokens special;
    private final MergeTable merges;
    private final PieceTrie plainPieces;
    private final PieceTrie allPieces;
    private final WordCache words = new WordCache();
    private final int[] byteIds = new int[256]; // by byte; ABSENT where there is no piece
    private final byte[] byteOf; // by id, where the piece is a byte

    /** Builds the tables for a vocabulary; takes a tenth of a second for Gemma's. */
    public Tokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.special = new SpecialTokens(vocabulary);
        this.merges = new MergeTable(vocabulary, special);
        this.plainPieces = wholePieces(false);
        this.allPieces = wholePieces(true);
        this.byteOf = new byte[vocabulary.size()];
        Arrays.fill(byteIds, SpecialTokens.ABSENT);
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.type(id) == PieceType.BYTE) {
                int value = Vocabulary.byteValue(vocabulary.piece(id));
                byteIds[value] = id;
                byteOf[id] = (byte) value;
            }
        }
    }

    /**
     * Reads the tokenizer of a model folder, or of one file: a {@code tokenizer.json}, or else a {@code tokenizer.model}.
     *
     * @throws FormatException if there is none, or it is damaged or of another kind
     */
    public static Tokenizer read(Path fileOrFolder) {
        return new Tokenizer(Vocabulary.read(fileOrFolder));
    }

    private PieceTrie wholePieces(boolean withSpecial) {
        int length = TokenizerFamily.IMAGE_SOFT_TOKEN_PIECE.length();
        for (int id = 0; id < vocabulary.size(); id++) {
            if (isWhole(id, withSpecial)) {
                length += vocabulary.end(id) - vocabulary.start(id);
            }
        }
        PieceTrie trie = new PieceTrie(length);
        for (int id = 0; id < vocabulary.size(); id++) {
            if (isWhole(id, withSpecial)) {
                trie.add(vocabulary.piece(id).replace(Vocabulary.SPACE_SYMBOL, ' '), id);
            }
        }
        if (withSpecial && special.isSpecial(TokenizerFamily.IMAGE_SOFT_TOKEN)) {
            trie.add(TokenizerFamily.IMAGE_SOFT_TOKEN_PIECE, TokenizerFamily.IMAGE_SOFT_TOKEN);
        }
        return trie;
    }

    private boolean isWhole(int id, boolean withSpecial) {
        return special.isSpecial(id) ? withSpecial : vocabulary.type(id) == PieceType.USER_DEFINED;
    }

    /** The ids of plain text: special tokens spelled out in it are text like any other. No bos is added. */
    public int[] encode(String text) {
        return encode(text, false);
    }

    /**
     * The ids of a text, without bos.
     *
     * @param parseSpecial whether special tokens spelled out in the text become their ids; false for all text that
     *     comes from outside
     */
    public int[] encode(String text, boolean parseSpecial) {
        return new Encoder(this, parseSpecial ? allPieces : plainPieces, merges, words, text).encode();
    }

    /**
     * These ids with bos in front.
     *
     * @throws JemmaException if the vocabulary has no bos
     */
    public int[] withBos(int[] ids) {
        if (special.bos() == SpecialTokens.ABSENT) {
            throw new JemmaException("the vocabulary has no <bos> piece to begin a sequence with");
        }
        int[] all = new int[ids.length + 1];
        all[0] = special.bos();
        System.arraycopy(ids, 0, all, 1, ids.length);
        return all;
    }

    /** The text of ids as SentencePiece gives it; see {@link SpecialText#ORIGINAL}. */
    public String decode(int[] ids) {
        return decode(ids, SpecialText.ORIGINAL);
    }

    /**
     * The text of ids. Bytes that make no valid UTF-8 become U+FFFD each.
     *
     * @throws JemmaException if an id is outside the vocabulary
     */
    public String decode(int[] ids, SpecialText specialText) {
        StreamDecoder decoder = new StreamDecoder(this, specialText, 4 * ids.length);
        for (int id : ids) {
            decoder.append(id);
        }
        return decoder.flush();
    }

    /** A decoder for ids that come one by one. */
    public StreamDecoder streamDecoder(SpecialText specialText) {
        return new StreamDecoder(this, specialText, 16);
    }

    /**
     * The piece of an id as SentencePiece writes it, with U+2581 for a space and {@code <0xHH>} for a byte.
     *
     * @throws JemmaException if the id is outside the vocabulary
     */
    public String piece(int id) {
        if (id == TokenizerFamily.IMAGE_SOFT_TOKEN && special.isSpecial(id)) {
            return TokenizerFamily.IMAGE_SOFT_TOKEN_PIECE;
        }
        check(id);
        return vocabulary.piece(id);
    }

    /**
     * The bytes that an id adds to a text, which need not be whole characters; empty for special tokens and for pieces
     * that stand for nothing.
     *
     * @throws JemmaException if the id is outside the vocabulary
     */
    public byte[] textBytes(int id) {
        if (special.isSpecial(id)) {
            return new byte[0];
        }
        check(id);
        return switch (vocabulary.type(id)) {
            case BYTE -> new byte[] {byteOf[id]};
            case NORMAL, USER_DEFINED ->
                Arrays.copyOfRange(vocabulary.text(), vocabulary.start(id), vocabulary.end(id));
            case UNKNOWN, CONTROL, UNUSED -> new byte[0];
        };
    }

    /** Number of pieces of the vocabulary, which is what a text model has rows for. */
    public int vocabularySize() {
        return vocabulary.size();
    }

    /** Which layout of special pieces the vocabulary has. */
    public TokenizerFamily family() {
        return vocabulary.family();
    }

    /** The vocabulary this was built for. */
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** Ids of the special tokens. */
    public SpecialTokens special() {
        return special;
    }

    void append(int id, SpecialText specialText, ByteJoiner out) {
        if (special.isSpecial(id)) {
            appendSpecial(id, specialText, out);
            return;
        }
        check(id);
        if (vocabulary.type(id) == PieceType.BYTE) {
            out.add(byteOf[id]);
        } else {
            out.text(vocabulary.text(), vocabulary.start(id), vocabulary.end(id));
        }
    }

    private void appendSpecial(int id, SpecialText specialText, ByteJoiner out) {
        if (specialText == SpecialText.SKIP) {
            return;
        }
        PieceType type = id < vocabulary.size() ? vocabulary.type(id) : PieceType.USER_DEFINED;
        byte[] text = piece(id).getBytes(UTF_8);
        if (specialText == SpecialText.ORIGINAL && type == PieceType.CONTROL) {
            text = new byte[0];
        } else if (specialText == SpecialText.ORIGINAL && type == PieceType.UNKNOWN) {
            text = UNKNOWN_TEXT;
        }
        out.text(text, 0, text.length);
    }

    private void check(int id) {
        if (id < 0 || id >= vocabulary.size()) {
            throw new JemmaException(
                    "token id " + id + " is outside the vocabulary, which has ids 0 to " + (vocabulary.size() - 1));
        }
    }

    /** Adds the UTF-8 bytes of a character that has no piece, or the unknown token where bytes have none either. */
    void addBytes(int codePoint, IdList ids) {
        byte[] utf8 = Character.toString(codePoint).getBytes(UTF_8);
        for (byte b : utf8) {
            if (byteIds[b & 0xFF] == SpecialTokens.ABSENT) {
                ids.add(special.unknown());
                return;
            }
        }
        for (byte b : utf8) {
            ids.add(byteIds[b & 0xFF]);
        }
    }
}
