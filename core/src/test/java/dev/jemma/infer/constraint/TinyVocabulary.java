package dev.jemma.infer.constraint;

import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/** A small vocabulary with what makes a large one hard: bytes, spaces in front, pieces over several parts of a document. */
final class TinyVocabulary {
    static final int PAD = 0;
    static final int END = 1;

    private TinyVocabulary() {}

    static Tokenizer tokenizer() {
        Vocabulary.Builder builder = new Vocabulary.Builder("tiny");
        builder.add("<pad>", 0, PieceType.CONTROL)
                .add("<eos>", 0, PieceType.CONTROL)
                .add("<bos>", 0, PieceType.CONTROL)
                .add("<unk>", 0, PieceType.UNKNOWN)
                .add("never", 0, PieceType.UNUSED);
        for (int b = 0; b < 256; b++) {
            builder.add(String.format(Locale.ROOT, "<0x%02X>", b), 0, PieceType.BYTE);
        }
        Set<String> pieces = new LinkedHashSet<>();
        String parts = "▁ {}[]\":,\"▁\",0123456789eE.-+abcdefghijklmnopqrstuvwxyz\n\\né€😀größeTZ@/\\\"";
        int[] characters = parts.codePoints().toArray();
        Random random = new Random(11);
        for (int n = 0; n < 900; n++) {
            StringBuilder piece = new StringBuilder();
            for (int k = 1 + random.nextInt(4); k > 0; k--) {
                piece.appendCodePoint(characters[random.nextInt(characters.length)]);
            }
            pieces.add(piece.toString().replace(' ', '▁'));
        }
        pieces.addAll(
                Set.of("name", "▁\"", "\":", "\":▁\"", "\",▁\"", "\"}", "{\"", "null", "true", "false", "▁▁▁▁", "\n"));
        pieces.forEach(piece -> builder.add(piece, 0, PieceType.NORMAL));
        builder.add("<b>", 0, PieceType.USER_DEFINED);
        return new Tokenizer(builder.build());
    }
}
