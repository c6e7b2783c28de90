package dev.jemma.convert;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufMetadata;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A vocabulary as a GGUF file holds it: what conversion takes from, and hands to, whoever reads tokenizer files.
 *
 * @param model kind of tokenizer, "llama" (SentencePiece) for Gemma 1 to 3
 * @param tokens pieces by id
 * @param scores a score per piece, or none at all
 * @param types a type per piece: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
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
        List<String> tokens,
        float[] scores,
        int[] types,
        int bosId,
        int eosId,
        int unknownId,
        int paddingId,
        Optional<Integer> endOfTurnId,
        boolean addBos,
        boolean addEos,
        Optional<String> chatTemplate) {
    private static final String PREFIX = "tokenizer.ggml.";
    /** The key of a chat template, which may be there without a vocabulary. */
    static final String TEMPLATE = "tokenizer.chat_template";

    public TokenizerData {
        if (types.length != tokens.size() || (scores.length != 0 && scores.length != tokens.size())) {
            throw new IllegalArgumentException(
                    tokens.size() + " tokens, " + scores.length + " scores, " + types.length + " types");
        }
    }

    /** The vocabulary in a GGUF file, if there is one. */
    public static Optional<TokenizerData> of(GgufMetadata metadata) {
        Optional<List<String>> tokens = metadata.strings(PREFIX + "tokens");
        if (tokens.isEmpty()) {
            return Optional.empty();
        }
        int n = tokens.get().size();
        float[] scores = metadata.floats(PREFIX + "scores").orElseGet(() -> new float[0]);
        int[] types = metadata.ints(PREFIX + "token_type").orElseGet(() -> {
            int[] normal = new int[n];
            Arrays.fill(normal, 1);
            return normal;
        });
        if (types.length != n || (scores.length != 0 && scores.length != n)) {
            throw new FormatException("the vocabulary has " + n + " tokens, but " + scores.length + " scores and "
                    + types.length + " types: the file is damaged");
        }
        Optional<Integer> endOfTurn = metadata.integer(PREFIX + "eot_token_id").isPresent()
                ? Optional.of(id(metadata, "eot_token_id", 0))
                : Optional.empty();
        return Optional.of(new TokenizerData(
                metadata.string(PREFIX + "model").orElse("llama"),
                tokens.get(),
                scores,
                types,
                id(metadata, "bos_token_id", 2),
                id(metadata, "eos_token_id", 1),
                id(metadata, "unknown_token_id", 3),
                id(metadata, "padding_token_id", 0),
                endOfTurn,
                metadata.bool(PREFIX + "add_bos_token").orElse(true),
                metadata.bool(PREFIX + "add_eos_token").orElse(false),
                metadata.string(TEMPLATE)));
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
        builder.string(PREFIX + "model", model)
                .string(PREFIX + "pre", "default")
                .strings(PREFIX + "tokens", tokens);
        if (scores.length > 0) {
            builder.floats(PREFIX + "scores", scores);
        }
        builder.ints(PREFIX + "token_type", types)
                .u32(PREFIX + "bos_token_id", bosId)
                .u32(PREFIX + "eos_token_id", eosId)
                .u32(PREFIX + "unknown_token_id", unknownId)
                .u32(PREFIX + "padding_token_id", paddingId);
        endOfTurnId.ifPresent(id -> builder.u32(PREFIX + "eot_token_id", id));
        builder.bool(PREFIX + "add_bos_token", addBos)
                .bool(PREFIX + "add_eos_token", addEos)
                .bool(PREFIX + "add_space_prefix", false);
    }
}
