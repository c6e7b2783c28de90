package dev.jemma.langchain4j;

import dev.jemma.infer.LanguageModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import java.util.function.Function;

/**
 * Builds a chat model, waiting or streaming.
 *
 * @param <T> what is built
 */
public final class JemmaChatModelBuilder<T> {
    private final LanguageModel model;
    private final Function<JemmaChatModelBuilder<T>, T> make;
    private String name;
    private JemmaChatRequestParameters parameters =
            JemmaChatRequestParameters.builder().build();
    private List<ChatModelListener> listeners = List.of();

    JemmaChatModelBuilder(LanguageModel model, Function<JemmaChatModelBuilder<T>, T> make) {
        this.model = model;
        this.make = make;
        name = model.name();
    }

    /** The name that responses bear and that requests may ask for; by default the file's. */
    public JemmaChatModelBuilder<T> modelName(String value) {
        name = value;
        return this;
    }

    /** What requests get that do not say otherwise; by default all comes from the model. */
    public JemmaChatModelBuilder<T> defaultRequestParameters(ChatRequestParameters value) {
        parameters = JemmaChatRequestParameters.of(value);
        return this;
    }

    /** Told of every request, response and error. */
    public JemmaChatModelBuilder<T> listeners(List<ChatModelListener> value) {
        listeners = List.copyOf(value);
        return this;
    }

    /**
     * The chat model.
     *
     * @throws IllegalArgumentException if the model cannot chat
     */
    public T build() {
        return make.apply(this);
    }

    LanguageModel model() {
        return model;
    }

    String name() {
        return name;
    }

    JemmaChatRequestParameters defaults() {
        return parameters;
    }

    List<ChatModelListener> registered() {
        return listeners;
    }
}
