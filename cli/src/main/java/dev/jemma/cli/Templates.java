package dev.jemma.cli;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.model.ModelFiles;
import java.nio.file.Path;
import java.util.Optional;

/** What a user should know about the built-in chat template that a model gets. */
final class Templates {
    private Templates() {}

    /** A warning if the file brings a template that does something else than the built-in one. */
    static Optional<String> warning(ModelFiles files, ChatTemplate builtIn) {
        return files.chatTemplate()
                .filter(jinja -> !builtIn.matches(jinja))
                .map(_ -> "the model's own chat template differs from the built-in one of " + title(builtIn)
                        + ", which is used instead of it");
    }

    /**
     * A warning if a model brings a template that Jemma does not know, since training data is laid out by a built-in one.
     *
     * @param template what data is laid out by
     */
    static Optional<String> warningForData(Path model, ChatTemplate template) {
        try (ModelFiles files = ModelFiles.open(model)) {
            return files.chatTemplate()
                    .filter(jinja -> ChatTemplate.recognize(jinja).isEmpty())
                    .map(_ -> "the model's own chat template is none that Jemma knows; chats are laid out as those of "
                            + title(template));
        }
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
