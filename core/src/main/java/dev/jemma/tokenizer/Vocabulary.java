package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.format.FormatException;
import dev.jemma.format.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The pieces of a SentencePiece BPE vocabulary: text, score and type by id, whichever file they came from. For the
 * Gemma families the three sources give equal vocabularies: types, byte pieces and the space runs that GGUF stores
 * with real spaces are those of the original model. Immutable and safe for use by several threads.
 */
public final class Vocabulary {
    /** Ids have 20 bits in the tables of the tokenizer. */
    static final int MAX_SIZE = (1 << 20) - (1 << 17);

    /** Longest piece, in UTF-16 units. */
    public static final int MAX_PIECE_LENGTH = 255;

    /** How a piece writes a space. */
    public static final char SPACE_SYMBOL = '\u2581';

    private final TokenizerFamily family;
    private final byte[] text; // UTF-8 of all pieces end to end, with a space for each U+2581
    private final int[] offsets; // [size + 1]
    private final float[] scores; // [size]
    private final byte[] types; // [size], codes of PieceType
    private final PieceIndex index;

    private Vocabulary(Builder from) {
        int size = from.pieces.size();
        this.family = from.family;
        this.scores = Arrays.copyOf(from.scores, size);
        this.types = Arrays.copyOf(from.types, size);
        this.offsets = new int[size + 1];
        this.text = joined(from.pieces, offsets);
        this.index = new PieceIndex(text, offsets);
        for (int id = 0; id < size; id++) {
            int twin = type(id) == PieceType.UNUSED ? -1 : index.add(id);
            if (twin >= 0) {
                throw new FormatException(from.source + ": pieces " + twin + " and " + id + " are both \""
                        + Names.shown(piece(id)) + "\"");
            }
        }
    }

    /**
     * Reads the pieces of a model folder, or of one file: a {@code tokenizer.json}, or else a {@code tokenizer.model}.
     *
     * @throws FormatException if there is none, or it is damaged or of another kind
     */
    public static Vocabulary read(Path fileOrFolder) {
        Path file = Files.isDirectory(fileOrFolder)
                ? in(fileOrFolder)
                        .orElseThrow(() -> new FormatException(
                                fileOrFolder + ": no tokenizer.json and no tokenizer.model in this folder"))
                : fileOrFolder;
        return file.toString().endsWith(".json")
                ? TokenizerJson.read(file)
                : SentencePieceModel.read(file).vocabulary();
    }

    /** Whether {@link #read} finds something in a folder. */
    public static boolean isIn(Path folder) {
        return in(folder).isPresent();
    }

