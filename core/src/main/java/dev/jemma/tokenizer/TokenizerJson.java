package dev.jemma.tokenizer;

import dev.jemma.format.FormatException;
import dev.jemma.format.Names;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a Hugging Face {@code tokenizer.json} of a SentencePiece-like BPE vocabulary. Such a file has no scores but a
 * list of merges in the order of their scores, so a piece scores by the place of its first merge; for the Gemma
 * families the original scores follow from the ids. The file is streamed: only its pieces are kept.
 */
public final class TokenizerJson {
    private static final int MAX_PIECE_CHARACTERS = 4096;
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES) // 262,144 names that never come again
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(64)
                    .maxNameLength(MAX_PIECE_CHARACTERS)
                    .build())
            .build();

    private final String source;
    private final List<String> pieces = new ArrayList<>();
    private final Map<String, Integer> idOf = new HashMap<>();
    private final Map<Integer, Added> added = new HashMap<>();
    private int[] ids = new int[64]; // of pieces, in file order
    private int highestId = -1;
    private int[] firstMerge = {}; // by id, counted from 1; 0: none
    private int merges;
    private boolean mergesSkipped;
    private String unknownPiece = "<unk>";
    private boolean byteFallback;

    private record Added(String piece, boolean special) {}

    @FunctionalInterface
    private interface Source {
        InputStream open() throws IOException;
    }

    private TokenizerJson(String source) {
        this.source = source;
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @throws FormatException if the file cannot be read, is damaged, or describes another kind of tokenizer
     */
    public static Vocabulary read(Path file) {
        return read(() -> Files.newInputStream(file), file.toString());
    }

    /**
     * Reads the bytes of a {@code tokenizer.json}.
     *
     * @param source what error messages call it
     * @throws FormatException if they are damaged or describe another kind of tokenizer
     */
    public static Vocabulary parse(byte[] bytes, String source) {
        return read(() -> new ByteArrayInputStream(bytes), source);
    }

    private static Vocabulary read(Source from, String source) {
        TokenizerJson json = new TokenizerJson(source);
        try {
            json.pass(from);
            if (json.mergesSkipped) { // they stand before the vocabulary: once more, now that ids are known
                json.mergesSkipped = false;
                json.mergesOnly(from);
            }
        } catch (IOException e) {
            throw new FormatException("cannot read " + source + ": " + e, e);
        } catch (JacksonException e) {
            throw new FormatException(source + ": not a readable tokenizer.json: " + e.getOriginalMessage(), e);
        }
        return json.vocabulary();
    }

    private void pass(Source from) throws IOException {
        try (InputStream in = from.open();
                JsonParser parser = JSON.createParser(ObjectReadContext.empty(), in)) {
            expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "the file");
            boolean hasModel = false;
            for (String name; (name = parser.nextName()) != null; ) {
                parser.nextToken();
                switch (name) {
                    case "added_tokens" -> readAdded(parser);
                    case "normalizer" -> checkStep(parser, name, "Replace");
                    case "pre_tokenizer" -> checkStep(parser, name, "Split");
                    case "model" -> {
                        readModel(parser);
                        hasModel = true;
                    }
                    default -> parser.skipChildren();
                }
            }
            expect(parser, parser.currentToken(), JsonToken.END_OBJECT, "the file");
            if (!hasModel) {
                throw new FormatException(source + ": no \"model\": not a tokenizer.json");
            }
        }
    }

    private void mergesOnly(Source from) throws IOException {
        try (InputStream in = from.open();
                JsonParser parser = JSON.createParser(ObjectReadContext.empty(), in)) {
            parser.nextToken();
            for (String name; (name = parser.nextName()) != null; ) {
                parser.nextToken();
                if (!name.equals("model")) {
                    parser.skipChildren();
                    continue;
                }
                for (String part; (part = parser.nextName()) != null; ) {
                    parser.nextToken();
                    if (part.equals("merges")) {
                        readMerges(parser);
                    } else {
                        parser.skipChildren();
                    }
                }
            }
        }
    }

    private void readAdded(JsonParser parser) {
        expect(parser, parser.currentToken(), JsonToken.START_ARRAY, "added_tokens");
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            int id = -1;
            String content = "";
            boolean special = false;
            for (String name; (name = parser.nextName()) != null; ) {
                parser.nextToken();
                switch (name) {
                    case "id" -> id = id(parser);
                    case "content" -> content = string(parser, name);
                    case "special" -> special = parser.currentToken() == JsonToken.VALUE_TRUE;
                    default -> parser.skipChildren();
                }
            }
            if (id < 0) {
                throw new FormatException(source + ": the added token \"" + content + "\" has no id");
            }
            added.put(id, new Added(content, special));
        }
        expect(parser, parser.currentToken(), JsonToken.END_ARRAY, "added_tokens");
    }

    private void readModel(JsonParser parser) {
        expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "model");
        String type = "BPE";
        for (String name; (name = parser.nextName()) != null; ) {
            parser.nextToken();
            switch (name) {
                case "type" -> type = string(parser, name);
                case "unk_token" ->
                    unknownPiece = parser.currentToken() == JsonToken.VALUE_NULL ? "" : string(parser, name);
                case "byte_fallback" -> byteFallback = parser.currentToken() == JsonToken.VALUE_TRUE;
                case "vocab" -> readVocabulary(parser);
                case "merges" -> readMerges(parser);
                default -> parser.skipChildren();
            }
        }
        if (!type.equals("BPE") || !byteFallback) {
            throw new FormatException(source + ": a tokenizer of type " + type + (byteFallback ? "" : " without bytes")
                    + "; Jemma reads BPE with byte_fallback, as Gemma's");
        }
    }

    private void readVocabulary(JsonParser parser) {
        expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "model.vocab");
        for (String piece; (piece = parser.nextName()) != null; ) {
            parser.nextToken();
            int id = id(parser);
            if (pieces.size() == Vocabulary.MAX_SIZE) {
                throw new FormatException(source + ": more than " + Vocabulary.MAX_SIZE + " pieces");
            }
            if (pieces.size() == ids.length) {
                ids = Arrays.copyOf(ids, ids.length + (ids.length >> 1));
            }
            ids[pieces.size()] = id;
            pieces.add(piece);
            if (idOf.put(piece, id) != null) {
                throw new FormatException(source + ": the piece \"" + Names.shown(piece) + "\" is there twice");
            }
            highestId = Math.max(highestId, id);
        }
        // Ids may leave holes, but not so many that a small file makes a large vocabulary.
        if (highestId > 2 * pieces.size() + 1024) {
            throw new FormatException(
                    source + ": piece ids up to " + highestId + " for " + pieces.size() + " pieces: damaged");
        }
        firstMerge = new int[highestId + 1];
    }

    private void readMerges(JsonParser parser) {
        expect(parser, parser.currentToken(), JsonToken.START_ARRAY, "model.merges");
        if (pieces.isEmpty()) {
            parser.skipChildren();
            mergesSkipped = true;
            return;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String merged;
            if (parser.currentToken() == JsonToken.START_ARRAY) {
                parser.nextToken();
                String left = string(parser, "a merge");
                parser.nextToken();
                merged = left.concat(string(parser, "a merge"));
                expect(parser, parser.nextToken(), JsonToken.END_ARRAY, "a merge");
            } else {
                String both = string(parser, "a merge");
                int space = both.indexOf(' ');
                if (space < 0) {
                    throw new FormatException(source + ": the merge \"" + Names.shown(both) + "\" is not two pieces");
                }
                merged = both.substring(0, space).concat(both.substring(space + 1));
            }
            merges++;
            Integer id = idOf.get(merged);
            if (id != null && firstMerge[id] == 0) {
                firstMerge[id] = merges;
            }
        }
    }

    // null or one step of the given type is what Gemma has; others change the text in ways that are not done here.
    private void checkStep(JsonParser parser, String step, String expectedType) {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        expect(parser, parser.currentToken(), JsonToken.START_OBJECT, step);
        for (String name; (name = parser.nextName()) != null; ) {
            parser.nextToken();
            if (name.equals("type") && !string(parser, step).equals(expectedType)) {
                throw new FormatException(source + ": the " + step + " " + parser.getString() + " is not supported;"
                        + " Jemma reads tokenizers like Gemma's, which have " + expectedType);
            }
            parser.skipChildren();
        }
    }

    private Vocabulary vocabulary() {
        int size = highestId + 1;
        for (int id : added.keySet()) {
            size = Math.max(size, id + 1);
        }
        if (size > 2 * (pieces.size() + added.size()) + 1024) {
            throw new FormatException(source + ": ids up to " + (size - 1) + " for " + (pieces.size() + added.size())
                    + " pieces: damaged");
        }
        String[] byId = new String[size];
        Arrays.fill(byId, "");
        for (int i = 0; i < pieces.size(); i++) {
            if (!byId[ids[i]].isEmpty()) {
                throw new FormatException(source + ": id " + ids[i] + " belongs to two pieces");
            }
            byId[ids[i]] = pieces.get(i);
        }
        added.forEach((id, token) -> byId[id] = token.piece());
        TokenizerFamily family = TokenizerFamily.detect(size, id -> byId[id]);
        boolean original = family != TokenizerFamily.GENERIC && mergesFollowIds(family);
        Vocabulary.Builder builder = new Vocabulary.Builder(source);
        for (int id = 0; id < size; id++) {
            float score = original && id < family.size() ? family.score(id) : -place(id);
            builder.add(byId[id], score, type(id, byId[id]));
        }
        return builder.build();
    }

    private boolean mergesFollowIds(TokenizerFamily family) {
        int last = 0;
        for (int id = 0; id < Math.min(family.size(), firstMerge.length); id++) {
            if (family.type(id) == PieceType.NORMAL && firstMerge[id] != 0) {
                if (firstMerge[id] < last) {
                    return false;
                }
                last = firstMerge[id];
            }
        }
        return true;
    }

    private int place(int id) {
        return id < firstMerge.length && firstMerge[id] != 0 ? firstMerge[id] : merges + 1;
    }

    private PieceType type(int id, String piece) {
        Added token = added.get(id);
        if (piece.equals(unknownPiece)) {
            return PieceType.UNKNOWN;
        }
        if (token != null) {
            return token.special() ? PieceType.CONTROL : PieceType.USER_DEFINED;
        }
        if (piece.isEmpty()) {
            return PieceType.UNUSED;
        }
        return Vocabulary.isBytePiece(piece) ? PieceType.BYTE : PieceType.NORMAL;
    }

    private int id(JsonParser parser) {
        expect(parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT, "an id");
        int id = parser.getIntValue();
        if (id < 0 || id >= Vocabulary.MAX_SIZE) {
            throw new FormatException(source + ": the id " + id + " is not one of a vocabulary");
        }
        return id;
    }

    private String string(JsonParser parser, String what) {
        expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, what);
        return parser.getString();
    }

    private void expect(JsonParser parser, @Nullable JsonToken found, JsonToken wanted, String what) {
        if (found != wanted) {
            throw new FormatException(
                    source + ", line " + parser.currentLocation().getLineNr() + ": " + what
                            + (found == null ? " ends early" : " is " + found) + " where " + wanted + " was expected");
        }
    }
}
