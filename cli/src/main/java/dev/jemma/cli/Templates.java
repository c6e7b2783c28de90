package dev.jemma.cli;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.model.ModelFiles;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import java.util.Optional;

/** Which of the built-in chat templates a model gets, and what its user should know about that. */
final class Templates {
    private Templates() {}

    /** The template for a model; empty if its vocabulary has no turn tokens. */
    static Optional<ChatTemplate> of(ModelFiles files, Tokenizer tokenizer) {
        if (tokenizer.special().startOfTurn() == SpecialTokens.ABSENT
                || tokenizer.special().endOfTurn() == SpecialTokens.ABSENT) {
            return Optional.empty();
        }
        return Optional.of(
                files.chatTemplate().flatMap(ChatTemplate::recognize).orElseGet(() -> ChatTemplate.of(tokenizer)));
    }

    /** A warning if the file brings a template that does something else than the built-in one. */
    static Optional<String> warning(ModelFiles files, ChatTemplate builtIn) {
        return files.chatTemplate()
                .filter(jinja -> !builtIn.matches(jinja))
                .map(_ -> "the model's own chat template differs from the built-in one of " + title(builtIn)
                        + ", which is used instead of it");
    }

    /** A template's name for people. */
    static String title(ChatTemplate template) {
        return switch (template) {
            case GEMMA -> "Gemma 1 and 2";
            case GEMMA_3 -> "Gemma 3";
            case FUNCTION_GEMMA -> "FunctionGemma";
        };
    }
}
