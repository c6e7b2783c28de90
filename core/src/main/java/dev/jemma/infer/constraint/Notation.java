package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How characters are written: as they are, or as in a JSON string. There each character has one spelling: quotes,
 * backslashes and control characters are escaped in the shortest way, everything else stands for itself.
 */
final class Notation {
    private static final CodePoints ESCAPED =
            CodePoints.of(0, 0x1F).or(CodePoints.of('"', '"')).or(CodePoints.of('\\', '\\'));

    private final Expressions e;
    private final boolean json;
    private final Map<CodePoints, Integer> made = new HashMap<>();

    Notation(Expressions e, boolean json) {
        this.e = e;
        this.json = json;
    }

    /** One of these characters. */
    int one(CodePoints set) {
        return made.computeIfAbsent(set, this::write);
    }

    private int write(CodePoints set) {
        if (!json) {
            return set.utf8(e);
        }
        int any = set.and(ESCAPED.not()).utf8(e);
        for (CodePoints.Range r : set.and(ESCAPED).ranges()) {
            for (int c = r.first(); c <= r.last(); c++) {
                any = e.choice(any, e.literal(escape(c).getBytes(UTF_8)));
            }
        }
        return any;
    }

    /** This text. */
    int literal(String text) {
        StringBuilder written = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                throw new ConstraintException(
                        "half a character (U+" + Integer.toHexString(c) + ") cannot be generated");
            }
            if (json && ESCAPED.has(c)) {
                written.append(escape(c));
            } else {
                written.appendCodePoint(c);
            }
        });
        return e.literal(written.toString().getBytes(UTF_8));
    }

    /** Any text but these; it may begin with one of them, or be the beginning of one. */
    int otherThan(List<String> texts) {
        int any = e.repeat(one(CodePoints.ALL), 0, Expressions.UNLIMITED);
        return otherThan(texts, 0, any);
    }

    /** What may follow the first {@code at} characters that these texts have in common. */
    private int otherThan(List<String> texts, int at, int any) {
        Map<Integer, List<String>> byNext = new java.util.TreeMap<>();
        boolean ended = false;
        for (String text : texts) {
            if (at == text.length()) {
                ended = true;
            } else {
                byNext.computeIfAbsent(text.codePointAt(at), _ -> new java.util.ArrayList<>())
                        .add(text);
            }
        }
        CodePoints others = CodePoints.ALL;
        int result = ended ? Expressions.NOTHING : Expressions.EMPTY;
        for (Map.Entry<Integer, List<String>> next : byNext.entrySet()) {
            int c = next.getKey();
            CodePoints only = CodePoints.of(c, c);
            others = others.and(only.not());
            int rest = otherThan(next.getValue(), at + Character.charCount(c), any);
            result = e.choice(result, e.sequence(one(only), rest));
        }
        return e.choice(result, e.sequence(one(others), any));
    }

    /** Any text that this does not occur in; its first character is nowhere else in it. */
    int without(String mark) {
        int[] characters = mark.codePoints().toArray();
        CodePoints first = CodePoints.of(characters[0], characters[0]);
        int[] after = new int[characters.length]; // so many characters of the mark
        for (int i = 0; i < after.length; i++) {
            after[i] = e.reference(true);
        }
        for (int i = 0; i < after.length; i++) {
            CodePoints next = CodePoints.of(characters[i], characters[i]);
            int further = i + 1 < after.length ? e.sequence(one(next), after[i + 1]) : Expressions.NOTHING;
            int again = i == 0 ? Expressions.NOTHING : e.sequence(one(first), after[1]);
            int other = e.sequence(one(first.or(next).not()), after[0]);
            e.define(after[i], e.choice(Expressions.EMPTY, further, again, other));
        }
        return after[0];
    }

    private static String escape(int c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> String.format("\\u%04x", c);
        };
    }
}
