package dev.jemma.eval.yaml;

import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** A map of a YAML file that knows where it stands and which keys it may have. */
record YamlMap(String place, Map<?, ?> values) {
    private static final int MAX_BYTES = 1 << 20;

    /** The file's top. */
    static YamlMap read(Path file, Set<String> known) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new EvalException(file + ": is too large for a task");
            }
            LoadSettings settings = LoadSettings.builder()
                    .setAllowDuplicateKeys(false)
                    .setAllowRecursiveKeys(false)
                    .setMaxAliasesForCollections(20)
                    .build();
            Object top = new Load(settings).loadFromString(Files.readString(file));
            return of(file.toString(), Objects.requireNonNullElse(top, Map.of()), known);
        } catch (CharacterCodingException e) {
            throw new EvalException(file + ": is not UTF-8", e);
        } catch (IOException e) {
            throw new EvalException(file + " cannot be read: no such file, or " + e.getMessage(), e);
        } catch (YamlEngineException e) {
            throw new EvalException(
                    file + ": is not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }

    private static YamlMap of(String place, Object value, Set<String> known) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new EvalException(place + ": must be a map of names and values");
        }
        for (Object key : map.keySet()) {
            if (!known.contains(String.valueOf(key))) {
                throw new EvalException(place + ": \"" + key + "\" is not known here; known are "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        }
        return new YamlMap(place, map);
    }

    Optional<Object> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    Optional<String> text(String key) {
        return find(key).map(value -> {
            if (value instanceof Map || value instanceof List) {
                throw error(key, "must be text");
            }
            return String.valueOf(value);
        });
    }

    String need(String key) {
        return text(key).orElseThrow(() -> error(key, "is missing"));
    }

    Optional<Integer> integer(String key) {
        return find(key).map(value -> {
            if (value instanceof Integer number) {
                return number;
            }
            throw error(key, "must be a whole number");
        });
    }

    Optional<Double> number(String key) {
        return find(key).map(value -> {
            if (value instanceof Number number) {
                return number.doubleValue();
            }
            throw error(key, "must be a number");
        });
    }

    boolean truth(String key) {
        return find(key)
                .map(value -> {
                    if (value instanceof Boolean truth) {
                        return truth;
                    }
                    throw error(key, "must be true or false");
                })
                .orElse(false);
    }

    /** Refuses another text than this under a key that may be absent. */
    void only(String key, String known) {
        text(key).filter(value -> !value.equals(known)).ifPresent(_ -> {
            throw error(key, "can only be " + known + " here");
        });
    }

    /** A list of texts; one text is a list of itself. */
    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        find(key)
                .ifPresent(value -> (value instanceof List<?> list ? list : List.of(value))
                        .forEach(element -> texts.add(String.valueOf(element))));
        return texts;
    }

    /** A map inside. */
    Optional<YamlMap> map(String key, Set<String> known) {
        return find(key).map(value -> of(place + ", " + key, value, known));
    }

    /** A list of maps. */
    List<YamlMap> maps(String key, Set<String> known) {
        Object value = find(key).orElse(List.of());
        if (!(value instanceof List<?> list)) {
            throw error(key, "must be a list");
        }
        List<YamlMap> maps = new ArrayList<>();
        for (Object element : list) {
            maps.add(of(place + ", " + key + " " + (maps.size() + 1), Objects.requireNonNullElse(element, ""), known));
        }
        return maps;
    }

    EvalException error(String key, String problem) {
        return new EvalException(place + ": \"" + key + "\" " + problem);
    }
}
