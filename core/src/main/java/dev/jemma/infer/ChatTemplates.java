package dev.jemma.infer;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.model.ModelFiles;
import dev.jemma.tokenizer.Tokenizer;
import java.util.Optional;

/** Which of the built-in chat templates a model gets. */
public final class ChatTemplates {
    private ChatTemplates() {}

    /**
     * The template that is the model's own, if it brings one that is built in; else the one of its architecture, where
     * the vocabulary tells FunctionGemma from its siblings. Empty for models that embed, and for vocabularies without
     * turn tokens. Says nothing of whether the model was trained to chat: see
     * {@link GenerationDefaults#instructionTuned}.
     */
    public static Optional<ChatTemplate> of(ModelFiles files, Tokenizer tokenizer) {
        Optional<ChatTemplate> byArchitecture = switch (files.config().architecture()) {
            case GEMMA, GEMMA2, VAULTGEMMA -> Optional.of(ChatTemplate.GEMMA);
            case GEMMA3 ->
                Optional.of(
                        ChatTemplate.FUNCTION_GEMMA.fits(tokenizer)
                                ? ChatTemplate.FUNCTION_GEMMA
                                : ChatTemplate.GEMMA_3);
            case GEMMA_EMBEDDING -> Optional.empty();
        };
        return byArchitecture
                .map(otherwise ->
                        files.chatTemplate().flatMap(ChatTemplate::recognize).orElse(otherwise))
                .filter(template -> template.fits(tokenizer));
    }
}
