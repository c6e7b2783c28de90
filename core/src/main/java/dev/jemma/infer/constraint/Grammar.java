package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Optional;

/**
 * Which texts are allowed, byte by byte: a regular expression, or the documents of a JSON Schema. Knows nothing of
 * tokens; {@link TokenConstraint} is the same for a vocabulary. Made once and used for any number of requests; what a
 * walk finds out is kept for the next. Not safe for use by several threads.
 */
public final class Grammar {
    private final Expressions expressions;
    private final int start;
    private final Optional<CallStart> calls;

    private Grammar(Expressions expressions, int start, String nothing) {
        this(expressions, start, nothing, Optional.empty());
    }

    private Grammar(Expressions expressions, int start, String nothing, Optional<CallStart> calls) {
        this.expressions = expressions;
        this.calls = calls;
        this.start = expressions.seal(start);
        if (this.start == Expressions.NOTHING) {
            throw new ConstraintException(nothing);
        }
    }

    /**
     * The texts that a regular expression matches from end to end.
     *
     * @throws ConstraintException if it is wrong, not supported, too large, or matches nothing
     */
    public static Grammar regex(String pattern) {
        Expressions e = new Expressions();
        int start = Regex.whole(e, new Notation(e, false), pattern);
        return new Grammar(e, start, "the pattern matches no text at all");
    }

    /**
     * Documents of a JSON Schema. Each is valid; not each valid document can come: properties stand in the order of the
     * schema, properties that the schema does not name come only where {@code additionalProperties} asks for them, numbers
     * have at most 18 digits, strings spell each character in one way, and white space is at most a line end and 32
     * spaces at a time.
     *
     * @param schema the schema as JSON text
     * @throws ConstraintException if a part of it is not supported, wrong or too large; the message names part and place
     * @throws dev.jemma.format.FormatException if it is not JSON
     */
    public static Grammar jsonSchema(String schema) {
        Expressions e = new Expressions();
        int start = SchemaCompiler.compile(new JsonParts(e, Writing.JSON), schema.getBytes(UTF_8));
        return new Grammar(e, start, "no document that ever ends can satisfy the schema");
    }

    /**
     * Answers that call functions, each with arguments that its schema allows.
     *
     * @param form how the model writes calls; for {@link CallForm#FUNCTION_GEMMA} the vocabulary must have its tokens
     * @param functions those that may be called, at least one; parameters must be schemas of objects
     * @param text what the answer can be instead; a text of a form that begins as a call does cannot come
     * @param several whether more than one call may come; at most 16 do
     * @throws ConstraintException as {@link #jsonSchema}, with the function, or that it is the text, that it is about
     */
    public static Grammar calls(CallForm form, List<CallableFunction> functions, AnswerText text, boolean several) {
        Expressions e = new Expressions();
        int start = CallGrammar.compile(e, form, functions, text, several);
        CallStart calls = new CallStart(form, !(text instanceof AnswerText.Any));
        return new Grammar(
                e, start, "no arguments that ever end can satisfy the functions' parameters", Optional.of(calls));
    }

    /**
     * One of these texts.
     *
     * @throws ConstraintException if there is none, or they are too many
     */
    public static Grammar oneOf(List<String> texts) {
        Expressions e = new Expressions();
        Notation plain = new Notation(e, false);
        int start = e.choice(texts.stream().mapToInt(plain::literal).toArray());
        return new Grammar(e, start, "there is no text to choose");
    }

    Optional<CallStart> calls() {
        return calls;
    }

    Expressions expressions() {
        return expressions;
    }

    int start() {
        return start;
    }

    /** Whether a whole text is allowed. */
    public boolean matches(String text) {
        int state = start;
        for (byte b : text.getBytes(UTF_8)) {
            state = expressions.table(state)[b & 0xFF];
        }
        return expressions.nullable(state);
    }

    /** Whether a text is the beginning of one that is allowed. */
    public boolean begins(String text) {
        int state = start;
        for (byte b : text.getBytes(UTF_8)) {
            state = expressions.table(state)[b & 0xFF];
        }
        return state != Expressions.NOTHING;
    }
}
