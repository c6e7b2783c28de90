package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.format.FormatException;
import java.util.List;

/** Answers that call functions: a text without a call's mark, then calls; calls alone; or a text of a form instead. */
final class CallGrammar {
    /** Most calls of an answer: a model that has lost its way would go on for ever. */
    private static final int MAX_CALLS = 16;

    private final Expressions e;
    private final CallForm form;
    private final JsonParts parts; // of arguments
    private final Notation plain;

    private CallGrammar(Expressions e, CallForm form) {
        this.e = e;
        this.form = form;
        parts = new JsonParts(e, form == CallForm.TEXT ? Writing.JSON : Writing.MARKED);
        plain = new Notation(e, false);
    }

    static int compile(
            Expressions e, CallForm form, List<CallableFunction> functions, AnswerText text, boolean several) {
        CallGrammar grammar = new CallGrammar(e, form);
        int calls = grammar.calls(functions, several);
        return switch (text) {
            case AnswerText.None _ -> calls;
            case AnswerText.Any _ -> e.sequence(grammar.words(), e.optional(calls));
            case AnswerText.Document _, AnswerText.Match _, AnswerText.OneOf _ -> e.choice(grammar.formed(text), calls);
        };
    }

    private int calls(List<CallableFunction> functions, boolean several) {
        int call = Expressions.NOTHING;
        for (int i = 0; i < functions.size(); i++) {
            try {
                call = e.choice(call, call(functions.get(i)));
            } catch (ConstraintException wrong) {
                throw new ConstraintException("function " + functions.get(i).name() + ": " + wrong.getMessage(), i);
            }
        }
        int lineEnd = form == CallForm.TEXT ? e.optional(plain.literal("\n")) : Expressions.EMPTY;
        return several ? e.sequence(call, e.repeat(e.sequence(lineEnd, call), 0, MAX_CALLS - 1)) : call;
    }

    /** Any text that holds no mark of a call. */
    private int words() {
        return form == CallForm.TEXT
                ? plain.without(CallForm.START)
                : e.repeat(plain.one(CodePoints.ALL), 0, Expressions.UNLIMITED);
    }

    /** A text of a form; it may hold what looks like a call, but does not begin like one. */
    private int formed(AnswerText text) {
        try {
            int any = switch (text) {
                case AnswerText.Document(String schema) ->
                    SchemaCompiler.compile(new JsonParts(e, Writing.JSON), schema.getBytes(UTF_8));
                case AnswerText.Match(String pattern) -> Regex.whole(e, plain, pattern);
                case AnswerText.OneOf(List<String> texts) ->
                    e.choice(texts.stream().mapToInt(plain::literal).toArray());
                case AnswerText.None _, AnswerText.Any _ -> throw new IllegalArgumentException("not a form: " + text);
            };
            return form == CallForm.TEXT ? e.notBeginning(any, CallForm.START.getBytes(UTF_8)) : any;
        } catch (ConstraintException | FormatException wrong) {
            throw ConstraintException.ofText(String.valueOf(wrong.getMessage()));
        }
    }

    private int call(CallableFunction function) {
        int arguments = SchemaCompiler.compile(parts, function.parameters().getBytes(UTF_8));
        if (form == CallForm.FUNCTION_GEMMA) {
            return e.sequence(
                    e.bytes(Writing.CALL, Writing.CALL),
                    plain.literal("call:" + function.name()),
                    arguments,
                    e.bytes(Writing.CALL_END, Writing.CALL_END));
        }
        int lineEnd = e.optional(plain.literal("\n"));
        int name = parts.pair(parts.key("name"), parts.quoted(plain.literal(function.name())));
        int content = e.sequence(name, parts.comma(), parts.pair(parts.key("arguments"), arguments));
        int object = e.sequence(plain.literal("{"), content, plain.literal("}"));
        return e.sequence(plain.literal(CallForm.START), lineEnd, object, lineEnd, plain.literal(CallForm.END));
    }
}
