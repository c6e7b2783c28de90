package dev.jemma.convert;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import dev.jemma.tokenizer.GgufVocabulary;
import java.util.Optional;

/**
 * A vocabulary as a GGUF file holds it: what conversion takes from, and hands to, whoever reads tokenizer files.
 *
 * @param model kind of tokenizer, "llama" (SentencePiece) for Gemma 1 to 3
 * @param pieces the pieces, with a score and a type each
 * @param bosId beginning of a text
 * @param eosId end of a text
 * @param unknownId what stands for the unknown
 * @param paddingId fills a batch
 * @param endOfTurnId ends a chat turn, if the vocabulary has such a piece
 * @param addBos whether a text starts with bosId
 * @param addEos whether a text ends with eosId
 * @param chatTemplate the template in the file's own language
 */
public record TokenizerData(
        String model,
        GgufVocabulary pieces,
        int bosId,
        int eosId,
        int unknownId,
        int paddingId,
        Optional<Integer> endOfTurnId,
        boolean addBos,
        boolean addEos,
        Optional<String> chatTemplate) {
    private static final String PREFIX = GgufVocabulary.PREFIX;
    /** The key of a chat template, which may be there without a vocabulary. */
    static final String TEMPLATE = "tokenizer.chat_template";

    /** The vocabulary in a GGUF file, if there is one. */
    public static Optional<TokenizerData> of(GgufFile file) {
        return GgufVocabulary.read(file).map(pieces -> of(pieces, file.metadata()));
    }

    private static TokenizerData of(GgufVocabulary pieces, GgufMetadata metadata) {
        Optional<Integer> endOfTurn = metadata.integer(PREFIX + "eot_token_id").isPresent()
                ? Optional.of(id(metadata, "eot_token_id", 0))
                : Optional.empty();
        return new TokenizerData(
                metadata.string(PREFIX + "model").orElse("llama"),
                pieces,
                id(metadata, "bos_token_id", 2),
                id(metadata, "eos_token_id", 1),
                id(metadata, "unknown_token_id", 3),
                id(metadata, "padding_token_id", 0),
                endOfTurn,
                metadata.bool(PREFIX + "add_bos_token").orElse(true),
                metadata.bool(PREFIX + "add_eos_token").orElse(false),
                metadata.string(TEMPLATE));
    }

    private static int id(GgufMetadata metadata, String key, int absent) {
        long id = metadata.integer(PREFIX + key).orElse(absent);
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw new FormatException("key " + PREFIX + key + " holds " + id + ", which is not a token id");
        }
        return (int) id;
    }

    /** Puts the vocabulary's keys into the head of a GGUF file; the chat template has a key of its own. */
    void putInto(GgufMetadata.Builder builder) {
        builder.string(PREFIX + "model", model).string(PREFIX + "pre", "default");
        pieces.putInto(builder);
        builder.u32(PREFIX + "bos_token_id", bosId)
                .u32(PREFIX + "eos_token_id", eosId)
                .u32(PREFIX + "unknown_token_id", unknownId)
                .u32(PREFIX + "padding_token_id", paddingId);
        endOfTurnId.ifPresent(id -> builder.u32(PREFIX + "eot_token_id", id));
        builder.bool(PREFIX + "add_bos_token", addBos)
                .bool(PREFIX + "add_eos_token", addEos)
                .bool(PREFIX + "add_space_prefix", false);
    }
}
