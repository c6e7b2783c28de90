package dev.jemma.data;

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
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads a {@link Mixture} from YAML: plain maps, lists and scalars, every key known. */
final class MixtureFile {
    private static final int MAX_BYTES = 1 << 20;
    private static final Set<String> SOURCE_KEYS = Set.of(
            "data",
            "weight",
            "schema",
            "text-field",
            "split",
            "eos",
            "max-length",
            "drop-long",
            "drop-bad",
            "drop-matching",
            "dedupe",
            "eval-split");

    private final Path file;
    private final DataOptions defaults;

    MixtureFile(Path file, DataOptions defaults) {
        this.file = file;
        this.defaults = defaults;
    }

    /** A value and its place, such as {@code sources.books.data}. */
    private record Node(String path, Object value) {}

    Mixture read() {
        Node root = new Node("", load());
        Map<?, ?> top = map(root, Set.of("sources", "stages"));
        Node named = get(root, top, "sources").orElseThrow(() -> error("", "needs \"sources\""));
        List<Mixture.Source> sources = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        Map<?, ?> byName = map(named, Set.of());
        for (Object name : byName.keySet()) {
            Node source =
                    get(named, byName, String.valueOf(name)).orElseThrow(() -> error("sources." + name, "is empty"));
            Map<?, ?> members = map(source, SOURCE_KEYS);
            sources.add(source(String.valueOf(name), source, members));
            weights.add(get(source, members, "weight").map(this::number).orElse(1.0));
        }
        if (sources.isEmpty()) {
            throw error("sources", "is empty");
        }
        Optional<Node> listed = get(root, top, "stages");
        List<Stage> stages = listed.isPresent() ? stages(listed.get(), sources) : List.of(stage("sources", 1, weights));
        return new Mixture(sources, stages);
    }

    private Object load() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new DataException(file + ": is too large for a mixture");
            }
            LoadSettings settings = LoadSettings.builder()
                    .setLabel(String.valueOf(file.getFileName()))
                    .setAllowDuplicateKeys(false)
                    .setAllowRecursiveKeys(false)
                    .setMaxAliasesForCollections(20)
                    .build();
            Object value = new Load(settings).loadFromString(Files.readString(file));
            return Objects.requireNonNullElse(value, Map.of());
        } catch (CharacterCodingException e) {
            throw new DataException(file + ": is not UTF-8", e);
        } catch (IOException e) {
            throw Input.failure(file.toString(), e);
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark()
                    .map(mark -> " line " + (mark.getLine() + 1))
                    .orElse("");
            throw new DataException(file + line + ": is not YAML: " + e.getProblem(), e);
        } catch (YamlEngineException e) {
            String message = String.valueOf(e.getMessage());
            throw new DataException(
                    file + ": is not YAML: " + message.lines().findFirst().orElse(""), e);
        }
    }

    private Mixture.Source source(String name, Node source, Map<?, ?> members) {
        Node data = get(source, members, "data").orElseThrow(() -> error(source.path(), "needs \"data\""));
        List<Path> paths = new ArrayList<>();
        List<?> listed = data.value() instanceof List<?> list ? list : List.of(data.value());
        Path folder = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), Path.of(""));
        for (Object path : listed) {
            paths.add(folder.resolve(text(new Node(data.path(), path))));
        }
        try {
            DataOptions.Builder options = defaults.toBuilder();
            get(source, members, "schema").ifPresent(node -> options.schema(Schema.of(text(node))));
            get(source, members, "text-field").ifPresent(node -> options.textField(text(node)));
            get(source, members, "split").ifPresent(node -> options.split(TextSplit.of(text(node))));
            get(source, members, "eos").ifPresent(node -> options.endOfText(truth(node)));
            get(source, members, "max-length").ifPresent(node -> options.maxLength((int) number(node)));
            get(source, members, "drop-long").ifPresent(node -> options.dropLong(truth(node)));
            get(source, members, "drop-bad").ifPresent(node -> options.dropBad(truth(node)));
            get(source, members, "drop-matching").ifPresent(node -> options.dropMatching(text(node)));
            get(source, members, "dedupe").ifPresent(node -> options.dedupe(truth(node)));
            get(source, members, "eval-split").ifPresent(node -> options.heldOut(number(node)));
            return new Mixture.Source(name, paths, options.build());
        } catch (DataException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(file.toString()) ? e : error(source.path(), message);
        }
    }

    private List<Stage> stages(Node listed, List<Mixture.Source> sources) {
        if (!(listed.value() instanceof List<?> list) || list.isEmpty()) {
            throw error(listed.path(), "is a list of stages");
        }
        List<String> names = sources.stream().map(Mixture.Source::name).toList();
        List<Stage> stages = new ArrayList<>();
        for (Object value : list) {
            Node stage = new Node("stages[" + stages.size() + "]", value);
            Map<?, ?> members = map(stage, Set.of("until", "weights"));
            Node shares = get(stage, members, "weights").orElseThrow(() -> error(stage.path(), "needs \"weights\""));
            Map<?, ?> byName = map(shares, Set.copyOf(names));
            List<Double> weights = new ArrayList<>();
            for (String name : names) {
                weights.add(get(shares, byName, name).map(this::number).orElse(0.0));
            }
            boolean last = stages.size() == list.size() - 1;
            Optional<Node> until = get(stage, members, "until");
            if (until.isEmpty() && !last) {
                throw error(stage.path(), "needs \"until\", the part of the run at which it ends");
            }
            stages.add(stage(stage.path(), until.map(this::number).orElse(1.0), weights));
        }
        return stages;
    }

    private Stage stage(String path, double until, List<Double> weights) {
        try {
            return new Stage(until, weights);
        } catch (IllegalArgumentException e) {
            throw error(path, String.valueOf(e.getMessage()));
        }
    }

    /** @param known the keys it may have; any if there are none */
    private Map<?, ?> map(Node node, Set<String> known) {
        if (!(node.value() instanceof Map<?, ?> map)) {
            throw error(node.path(), "should be keys with values");
        }
        for (Object key : map.keySet()) {
            if (!known.isEmpty() && !known.contains(String.valueOf(key))) {
                throw error(
                        node.path(),
                        "there is no \"" + key + "\" here; known are "
                                + String.join(", ", known.stream().sorted().toList()));
            }
        }
        return map;
    }

    private static Optional<Node> get(Node parent, Map<?, ?> map, String key) {
        Object value = map.get(key);
        String path = parent.path().isEmpty() ? key : parent.path() + "." + key;
        return value == null ? Optional.empty() : Optional.of(new Node(path, value));
    }

    private String text(Node node) {
        if (node.value() instanceof Map || node.value() instanceof List) {
            throw error(node.path(), "should be text");
        }
        return String.valueOf(node.value());
    }

    private double number(Node node) {
        if (!(node.value() instanceof Number number)) {
            throw error(node.path(), "should be a number, not " + shown(node));
        }
        return number.doubleValue();
    }

    private boolean truth(Node node) {
        if (!(node.value() instanceof Boolean truth)) {
            throw error(node.path(), "should be true or false, not " + shown(node));
        }
        return truth;
    }

    /** A scalar; what is a list or map may hold itself, and has no text then. */
    private static String shown(Node node) {
        return node.value() instanceof Map || node.value() instanceof List
                ? "a list or keys"
                : String.valueOf(node.value());
    }

    private DataException error(String path, String problem) {
        return new DataException(file + ": " + (path.isEmpty() ? "" : path + ": ") + problem);
    }
}
