package dev.jemma.tokenizer;

import dev.jemma.JemmaException;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Writes a vocabulary as a Hugging Face {@code tokenizer.json}. That format knows no scores but an order of merges, so
 * every way to put a piece together from two others becomes a merge: those of user-defined pieces first (a run of spaces
 * grows from its left, so that a long run falls apart as SentencePiece has it), then those of normal pieces by falling
 * score. User-defined pieces are added tokens that are matched in the normalized text, where a space is U+2581 already,
 * as SentencePiece matches them.
 */
public final class TokenizerJsonWriter {
    private static final String SPACE = Character.toString(Vocabulary.SPACE_SYMBOL);

    private final Vocabulary vocabulary;
    private final SpecialTokens special;

    private TokenizerJsonWriter(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.special = new SpecialTokens(vocabulary);
    }

    /**
     * Writes the file, which appears under its name only when it is whole.
     *
     * @throws JemmaException if it cannot be written, or the vocabulary has no piece for the unknown
     */
    public static void write(Path file, Vocabulary vocabulary) {
        JsonText.write(file, new TokenizerJsonWriter(vocabulary).json());
    }

    /** The bytes of the file. */
    public static byte[] toBytes(Vocabulary vocabulary) {
        return JsonText.indented(new TokenizerJsonWriter(vocabulary).json());
    }

    private Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", "1.0");
        json.put("truncation", Json.NULL);
        json.put("padding", Json.NULL);
        json.put("added_tokens", addedTokens());
        json.put("normalizer", replace(" ", SPACE));
        json.put("pre_tokenizer", preTokenizer());
        json.put("post_processor", special.bos() == SpecialTokens.ABSENT ? Json.NULL : bosInFront());
        json.put("decoder", decoder());
        json.put("model", model());
        return json;
    }

    private List<Object> addedTokens() {
        List<Object> tokens = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            PieceType type = vocabulary.type(id);
            if (type == PieceType.CONTROL || type == PieceType.UNKNOWN || type == PieceType.USER_DEFINED) {
                Map<String, Object> token = new LinkedHashMap<>();
                token.put("id", id);
                token.put("content", vocabulary.piece(id));
                token.put("single_word", false);
                token.put("lstrip", false);
                token.put("rstrip", false);
                token.put("normalized", !special.isSpecial(id));
                token.put("special", special.isSpecial(id));
                tokens.add(token);
            }
        }
        return tokens;
    }

    private static Map<String, Object> replace(String pattern, String content) {
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("type", "Replace");
        step.put("pattern", Map.of("String", pattern));
        step.put("content", content);
        return step;
    }

    private static Map<String, Object> preTokenizer() {
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("type", "Split");
        step.put("pattern", Map.of("String", " "));
        step.put("behavior", "MergedWithPrevious");
        step.put("invert", false);
        return step;
    }

    private Map<String, Object> bosInFront() {
        String bos = vocabulary.piece(special.bos());
        Map<String, Object> first = Map.of("SpecialToken", ordered("id", bos, "type_id", 0));
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("type", "TemplateProcessing");
        step.put("single", List.of(first, Map.of("Sequence", ordered("id", "A", "type_id", 0))));
        step.put(
                "pair",
                List.of(
                        first,
                        Map.of("Sequence", ordered("id", "A", "type_id", 0)),
                        Map.of("SpecialToken", ordered("id", bos, "type_id", 1)),
                        Map.of("Sequence", ordered("id", "B", "type_id", 1))));
        Map<String, Object> token = new LinkedHashMap<>();
        token.put("id", bos);
        token.put("ids", List.of(special.bos()));
        token.put("tokens", List.of(bos));
        step.put("special_tokens", Map.of(bos, token));
        return step;
    }

    private static Map<String, Object> decoder() {
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("type", "Sequence");
        step.put("decoders", List.of(replace(SPACE, " "), Map.of("type", "ByteFallback"), Map.of("type", "Fuse")));
        return step;
    }

    private Map<String, Object> model() {
        if (special.unknown() == SpecialTokens.ABSENT) {
            throw new JemmaException("a tokenizer.json needs a piece for the unknown; the vocabulary has none");
        }
        Map<String, Object> pieces = new LinkedHashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            pieces.put(vocabulary.piece(id), id);
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("dropout", Json.NULL);
        model.put("unk_token", vocabulary.piece(special.unknown()));
        model.put("continuing_subword_prefix", Json.NULL);
        model.put("end_of_word_suffix", Json.NULL);
        model.put("fuse_unk", true);
        model.put("byte_fallback", true);
        model.put("ignore_merges", false);
        model.put("vocab", pieces);
        model.put("merges", merges());
        return model;
    }

    /** A merge with what it is sorted by. */
    private record Merge(int id, int left, int right) {}

    private List<Object> merges() {
        List<Merge> grown = new ArrayList<>();
        List<Merge> learned = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            switch (vocabulary.type(id)) {
                case NORMAL -> splits(id, learned);
                case USER_DEFINED -> {
                    if (isSpaces(vocabulary.piece(id))) {
                        splits(id, grown);
                    }
                }
                default -> {
                    continue;
                }
            }
        }
        grown.sort(Comparator.comparingInt((Merge merge) -> -length(merge.left()))
                .thenComparingInt(merge -> -length(merge.right())));
        learned.sort(Comparator.comparingDouble((Merge merge) -> -vocabulary.score(merge.id()))
                .thenComparingInt(Merge::id)
                .thenComparingInt(Merge::left)
                .thenComparingInt(Merge::right));
        List<Object> merges = new ArrayList<>();
        grown.forEach(merge -> merges.add(text(merge)));
        learned.forEach(merge -> merges.add(text(merge)));
        return merges;
    }

    private static boolean isSpaces(String piece) {
        return piece.chars().allMatch(c -> c == Vocabulary.SPACE_SYMBOL);
    }

    private int length(int id) {
        return vocabulary.piece(id).length();
    }

    private String text(Merge merge) {
        return vocabulary.piece(merge.left()) + " " + vocabulary.piece(merge.right());
    }

    private void splits(int id, List<Merge> into) {
        String piece = vocabulary.piece(id);
        for (int at = 1; at < piece.length(); at++) {
            if (Character.isSurrogatePair(piece.charAt(at - 1), piece.charAt(at))) {
                continue;
            }
            OptionalInt left = mergeable(piece.substring(0, at));
            OptionalInt right = mergeable(piece.substring(at));
            if (left.isPresent() && right.isPresent()) {
                into.add(new Merge(id, left.getAsInt(), right.getAsInt()));
            }
        }
    }

    // Bytes, control tokens and other added tokens are cut out before anything is merged.
    private OptionalInt mergeable(String text) {
        OptionalInt id = vocabulary.find(text);
        return id.isPresent()
                        && (vocabulary.type(id.getAsInt()) == PieceType.NORMAL
                                || (vocabulary.type(id.getAsInt()) == PieceType.USER_DEFINED && isSpaces(text)))
                ? id
                : OptionalInt.empty();
    }

    private static Map<String, Object> ordered(String firstKey, Object first, String secondKey, Object second) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(firstKey, first);
        map.put(secondKey, second);
        return map;
    }
}
