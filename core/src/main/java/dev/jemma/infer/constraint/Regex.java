package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.List;

/**
 * Regular expressions: literals, {@code .}, classes, {@code \d \w \s} and their opposites, groups, alternatives and the
 * quantifiers {@code ? * + {m} {m,} {m,n}}, which may be lazy, since all matches are the same texts. {@code \d}, {@code
 * \w} and {@code \s} know ASCII only. {@code ^} and {@code $} stand at the ends of an alternative of the whole pattern.
 * Back-references, look-around, word borders, Unicode properties, possessive quantifiers and flags are refused.
 */
final class Regex {
    /** Most times that something is repeated by number. */
    private static final int MAX_REPEAT = 10_000;

    private static final int MAX_DEPTH = 100;
    private static final int MAX_LENGTH = 20_000;

    private final Expressions e;
    private final Notation notation;
    private final int[] pattern; // characters
    private int at;
    private int depth;

    private Regex(Expressions e, Notation notation, String pattern) {
        this.e = e;
        this.notation = notation;
        this.pattern = pattern.codePoints().toArray();
    }

    /** Texts that the pattern matches from end to end. */
    static int whole(Expressions e, Notation notation, String pattern) {
        return new Regex(e, notation, pattern).parse(false);
    }

    /** Texts that have a match of the pattern in them; {@code ^} and {@code $} hold it to their ends. */
    static int within(Expressions e, Notation notation, String pattern) {
        return new Regex(e, notation, pattern).parse(true);
    }

    private int parse(boolean search) {
        if (pattern.length > MAX_LENGTH) {
            throw new ConstraintException("the pattern has more than " + MAX_LENGTH + " characters");
        }
        int anything = search ? e.repeat(notation.one(CodePoints.ALL), 0, Expressions.UNLIMITED) : Expressions.EMPTY;
        List<Integer> ways = new ArrayList<>();
        do {
            boolean first = take('^');
            int way = terms();
            boolean last = take('$');
            ways.add(e.sequence(
                    first ? Expressions.EMPTY : anything, e.sequence(way, last ? Expressions.EMPTY : anything)));
        } while (take('|'));
        if (at < pattern.length) {
            throw error(pattern[at] == ')' ? "a ')' without its '('" : "an anchor inside a pattern");
        }
        return e.choice(ways.stream().mapToInt(Integer::intValue).toArray());
    }

    private int alternatives() {
        List<Integer> ways = new ArrayList<>();
        do {
            ways.add(terms());
        } while (take('|'));
        return e.choice(ways.stream().mapToInt(Integer::intValue).toArray());
    }

    private int terms() {
        List<Integer> terms = new ArrayList<>();
        while (at < pattern.length && "|)^$".indexOf(pattern[at]) < 0) {
            int atom = atom();
            while (at < pattern.length && "?*+{".indexOf(pattern[at]) >= 0) {
                atom = quantified(atom);
            }
            terms.add(atom);
        }
        return e.sequence(terms.stream().mapToInt(Integer::intValue).toArray());
    }

    private int quantified(int atom) {
        int min = 0;
        int max = Expressions.UNLIMITED;
        switch (pattern[at++]) {
            case '?' -> max = 1;
            case '+' -> min = 1;
            case '{' -> {
                min = number();
                max = min;
                if (take(',')) {
                    max = at < pattern.length && pattern[at] == '}' ? Expressions.UNLIMITED : number();
                }
                if (!take('}')) {
                    throw error("a '}' is missing; a brace that is meant is written \\{");
                }
                if (max < min) {
                    throw error("a repetition of at least " + min + " and at most " + max);
                }
            }
            default -> {}
        }
        if (at < pattern.length && pattern[at] == '+') {
            throw error("possessive quantifiers are not supported");
        }
        take('?');
        return e.repeat(atom, min, max);
    }

    private int number() {
        int from = at;
        int n = 0;
        while (at < pattern.length && pattern[at] >= '0' && pattern[at] <= '9' && n <= MAX_REPEAT) {
            n = 10 * n + pattern[at++] - '0';
        }
        if (n > MAX_REPEAT) {
            throw error("more than " + MAX_REPEAT + " repetitions");
        }
        if (from == at) {
            throw error("a number is missing; a brace that is meant is written \\{");
        }
        return n;
    }

    private int atom() {
        int c = pattern[at++];
        return switch (c) {
            case '(' -> group();
            case '[' -> notation.one(classOf());
            case '.' -> notation.one(CodePoints.DOT);
            case '\\' -> notation.one(escape(false));
            case '?', '*', '+', '{' -> {
                at--;
                throw error("nothing to repeat");
            }
            default -> notation.one(only(c));
        };
    }

