package dev.jemma.infer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A set of characters: ranges, ascending and apart from each other. Surrogates are never in it. */
record CodePoints(List<Range> ranges) {
    static final int LAST = Character.MAX_CODE_POINT;

    /** From {@code first} to {@code last}, both included. */
    record Range(int first, int last) {}

    static final CodePoints ALL = of(0, LAST);
    static final CodePoints DIGITS = of('0', '9');
    static final CodePoints WORD = DIGITS.or(of('a', 'z')).or(of('A', 'Z')).or(of('_', '_'));
    static final CodePoints SPACES = of('\t', '\r').or(of(' ', ' '));
    /** What one notation or another counts as white space; no character of it is in {@code \S}. */
    static final CodePoints ALL_SPACES = of('\t', '\r')
            .or(of(' ', ' '))
            .or(of(0x1C, 0x1F))
            .or(of(0x85, 0x85))
            .or(of(0xA0, 0xA0))
            .or(of(0x1680, 0x1680))
            .or(of(0x2000, 0x200A))
            .or(of(0x2028, 0x2029))
            .or(of(0x202F, 0x202F))
            .or(of(0x205F, 0x205F))
            .or(of(0x3000, 0x3000))
            .or(of(0xFEFF, 0xFEFF));

    private static final CodePoints LINE_ENDS =
            of('\n', '\n').or(of('\r', '\r')).or(of(0x85, 0x85)).or(of(0x2028, 0x2029));
    /** Any but those that end a line. */
    static final CodePoints DOT = LINE_ENDS.not();

    static CodePoints of(int first, int last) {
        List<Range> ranges = new ArrayList<>(2);
        if (first < Character.MIN_SURROGATE) {
            ranges.add(new Range(first, Math.min(last, Character.MIN_SURROGATE - 1)));
        }
        if (last > Character.MAX_SURROGATE) {
            ranges.add(new Range(Math.max(first, Character.MAX_SURROGATE + 1), last));
        }
        return new CodePoints(List.copyOf(ranges));
    }

    CodePoints or(CodePoints other) {
        List<Range> all = new ArrayList<>(ranges);
        all.addAll(other.ranges);
        all.sort(Comparator.comparingInt(Range::first));
        List<Range> merged = new ArrayList<>();
        for (Range r : all) {
            if (!merged.isEmpty() && r.first <= merged.getLast().last + 1) {
                Range last = merged.removeLast();
                merged.add(new Range(last.first, Math.max(last.last, r.last)));
            } else {
                merged.add(r);
            }
        }
        return new CodePoints(List.copyOf(merged));
    }

    CodePoints not() {
        CodePoints rest = new CodePoints(List.of());
        int from = 0;
        for (Range r : ranges) {
            if (r.first > from) {
                rest = rest.or(of(from, r.first - 1));
            }
            from = r.last + 1;
        }
        return from <= LAST ? rest.or(of(from, LAST)) : rest;
    }

    CodePoints and(CodePoints other) {
        return not().or(other.not()).not();
    }

    boolean has(int codePoint) {
        return ranges.stream().anyMatch(r -> r.first <= codePoint && codePoint <= r.last);
    }

    /** One of these characters in UTF-8. */
    int utf8(Expressions e) {
        int any = Expressions.NOTHING;
        int[] borders = {0x7F, 0x7FF, 0xFFFF, LAST};
        for (Range r : ranges) {
            int first = r.first;
            for (int border : borders) {
                if (first <= border && first <= r.last) {
                    int last = Math.min(border, r.last);
                    any = e.choice(any, between(e, encoded(first), encoded(last), 0));
                    first = last + 1;
                }
            }
        }
        return any;
    }

    private static byte[] encoded(int codePoint) {
        return Character.toString(codePoint).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** The bytes from {@code first} to {@code last}, of the same length, from index {@code at} on. */
    private static int between(Expressions e, byte[] first, byte[] last, int at) {
        int low = first[at] & 0xFF;
        int high = last[at] & 0xFF;
        if (at == first.length - 1) {
            return e.bytes(low, high);
        }
        if (low == high) {
            return e.sequence(e.bytes(low, low), between(e, first, last, at + 1));
        }
        byte[] least = filled(first, at, 0x80);
        byte[] most = filled(last, at, 0xBF);
        int any = Expressions.NOTHING;
        if (!Arrays.equals(first, least)) {
            any = e.sequence(e.bytes(low, low), between(e, first, most, at + 1));
            low++;
        }
        if (!Arrays.equals(last, most)) {
            any = e.choice(any, e.sequence(e.bytes(high, high), between(e, least, last, at + 1)));
            high--;
        }
        return low > high ? any : e.choice(any, e.sequence(e.bytes(low, high), between(e, least, most, at + 1)));
    }

    private static byte[] filled(byte[] bytes, int keep, int with) {
        byte[] filled = bytes.clone();
        Arrays.fill(filled, keep + 1, filled.length, (byte) with);
        return filled;
    }
}
