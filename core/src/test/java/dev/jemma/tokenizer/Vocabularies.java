package dev.jemma.tokenizer;

import dev.jemma.testing.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The two Gemma vocabularies of the golden files from each of the three sources, read once a test run. */
public final class Vocabularies {
    private static final Map<String, Tokenizer> LOADED = new ConcurrentHashMap<>();

    private Vocabularies() {}

    /** Name and source of every tokenizer that the golden records are checked with. */
    public static List<String> all() {
        return List.of("gemma model", "gemma json", "gemma gguf", "gemma3 model", "gemma3 json", "gemma3 gguf");
    }

    /** The name of the golden files that belong to one of {@link #all}. */
    public static String golden(String nameAndSource) {
        return "tokenizer/" + nameAndSource.substring(0, nameAndSource.indexOf(' '));
    }

    /** One of {@link #all}. */
    public static Tokenizer tokenizer(String nameAndSource) {
        String golden = golden(nameAndSource);
        return LOADED.computeIfAbsent(
                nameAndSource,
                _ -> new Tokenizer(
                        switch (nameAndSource.substring(nameAndSource.indexOf(' ') + 1)) {
                            case "model" ->
                                SentencePieceModel.parse(Golden.bytes(golden + ".tokenizer.model.gz"), golden)
                                        .vocabulary();
                            case "json" -> TokenizerJson.parse(Golden.bytes(golden + ".tokenizer.json.gz"), golden);
                            default ->
                                asGguf(SentencePieceModel.parse(Golden.bytes(golden + ".tokenizer.model.gz"), golden)
                                                .vocabulary())
                                        .vocabulary(golden);
                        }));
    }

    // Built here by the golden README's words, apart from the converter in GgufVocabulary.
    static GgufVocabulary asGguf(Vocabulary vocabulary) {
        List<String> tokens = new ArrayList<>();
        float[] scores = new float[vocabulary.size()];
        int[] types = new int[vocabulary.size()];
        for (int id = 0; id < vocabulary.size(); id++) {
            String piece = vocabulary.piece(id);
            boolean added = vocabulary.type(id) != PieceType.NORMAL && vocabulary.type(id) != PieceType.BYTE;
            tokens.add(added && piece.startsWith("\u2581") ? " ".repeat(piece.length()) : piece);
            scores[id] = added ? -1000 : vocabulary.score(id);
            types[id] = vocabulary.type(id).code();
            if (piece.matches("<(mask|unk|unused\\d+|start_of_turn|end_of_turn)>")) {
                types[id] = 3;
            }
        }
        return new GgufVocabulary(tokens, scores, types);
    }
}
