package dev.jemma.infer.constraint;

import java.util.List;

/** What an answer that may call functions can be instead of calls. */
public sealed interface AnswerText {
    /** Nothing: the answer is calls. */
    AnswerText NONE = new None();
    /** Any text, behind which calls may follow. */
    AnswerText ANY = new Any();

    /** See {@link #NONE}. */
    record None() implements AnswerText {}

    /** See {@link #ANY}. */
    record Any() implements AnswerText {}

    /**
     * A document that a JSON Schema allows.
     *
     * @param schema as JSON text
     */
    record Document(String schema) implements AnswerText {}

    /** A text that a regular expression matches from end to end. */
    record Match(String pattern) implements AnswerText {}

    /** One of these texts. */
    record OneOf(List<String> texts) implements AnswerText {}
}