    private CodePoints only(int c) {
        if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            throw error("half a character");
        }
        return CodePoints.of(c, c);
    }

    private int group() {
        if (++depth > MAX_DEPTH) {
            throw error("more than " + MAX_DEPTH + " groups in each other");
        }
        if (take('?')) {
            if (take('<') && at < pattern.length && pattern[at] != '=' && pattern[at] != '!') {
                while (at < pattern.length && pattern[at] != '>') {
                    at++;
                }
                take('>');
            } else if (!take(':')) {
                throw error("look-around and flags are not supported");
            }
        }
        int inner = alternatives();
        if (!take(')')) {
            throw error(at < pattern.length ? "an anchor inside a group is not supported" : "a ')' is missing");
        }
        depth--;
        return inner;
    }

    private CodePoints classOf() {
        boolean negated = take('^');
        CodePoints set = new CodePoints(List.of());
        while (!take(']')) {
            if (at == pattern.length) {
                throw error("a ']' is missing");
            }
            if (pattern[at] == '[' || (pattern[at] == '&' && at + 1 < pattern.length && pattern[at + 1] == '&')) {
                throw error("a class in a class is not supported; a bracket that is meant is written \\[");
            }
            CodePoints first = member();
            boolean range = at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']';
            if (range) {
                at++;
                CodePoints last = member();
                if (size(first) != 1 || size(last) != 1) {
                    throw error("a range from or to more than one character");
                }
                int from = first.ranges().getFirst().first();
                int to = last.ranges().getFirst().first();
                if (to < from) {
                    throw error("a range that ends before it begins");
                }
                first = CodePoints.of(from, to);
            }
            set = set.or(first);
        }
        return negated ? set.not() : set;
    }

    private static int size(CodePoints set) {
        return set.ranges().stream().mapToInt(r -> r.last() - r.first() + 1).sum();
    }

    private CodePoints member() {
        int c = pattern[at++];
        return c == '\\' ? escape(true) : only(c);
    }

    private CodePoints escape(boolean inClass) {
        if (at == pattern.length) {
            throw error("a backslash at the end");
        }
        int c = pattern[at++];
        return switch (c) {
            case 'd' -> CodePoints.DIGITS;
            case 'D' -> CodePoints.DIGITS.not();
            case 'w' -> CodePoints.WORD;
            case 'W' -> CodePoints.WORD.not();
            case 's' -> CodePoints.SPACES;
            case 'S' -> CodePoints.ALL_SPACES.not();
            case 'n' -> only('\n');
            case 'r' -> only('\r');
            case 't' -> only('\t');
            case 'f' -> only('\f');
            case 'v' -> only(0x0B);
            case 'x' -> only(hex(2));
            case 'u' -> only(unit());
            case '0' -> only(0);
            case 'b' -> {
                if (inClass) {
                    yield only('\b');
                }
                throw error("word borders are not supported");
            }
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    at--;
                    throw error("the escape \\" + Character.toString(c) + " is not supported");
                }
                yield only(c);
            }
        };
    }

    /** A character as one or two UTF-16 units, or in braces. */
    private int unit() {
        if (take('{')) {
            int from = at;
            while (at < pattern.length && pattern[at] != '}') {
                at++;
            }
            int digits = at - from;
            at = from;
            int c = digits > 0 && digits <= 6 ? hex(digits) : CodePoints.LAST + 1;
            if (c > CodePoints.LAST || !take('}')) {
                throw error("no character");
            }
            return c;
        }
        int c = hex(4);
        if (Character.isHighSurrogate((char) c)
                && at + 1 < pattern.length
                && pattern[at] == '\\'
                && pattern[at + 1] == 'u') {
            at += 2;
            int low = hex(4);
            return Character.isLowSurrogate((char) low) ? Character.toCodePoint((char) c, (char) low) : c;
        }
        return c;
    }

    private int hex(int digits) {
        int n = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < pattern.length ? Character.digit(pattern[at], 16) : -1;
            if (digit < 0) {
                throw error("a hexadecimal digit is missing");
            }
            n = 16 * n + digit;
            at++;
        }
        return n;
    }

    private boolean take(int c) {
        boolean there = at < pattern.length && pattern[at] == c;
        at += there ? 1 : 0;
        return there;
    }

    private ConstraintException error(String problem) {
        String text = new String(pattern, 0, pattern.length);
        String shown = text.length() > 60 ? text.substring(0, 60) + "…" : text;
        return new ConstraintException("pattern " + shown + ", character " + (at + 1) + ": " + problem);
    }
}
