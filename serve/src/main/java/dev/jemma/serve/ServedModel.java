package dev.jemma.serve;

import dev.jemma.infer.LanguageModel;
import java.nio.file.Path;
import java.util.Map;

/**
 * A model under the name that requests ask for, with its adapters. The server does not close it.
 *
 * @param name as in {@code "model": "name"}
 * @param model the loaded model
 * @param adapters folders of low-rank adapters in PEFT's form, each served as {@code name+adapter}
 */
public record ServedModel(String name, LanguageModel model, Map<String, Path> adapters) {
    public ServedModel {
        adapters = Map.copyOf(adapters);
        check(name);
        adapters.keySet().forEach(ServedModel::check);
    }

    /** A model without adapters. */
    public ServedModel(String name, LanguageModel model) {
        this(name, model, Map.of());
    }

    private static void check(String name) {
        if (name.isBlank() || name.contains("+") || name.length() > 200) {
            throw new ServeException("'" + name + "' cannot be the name of a model or adapter: it is empty, too long,"
                    + " or holds the + that stands between the two");
        }
    }
}