    private static Optional<Path> in(Path folder) {
        // The first names the control tokens that the second may still call <unusedN>.
        return Stream.of("tokenizer.json", "tokenizer.model")
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static byte[] joined(List<String> pieces, int[] offsets) {
        byte[] all = new byte[1024];
        int end = 0;
        for (int id = 0; id < pieces.size(); id++) {
            byte[] piece = pieces.get(id).replace(SPACE_SYMBOL, ' ').getBytes(UTF_8);
            if (all.length - end < piece.length) {
                all = Arrays.copyOf(all, Math.addExact(all.length, Math.max(all.length / 2, piece.length)));
            }
            System.arraycopy(piece, 0, all, end, piece.length);
            end += piece.length;
            offsets[id + 1] = end;
        }
        return Arrays.copyOf(all, end);
    }

    /** Number of pieces; ids run from 0. */
    public int size() {
        return scores.length;
    }

    /** Which layout of special pieces this vocabulary has. */
    public TokenizerFamily family() {
        return family;
    }

    /** The text of a piece as SentencePiece writes it: spaces are U+2581, bytes {@code <0xHH>}. */
    public String piece(int id) {
        return new String(text, offsets[id], offsets[id + 1] - offsets[id], UTF_8).replace(' ', SPACE_SYMBOL);
    }

    /** The score of a piece: of two possible merges the one whose result scores higher comes first. */
    public float score(int id) {
        return scores[id];
    }

    /** What a piece is. */
    public PieceType type(int id) {
        return PieceType.of(types[id]);
    }

    /** The id of the piece with this text (spaces written as U+2581); empty if there is none. */
    public OptionalInt find(String piece) {
        byte[] bytes = piece.replace(SPACE_SYMBOL, ' ').getBytes(UTF_8);
        int id = index.find(bytes, 0, bytes.length, PieceIndex.hash(bytes, 0, bytes.length));
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** All pieces' bytes, with plain spaces; read only. */
    byte[] text() {
        return text;
    }

    int start(int id) {
        return offsets[id];
    }

    int end(int id) {
        return offsets[id + 1];
    }

    PieceIndex index() {
        return index;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Vocabulary that
                && Arrays.equals(text, that.text)
                && Arrays.equals(offsets, that.offsets)
                && Arrays.equals(types, that.types)
                && sameScores(that);
    }

    // -0.0 and 0.0 are the same score.
    private boolean sameScores(Vocabulary that) {
        for (int id = 0; id < scores.length; id++) {
            if (scores[id] != that.scores[id]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(text);
    }

    @Override
    public String toString() {
        return "Vocabulary[" + family + ", " + size() + " pieces]";
    }

    /** Collects pieces in the order of their ids. */
    public static final class Builder {
        private final String source;
        private final List<String> pieces = new ArrayList<>();
        private TokenizerFamily family = TokenizerFamily.GENERIC;
        private float[] scores = new float[64];
        private byte[] types = new byte[64];

        /**
         * Starts an empty vocabulary.
         *
         * @param source what error messages call the file
         */
        public Builder(String source) {
            this.source = source;
        }

        /**
         * Adds the piece of the next id.
         *
         * @throws FormatException if there are too many pieces, or this one is too long or its score no number
         */
        public Builder add(String piece, float score, PieceType type) {
            int id = pieces.size();
            if (id == MAX_SIZE) {
                throw new FormatException(source + ": more than " + MAX_SIZE + " pieces: not a Gemma vocabulary");
            }
            if (piece.length() > MAX_PIECE_LENGTH) {
                throw new FormatException(source + ": piece " + id + " has " + piece.length() + " characters; at most "
                        + MAX_PIECE_LENGTH + " are possible");
            }
            if (Float.isNaN(score)) {
                throw new FormatException(source + ": the score of piece " + id + " is not a number");
            }
            if (id == scores.length) {
                scores = Arrays.copyOf(scores, id + (id >> 1));
                types = Arrays.copyOf(types, id + (id >> 1));
            }
            pieces.add(piece);
            scores[id] = score;
            types[id] = (byte) type.code();
            return this;
        }

        /**
         * The vocabulary, with the layout of its family.
         *
         * @throws FormatException if it is empty, two pieces are equal, a byte is not written {@code <0xHH>}, or there
         *     is neither a piece for every byte nor one for the unknown
         */
        public Vocabulary build() {
            if (pieces.isEmpty()) {
                throw new FormatException(source + ": the vocabulary is empty");
            }
            family = TokenizerFamily.detect(pieces.size(), pieces::get);
            // The image placeholder belongs to the tokenizer, not to the model's rows.
            if (family == TokenizerFamily.GEMMA_3
                    && pieces.size() == family.size() + 1
                    && pieces.getLast().equals(TokenizerFamily.IMAGE_SOFT_TOKEN_PIECE)) {
                pieces.removeLast();
            }
            for (int id = 0; id < pieces.size(); id++) {
                if (family.defines(id)) {
                    canonical(id);
                }
                if (pieces.get(id).isEmpty() && types[id] != PieceType.UNUSED.code()) {
                    throw new FormatException(source + ": piece " + id + " is empty");
                }
            }
            checkFallback();
            return new Vocabulary(this);
        }

        // Every text must have ids, whatever its characters.
        private void checkFallback() {
            BitSet bytes = new BitSet();
            boolean unknown = false;
            for (int id = 0; id < pieces.size(); id++) {
                if (types[id] == PieceType.BYTE.code()) {
                    if (!isBytePiece(pieces.get(id))) {
                        throw new FormatException(source + ": piece " + id + " is said to be a byte, but is \""
                                + Names.shown(pieces.get(id)) + "\" instead of <0xHH>");
                    }
                    bytes.set(byteValue(pieces.get(id)));
                }
                unknown |= types[id] == PieceType.UNKNOWN.code();
            }
            if (bytes.cardinality() < 256 && !unknown) {
                throw new FormatException(source + ": the vocabulary has neither a piece for every byte nor an unknown"
                        + " piece, so it cannot write every text");
            }
        }

        private void canonical(int id) {
            PieceType type = family.type(id);
            types[id] = (byte) type.code();
            if (type == PieceType.BYTE) {
                pieces.set(id, bytePiece(id - family.firstByte()));
            }
            if (type != PieceType.NORMAL) {
                scores[id] = 0;
            }
        }
    }

    /** How a vocabulary writes a byte, 0 to 255: {@code <0x00>} to {@code <0xFF>}. */
    public static String bytePiece(int value) {
        return "<0x" + HexFormat.of().withUpperCase().toHexDigits((byte) value) + ">";
    }

    static boolean isBytePiece(String piece) {
        return piece.length() == 6
                && piece.startsWith("<0x")
                && HexFormat.isHexDigit(piece.charAt(3))
                && HexFormat.isHexDigit(piece.charAt(4))
                && piece.charAt(5) == '>';
    }

    static int byteValue(String piece) {
        return HexFormat.fromHexDigits(piece, 3, 5);
    }
}
