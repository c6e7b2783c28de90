package dev.jemma.cli.hub;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which of a repository's files make a model: the folder's safetensors with what goes with them, or one GGUF. */
final class ModelFiles {
    private static final Pattern SPLIT = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.(gguf|safetensors)");
    private static final Set<String> COMPANIONS = Set.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja",
            "chat_template.json",
            "modules.json",
            "config_sentence_transformers.json",
            "sentence_bert_config.json",
            "model.safetensors.index.json");

    private ModelFiles() {}

    /** The files to take of these, sorted; empty if there is no model, or a choice between GGUF files to be made. */
    static Optional<List<String>> choose(List<String> names) {
        if (names.contains("config.json") && names.stream().anyMatch(ModelFiles::weights)) {
            return Optional.of(names.stream()
                    .filter(name -> COMPANIONS.contains(name)
                            || weights(name)
                            || name.matches("\\d_(Pooling|Dense|Normalize)/[A-Za-z0-9_.]+\\.(json|safetensors)"))
                    .sorted()
                    .toList());
        }
        List<List<String>> models = ggufs(names);
        return models.size() == 1 ? Optional.of(models.getFirst()) : Optional.empty();
    }

    /** The GGUF models among the files: each a list of one file, or of all parts that are there. Projectors are left out. */
    static List<List<String>> ggufs(List<String> names) {
        List<List<String>> models = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String name : names.stream().sorted().toList()) {
            String base = name.substring(name.lastIndexOf('/') + 1);
            if (!name.endsWith(".gguf") || base.startsWith("mmproj") || !seen.add(name)) {
                continue;
            }
            List<String> parts = parts(name, names);
            seen.addAll(parts);
            models.add(parts);
        }
        return models;
    }

    /** All parts of the split file that {@code name} is one of; the file alone if it is not split. */
    static List<String> parts(String name, List<String> names) {
        Matcher matcher = SPLIT.matcher(name);
        if (!matcher.matches()) {
            return List.of(name);
        }
        String stem = matcher.group(1) + "-";
        String rest = "-of-" + matcher.group(3) + "." + matcher.group(4);
        return names.stream()
                .filter(other -> other.startsWith(stem)
                        && other.endsWith(rest)
                        && SPLIT.matcher(other).matches())
                .sorted()
                .toList();
    }

    /** Whether every split file has all its parts. */
    static boolean complete(List<String> names) {
        for (String name : names) {
            Matcher matcher = SPLIT.matcher(name);
            if (matcher.matches() && parts(name, names).size() != Integer.parseInt(matcher.group(3))) {
                return false;
            }
        }
        return true;
    }

    private static boolean weights(String name) {
        return name.endsWith(".safetensors") && !name.contains("/") && !name.startsWith("consolidated");
    }
}
