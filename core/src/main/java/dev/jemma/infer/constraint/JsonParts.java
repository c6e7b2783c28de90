package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** The pieces that documents are put together of: white space, strings, lists in order, and any value at all. */
final class JsonParts {
    /** How deep a value nests of which the schema says nothing. */
    private static final int ANY_DEPTH = 8;

    private static final int MAX_INDENT = 32;

    final Expressions e;
    final Writing writing;
    final Notation inString;
    final NumberText numbers;
    /** Nothing, a space, or a line end and an indent. */
    final int space;

    private final int colon;
    private final int any;

    JsonParts(Expressions e, Writing writing) {
        this.e = e;
        this.writing = writing;
        inString = new Notation(e, writing == Writing.JSON);
        numbers = new NumberText(e);
        int blank = e.bytes(' ', ' ');
        space = writing == Writing.MARKED
                ? Expressions.EMPTY
                : e.choice(Expressions.EMPTY, blank, e.sequence(e.bytes('\n', '\n'), e.repeat(blank, 0, MAX_INDENT)));
        colon = e.sequence(e.bytes(':', ':'), writing == Writing.MARKED ? Expressions.EMPTY : e.optional(blank));
        any = anyValue();
    }

    int text(String literal) {
        return e.literal(literal.getBytes(UTF_8));
    }

    int quoted(int content) {
        int quote = e.bytes(writing.quote(), writing.quote());
        return e.sequence(quote, content, quote);
    }

    /** A name of a property. */
    int key(String name) {
        writing.check(name);
        int text = inString.literal(name);
        return writing == Writing.JSON ? quoted(text) : text;
    }

    /** Any name of a property, of at most so many characters. */
    int freeKey(int most) {
        return writing == Writing.JSON ? characters(1, most) : e.repeat(inString.one(CodePoints.WORD), 1, most);
    }

    /** A name that was put together by the caller. */
    int asKey(int text) {
        return writing == Writing.JSON ? quoted(text) : text;
    }

    /** Any string of a number of characters. */
    int characters(int min, int max) {
        return e.repeat(inString.one(CodePoints.ALL), min, max);
    }

    int pair(int key, int value) {
        return e.sequence(key, colon, value);
    }

    int comma() {
        return e.sequence(e.bytes(',', ','), space);
    }

    /** Something in brackets or braces; nothing at all has no space in it. */
    int enclosed(char open, int content, char close) {
        if (content == Expressions.NOTHING) {
            return Expressions.NOTHING;
        }
        int padded = content == Expressions.EMPTY ? content : e.sequence(space, content, space);
        return e.sequence(e.bytes(open, open), padded, e.bytes(close, close));
    }

    /** Elements of one kind. */
    int list(int element, int min, int max) {
        if (max == 0) {
            return min == 0 ? Expressions.EMPTY : Expressions.NOTHING;
        }
        int more = e.repeat(
                e.sequence(comma(), element), Math.max(0, min - 1), max == Expressions.UNLIMITED ? max : max - 1);
        int some = e.sequence(element, more);
        return min == 0 ? e.optional(some) : some;
    }

    /** One of the elements of a {@link #subset}. */
    record Element(int text, boolean required) {}

    /**
     * Elements in this order, those that are not required being left out or not, then elements of another kind; all in all
     * at least {@code min} and at most {@code max}.
     *
     * @param others NOTHING if there are no others
     */
    int subset(List<Element> elements, int others, int min, int max) {
        int n = elements.size();
        int counted = max == Expressions.UNLIMITED ? Math.max(1, Math.min(min, n)) : Math.min(max, n) + 1;
        int[] rest = new int[counted + 1]; // by the number of elements before; the last entry: so many or more
        for (int before = 0; before <= counted; before++) {
            rest[before] = others(others, before, min, max);
        }
        int comma = comma();
        for (int i = n - 1; i >= 0; i--) {
            int[] with = new int[counted + 1];
            for (int before = 0; before <= counted; before++) {
                int text = before == 0 ? elements.get(i).text : e.sequence(comma, elements.get(i).text);
                int taken = before >= max ? Expressions.NOTHING : e.sequence(text, rest[Math.min(counted, before + 1)]);
                with[before] = elements.get(i).required ? taken : e.choice(taken, rest[before]);
            }
            rest = with;
        }
        return rest[0];
    }

    private int others(int others, int before, int min, int max) {
        int least = Math.max(0, min - before);
        int most = max == Expressions.UNLIMITED ? max : max - before;
        if (most < 0 || (others == Expressions.NOTHING && least > 0)) {
            return Expressions.NOTHING;
        }
        if (others == Expressions.NOTHING || most == 0) {
            return least == 0 ? Expressions.EMPTY : Expressions.NOTHING;
        }
        int more = e.sequence(comma(), others);
        return before == 0 ? list(others, least, most) : e.repeat(more, least, most);
    }

    /** Any value, nested {@value #ANY_DEPTH} deep at most. */
    int any() {
        return any;
    }

    /** Any object, or any array. */
    int anyObject() {
        return enclosed('{', list(pair(asKey(anyKey()), any), 0, Expressions.UNLIMITED), '}');
    }

    private int anyKey() {
        return writing == Writing.JSON ? characters(0, Expressions.UNLIMITED) : freeKey(Expressions.UNLIMITED);
    }

    private int anyValue() {
        int string = quoted(characters(0, Expressions.UNLIMITED));
        int scalar = e.choice(text("null"), text("true"), text("false"), numbers.any(), string);
        int value = scalar;
        for (int depth = 1; depth < ANY_DEPTH; depth++) {
            int array = enclosed('[', list(value, 0, Expressions.UNLIMITED), ']');
            int object = enclosed('{', list(pair(asKey(anyKey()), value), 0, Expressions.UNLIMITED), '}');
            value = e.choice(scalar, array, object);
        }
        return value;
    }
}
