package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The scalar twin of the tokenizer: SentencePiece's BPE as its definition reads, with strings and a search of the whole
 * text for every merge.
 */
final class NaiveSentencePiece {
    private final Vocabulary vocabulary;
    private final SpecialTokens special;
    private final Map<String, Integer> mergeable = new HashMap<>();
    private final Map<String, Integer> whole = new HashMap<>();

    NaiveSentencePiece(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.special = new SpecialTokens(vocabulary);
        for (int id = 0; id < vocabulary.size(); id++) {
            if (!special.isSpecial(id) && vocabulary.type(id) == PieceType.NORMAL) {
                mergeable.put(vocabulary.piece(id), id);
            } else if (!special.isSpecial(id) && vocabulary.type(id) == PieceType.USER_DEFINED) {
                whole.put(vocabulary.piece(id), id);
            }
        }
    }

    List<Integer> encode(String text) {
        String escaped = text.replace(' ', '\u2581');
        List<String> symbols = new ArrayList<>();
        List<Boolean> frozen = new ArrayList<>();
        for (int i = 0; i < escaped.length(); ) {
            int length = 0;
            for (String piece : whole.keySet()) {
                if (piece.length() > length && escaped.startsWith(piece, i)) {
                    length = piece.length();
                }
            }
            frozen.add(length > 0);
            length = length > 0 ? length : Character.charCount(escaped.codePointAt(i));
            symbols.add(escaped.substring(i, i + length));
            i += length;
        }
        while (true) {
            int best = -1;
            float bestScore = 0;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                Integer id = frozen.get(i) || frozen.get(i + 1)
                        ? null
                        : mergeable.get(symbols.get(i).concat(symbols.get(i + 1)));
                if (id != null && (best < 0 || vocabulary.score(id) > bestScore)) {
                    best = i;
                    bestScore = vocabulary.score(id);
                }
            }
            if (best < 0) {
                break;
            }
            symbols.set(best, symbols.get(best).concat(symbols.remove(best + 1)));
            frozen.remove(best + 1);
        }
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < symbols.size(); i++) {
            Integer id = frozen.get(i) ? whole.get(symbols.get(i)) : mergeable.get(symbols.get(i));
            if (id != null) {
                ids.add(id);
            } else {
                for (byte b : symbols.get(i).getBytes(UTF_8)) {
                    ids.add(vocabulary.find(Vocabulary.bytePiece(b & 0xFF)).orElseThrow());
                }
            }
        }
        return ids;
    }
}
