package dev.jemma.tokenizer.training;

import dev.jemma.tokenizer.Vocabulary;
import java.lang.Character.UnicodeScript;
import org.jspecify.annotations.Nullable;

/**
 * Which texts may be a learned piece: not too long, spaces only in front (or nothing but spaces), no mixture of scripts,
 * digits alone. The rules are those of SentencePiece's trainer, with its view of scripts: kana counts as Han, combining
 * marks take the script before them, and digits, punctuation and the like are a script of their own ("common").
 */
final class PieceRules {
    private static final int KATAKANA_LONG_VOWEL = 0x30FC;

    private final TrainerSettings settings;

    PieceRules(TrainerSettings settings) {
        this.settings = settings;
    }

    /** Whether {@code piece} may be one; spaces are written U+2581. */
    boolean allow(String piece) {
        int length = piece.codePointCount(0, piece.length());
        return length <= settings.maxPieceLength() && spacesAllowed(piece) && scriptsAllowed(piece, length);
    }

    private static boolean spacesAllowed(String piece) {
        int lastSpace = piece.lastIndexOf(Vocabulary.SPACE_SYMBOL);
        return lastSpace <= 0 || piece.chars().allMatch(c -> c == Vocabulary.SPACE_SYMBOL);
    }

    private boolean scriptsAllowed(String piece, int length) {
        UnicodeScript before = null; // null: any
        for (int at = 0; at < piece.length(); ) {
            int c = piece.codePointAt(at);
            at += Character.charCount(c);
            if (c == Vocabulary.SPACE_SYMBOL) {
                continue;
            }
            boolean digit = isDigit(c);
            if (digit && settings.splitDigits() && length > 1) {
                return false;
            }
            UnicodeScript script = digit && !settings.splitByNumber() ? null : script(c, before);
            if (settings.splitByScript() && script != null && before != null && script != before) {
                return false;
            }
            before = script;
        }
        return true;
    }

    private static @Nullable UnicodeScript script(int c, @Nullable UnicodeScript before) {
        if (c == KATAKANA_LONG_VOWEL) {
            return UnicodeScript.HAN;
        }
        return switch (UnicodeScript.of(c)) {
            case HIRAGANA, KATAKANA -> UnicodeScript.HAN;
            case INHERITED -> before;
            case UNKNOWN -> UnicodeScript.COMMON;
            case UnicodeScript other -> other;
        };
    }

    private static boolean isDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= '\uFF10' && c <= '\uFF19');
    }
}
