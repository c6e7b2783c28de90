package dev.jemma.serve;

import dev.jemma.format.FormatException;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.constraint.AnswerText;
import dev.jemma.infer.constraint.CallForm;
import dev.jemma.infer.constraint.CallableFunction;
import dev.jemma.infer.constraint.ConstraintException;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.serve.protocol.AnswerForm;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.Tool;
import dev.jemma.serve.protocol.Tools;
import dev.jemma.serve.protocol.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** From what a request says about its answer's form to a constraint; what is wrong with it is told by its field. */
final class Forms {
    private final Constraints constraints;
    private final Duration mostTime;

    /** @param mostTime of a request, from its beginning */
    Forms(Constraints constraints, Duration mostTime) {
        this.constraints = constraints;
        this.mostTime = mostTime;
    }

    /** The constraint of a form; empty if any text will do. */
    Optional<Constraints.Lease> of(Exchange exchange, LanguageModel model, Optional<AnswerForm> form)
            throws InterruptedException {
        return form.isEmpty() ? Optional.empty() : Optional.of(of(exchange, model, form.get()));
    }

    private Constraints.Lease of(Exchange exchange, LanguageModel model, AnswerForm form) throws InterruptedException {
        return switch (form) {
            case AnswerForm.JsonSchema(String schema, String param) ->
                take(exchange, model, "schema " + schema, () -> Grammar.jsonSchema(schema), _ -> param);
            case AnswerForm.Pattern(String pattern, String param) ->
                take(exchange, model, "pattern " + pattern, () -> Grammar.regex(pattern), _ -> param);
            case AnswerForm.Choice(List<String> texts, String param) ->
                take(exchange, model, "choice " + list(texts), () -> Grammar.oneOf(texts), _ -> param);
        };
    }

    /** The constraint of answers that may call functions, or else have a form. */
    Constraints.Lease of(
            Exchange exchange, LanguageModel model, CallForm form, Tools tools, Optional<AnswerForm> otherwise)
            throws InterruptedException {
        List<CallableFunction> functions = new ArrayList<>();
        StringBuilder text = new StringBuilder("calls " + form + tools.choice() + tools.parallel());
        for (Tool tool : tools.callableTools()) {
            String parameters = new String(Wire.bytes(tool.arguments()), StandardCharsets.UTF_8);
            functions.add(new CallableFunction(tool.name(), parameters));
            text.append('\n').append(tool.name()).append(' ').append(parameters);
        }
        AnswerText words = tools.choice() == Tools.Choice.REQUIRED
                ? AnswerText.NONE
                : otherwise.map(Forms::text).orElse(AnswerText.ANY);
        text.append("\nelse ").append(words);
        return take(
                exchange, model, text.toString(), () -> Grammar.calls(form, functions, words, tools.parallel()), e -> {
                    if (e.text()) {
                        return otherwise.orElseThrow().param();
                    }
                    return e.function().isEmpty()
                            ? "tools"
                            : "tools[" + tools.callable().get(e.function().getAsInt()) + "].function.parameters";
                });
    }

    private static AnswerText text(AnswerForm form) {
        return switch (form) {
            case AnswerForm.JsonSchema(String schema, String _) -> new AnswerText.Document(schema);
            case AnswerForm.Pattern(String pattern, String _) -> new AnswerText.Match(pattern);
            case AnswerForm.Choice(List<String> texts, String _) -> new AnswerText.OneOf(texts);
        };
    }

    private Constraints.Lease take(
            Exchange exchange,
            LanguageModel model,
            String text,
            Supplier<Grammar> grammar,
            Function<ConstraintException, String> param)
            throws InterruptedException {
        exchange.client().working(() -> {}); // while somebody waits, it is seen whether he leaves
        try {
            return constraints.take(model, text, grammar, () -> exchange.checkWanted(mostTime));
        } catch (ConstraintException e) {
            String name = param.apply(e);
            throw ApiException.invalid(name, "'" + name + "': " + e.getMessage());
        } catch (FormatException e) { // a schema that was given as text, and is no JSON
            String name = param.apply(new ConstraintException(""));
            throw ApiException.invalid(name, "'" + name + "': " + e.getMessage());
        }
    }

    private static String list(List<String> texts) {
        var array = Wire.object().putArray("texts");
        texts.forEach(array::add);
        return new String(Wire.bytes(array), StandardCharsets.UTF_8);
    }
}
