package dev.jemma.tokenizer;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import dev.jemma.format.Names;
import dev.jemma.format.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A SentencePiece {@code tokenizer.model}, read and written. Only what Gemma uses is read: BPE models that leave the
 * text as it is but for spaces, which become U+2581.
 *
 * @param vocabulary the pieces
 * @param trainerSpec the trainer's settings as they stand in the file (message {@code TrainerSpec}), kept for writing
 */
@SuppressWarnings("ArrayRecordComponent") // an opaque part of the file
public record SentencePieceModel(Vocabulary vocabulary, byte[] trainerSpec) {
    private static final long MAX_FILE_BYTES = 1L << 28;
    private static final int BPE = 2;

    // Fields of ModelProto, SentencePiece, TrainerSpec and NormalizerSpec.
    private static final int PIECES = 1;
    private static final int TRAINER_SPEC = 2;
    private static final int NORMALIZER_SPEC = 3;
    private static final int PIECE_TEXT = 1;
    private static final int PIECE_SCORE = 2;
    private static final int PIECE_TYPE = 3;
    private static final int MODEL_TYPE = 3;
    private static final int BYTE_FALLBACK = 35;
    private static final int NORMALIZER_NAME = 1;
    private static final int CHARACTER_MAP = 2;
    private static final int ADD_DUMMY_PREFIX = 3;
    private static final int REMOVE_EXTRA_WHITESPACES = 4;
    private static final int ESCAPE_WHITESPACES = 5;

    /** A model for a vocabulary of our own, with the settings that Gemma's has. */
    public SentencePieceModel(Vocabulary vocabulary) {
        this(
                vocabulary,
                new ProtoWriter()
                        .integer(MODEL_TYPE, BPE)
                        .integer(4, vocabulary.size())
                        .integer(BYTE_FALLBACK, 1)
                        .toBytes());
    }

    /**
     * Reads a {@code tokenizer.model}.
     *
     * @throws FormatException if the file cannot be read, is damaged, or is not a model of this kind
     */
    public static SentencePieceModel read(Path file) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new FormatException(file + ": " + Files.size(file) + " bytes are too many for a tokenizer.model");
            }
            return parse(Files.readAllBytes(file), file.toString());
        } catch (IOException e) {
            throw new FormatException("cannot read " + file + ": " + e, e);
        }
    }

    /**
     * Reads the bytes of a {@code tokenizer.model}.
     *
     * @param source what error messages call it
     * @throws FormatException if they are damaged or not a model of this kind
     */
    public static SentencePieceModel parse(byte[] bytes, String source) {
        Vocabulary.Builder pieces = new Vocabulary.Builder(source);
        byte[] trainerSpec = {};
        boolean asItIs = false;
        ProtoReader model = new ProtoReader(bytes, source);
        while (model.next()) {
            switch (model.field()) {
                case PIECES -> addPiece(model.message(), pieces, source);
                case TRAINER_SPEC -> {
                    trainerSpec = model.raw();
                    checkTrainer(new ProtoReader(trainerSpec, source), source);
                }
                case NORMALIZER_SPEC -> asItIs = leavesTextAsItIs(model.message());
                default -> model.skip();
            }
        }
        Vocabulary vocabulary = pieces.build();
        if (!asItIs) {
            throw new FormatException(source + ": this SentencePiece model normalizes text (dummy prefix, white space"
                    + " or characters); Jemma reads models that do not, as Gemma's");
        }
        return new SentencePieceModel(vocabulary, trainerSpec);
    }

    private static void addPiece(ProtoReader piece, Vocabulary.Builder pieces, String source) {
        String text = "";
        float score = 0;
        long type = PieceType.NORMAL.code();
        while (piece.next()) {
            switch (piece.field()) {
                case PIECE_TEXT -> text = piece.string();
                case PIECE_SCORE -> score = piece.float32();
                case PIECE_TYPE -> type = piece.integer();
                default -> piece.skip();
            }
        }
        if (type != (int) type || !PieceType.isCode((int) type)) {
            throw new FormatException(source + ": piece \"" + Names.shown(text) + "\" has the unknown type " + type);
        }
        pieces.add(text, score, PieceType.of((int) type));
    }

    private static void checkTrainer(ProtoReader spec, String source) {
        long modelType = 1; // the format's default
        while (spec.next()) {
            if (spec.field() == MODEL_TYPE) {
                modelType = spec.integer();
            } else {
                spec.skip();
            }
        }
        if (modelType != BPE) {
            throw new FormatException(
                    source + ": a SentencePiece model of type " + modelType + "; Jemma reads type 2 (BPE), as Gemma's");
        }
    }

    private static boolean leavesTextAsItIs(ProtoReader spec) {
        boolean dummyPrefix = true;
        boolean removeSpaces = true;
        boolean escapeSpaces = true;
        boolean mapped = false;
        while (spec.next()) {
            switch (spec.field()) {
                case CHARACTER_MAP -> mapped = spec.raw().length > 0;
                case ADD_DUMMY_PREFIX -> dummyPrefix = spec.integer() != 0;
                case REMOVE_EXTRA_WHITESPACES -> removeSpaces = spec.integer() != 0;
                case ESCAPE_WHITESPACES -> escapeSpaces = spec.integer() != 0;
                default -> spec.skip();
            }
        }
        return !dummyPrefix && !removeSpaces && escapeSpaces && !mapped;
    }

    /**
     * Writes the file, which appears under its name only when it is whole.
     *
     * @throws JemmaException if it cannot be written
     */
    public void write(Path file) {
        WholeFile.write(file, toBytes());
    }

    /** The bytes of the file, as SentencePiece itself writes them. */
    public byte[] toBytes() {
        ProtoWriter model = new ProtoWriter();
        for (int id = 0; id < vocabulary.size(); id++) {
            ProtoWriter piece = new ProtoWriter()
                    .string(PIECE_TEXT, vocabulary.piece(id))
                    .float32(PIECE_SCORE, vocabulary.score(id));
            if (vocabulary.type(id) != PieceType.NORMAL) {
                piece.integer(PIECE_TYPE, vocabulary.type(id).code());
            }
            model.bytes(PIECES, piece.toBytes());
        }
        byte[] normalizer = new ProtoWriter()
                .string(NORMALIZER_NAME, "identity")
                .bytes(CHARACTER_MAP, new byte[0])
                .integer(ADD_DUMMY_PREFIX, 0)
                .integer(REMOVE_EXTRA_WHITESPACES, 0)
                .integer(ESCAPE_WHITESPACES, 1)
                .toBytes();
        return model.bytes(TRAINER_SPEC, trainerSpec)
                .bytes(NORMALIZER_SPEC, normalizer)
                .toBytes();
    }
}
