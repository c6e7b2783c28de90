package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** Answers that call functions: a text without a call's mark, then calls, or calls alone. */
final class CallGrammar {
    /** Most calls of an answer: a model that has lost its way would go on for ever. */
    private static final int MAX_CALLS = 16;

    private final Expressions e;
    private final CallForm form;
    private final JsonParts parts;
    private final Notation plain;

    private CallGrammar(Expressions e, CallForm form) {
        this.e = e;
        this.form = form;
        parts = new JsonParts(e, form == CallForm.TEXT ? Writing.JSON : Writing.MARKED);
        plain = new Notation(e, false);
    }

    static int compile(
            Expressions e, CallForm form, List<CallableFunction> functions, boolean textToo, boolean several) {
        return new CallGrammar(e, form).answer(functions, textToo, several);
    }

    private int answer(List<CallableFunction> functions, boolean textToo, boolean several) {
        int call = Expressions.NOTHING;
        for (int i = 0; i < functions.size(); i++) {
            try {
                call = e.choice(call, call(functions.get(i)));
            } catch (ConstraintException wrong) {
                throw new ConstraintException("function " + functions.get(i).name() + ": " + wrong.getMessage(), i);
            }
        }
        boolean text = form == CallForm.TEXT;
        int lineEnd = text ? e.optional(plain.literal("\n")) : Expressions.EMPTY;
        int calls = several ? e.sequence(call, e.repeat(e.sequence(lineEnd, call), 0, MAX_CALLS - 1)) : call;
        if (!textToo) {
            return calls;
        }
        int words =
                text ? plain.without(CallForm.START) : e.repeat(plain.one(CodePoints.ALL), 0, Expressions.UNLIMITED);
        return e.sequence(words, e.optional(calls));
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
