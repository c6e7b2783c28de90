package dev.jemma.serve;

import dev.jemma.JemmaException;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.Adapter;
import dev.jemma.serve.protocol.ApiException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The models that are served, found by the name in a request: {@code name} or {@code name+adapter}. */
final class Models {
    /** Who answers a request. */
    record Choice(String id, Entry entry, Optional<Adapter> adapter) {
        LanguageModel model() {
            return entry.served.model();
        }
    }

    /** A model and the adapters that are loaded for it now. */
    static final class Entry {
        private final ServedModel served;
        private volatile Map<String, Adapter> adapters = Map.of();

        private Entry(ServedModel served) {
            this.served = served;
        }

        String name() {
            return served.name();
        }

        LanguageModel model() {
            return served.model();
        }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    Models(List<ServedModel> served) {
        for (ServedModel model : served) {
            if (entries.put(model.name(), new Entry(model)) != null) {
                throw new ServeException(
                        "two models are to be served as '" + model.name() + "': give one another name");
            }
        }
        if (entries.isEmpty()) {
            throw new ServeException("there is no model to serve");
        }
        reload();
    }

    /**
     * Reads all adapters again; requests that run keep those that they began with.
     *
     * @throws JemmaException if one cannot be read: then all stay as they were
     */
    synchronized void reload() {
        Map<Entry, Map<String, Adapter>> loaded = new LinkedHashMap<>();
        for (Entry entry : entries.values()) {
            Map<String, Adapter> adapters = new TreeMap<>();
            entry.served.adapters().forEach((name, folder) -> {
                // The matrices go when the last request that uses them is gone.
                adapters.put(name, entry.model().loadAdapter(folder, Arena.ofAuto()));
            });
            loaded.put(entry, adapters);
        }
        loaded.forEach((entry, adapters) -> {
            Map<String, Adapter> before = entry.adapters;
            entry.adapters = adapters;
            before.values().forEach(entry.model().engine()::forget);
        });
    }

    List<Entry> all() {
        return List.copyOf(entries.values());
    }

    /** Everything that a request may ask for. */
    List<Choice> choices() {
        List<Choice> choices = new ArrayList<>();
        for (Entry entry : entries.values()) {
            choices.add(new Choice(entry.name(), entry, Optional.empty()));
            entry.adapters.forEach(
                    (name, adapter) -> choices.add(new Choice(entry.name() + "+" + name, entry, Optional.of(adapter))));
        }
        return choices;
    }

    /**
     * Who answers.
     *
     * @param asked may be absent where only one model is served
     * @throws ApiException if there is none of the name
     */
    Choice choose(Optional<String> asked) {
        if (asked.isEmpty()) {
            if (entries.size() > 1) {
                throw ApiException.invalid("model", "several models are served: say in 'model' which one");
            }
            Entry only = entries.values().iterator().next();
            return new Choice(only.name(), only, Optional.empty());
        }
        String id = asked.get();
        int plus = id.indexOf('+');
        Entry entry = entries.get(plus < 0 ? id : id.substring(0, plus));
        if (entry != null && plus < 0) {
            return new Choice(id, entry, Optional.empty());
        }
        Adapter adapter = entry == null ? null : entry.adapters.get(id.substring(plus + 1));
        if (entry == null || adapter == null) {
            throw ApiException.noSuchModel("no model of that name is served; /v1/models lists those that are");
        }
        return new Choice(id, entry, Optional.of(adapter));
    }
}
