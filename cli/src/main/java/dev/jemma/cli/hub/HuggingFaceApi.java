package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Json;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What the hub says of a repository: its commit, licence, and files with size and (large ones) SHA-256. */
final class HuggingFaceApi {
    private static final int MOST_BYTES = 8 << 20;

    private HuggingFaceApi() {}

    /** A repository at a revision. */
    record Repository(String commit, Optional<String> licence, Map<String, ModelFile> files) {}

    static Repository repository(Connection connection, Source.HuggingFace source) {
        URI uri = URI.create(connection.endpoint() + "/api/models/" + source.repository() + "/revision/"
                + source.revision().replace("/", "%2F") + "?blobs=true");
        try {
            return read(Json.parse(connection.text(uri, MOST_BYTES)), source);
        } catch (IOException e) {
            throw new UnavailableException(uri.getHost() + " cannot be reached: " + Download.reason(e), e);
        } catch (JacksonException e) {
            throw new UnavailableException(uri.getHost() + " answers with something that is not JSON", e);
        }
    }

    private static Repository read(JsonNode root, Source.HuggingFace source) {
        Map<String, ModelFile> files = new HashMap<>();
        for (JsonNode sibling : root.path("siblings")) {
            file(sibling).ifPresent(file -> files.put(file.name(), file));
        }
        String commit = root.path("sha").asString(source.revision());
        Optional<String> licence = Optional.empty();
        for (JsonNode tag : root.path("tags")) {
            if (tag.asString("").startsWith("license:")) {
                licence = Optional.of(tag.asString("").substring("license:".length()));
            }
        }
        return new Repository(commit.matches("[0-9a-f]{7,64}") ? commit : source.revision(), licence, files);
    }

    /** A file of the repository; empty if it has a name that we would not write to disk. */
    private static Optional<ModelFile> file(JsonNode sibling) {
        Optional<String> sha256 = Optional.of(sibling.path("lfs").path("sha256").asString(""))
                .filter(text -> text.matches("[0-9a-f]{64}"));
        @Nullable JsonNode size = sibling.get("size");
        Optional<Long> bytes = size != null && size.canConvertToLong() && size.asLong() >= 0
                ? Optional.of(size.asLong())
                : Optional.empty();
        try {
            return Optional.of(new ModelFile(sibling.path("rfilename").asString(""), bytes, sha256));
        } catch (JemmaException e) {
            return Optional.empty();
        }
    }

    /** The files to take: those that the source names (with all parts of a split one), else what makes a model. */
    static List<ModelFile> wanted(Repository repository, Source.HuggingFace source) {
        List<String> names = List.copyOf(repository.files().keySet());
        List<String> chosen = new ArrayList<>();
        if (source.files().isEmpty()) {
            chosen.addAll(ModelFiles.choose(names).orElseThrow(() -> cannotChoose(source, names)));
        } else {
            for (String file : source.files()) {
                if (!names.contains(file)) {
                    throw new UnavailableException(source.description() + " has no file " + file + choices(names));
                }
                chosen.addAll(ModelFiles.parts(file, names));
            }
        }
        if (!ModelFiles.complete(chosen)) {
            throw new UnavailableException(source.description() + " lacks parts of a split file");
        }
        return chosen.stream()
                .map(name -> Optional.ofNullable(repository.files().get(name)).orElseThrow())
                .toList();
    }

    private static JemmaException cannotChoose(Source.HuggingFace source, List<String> names) {
        return new UnavailableException(
                ModelFiles.ggufs(names).isEmpty()
                        ? source.description() + " holds neither a GGUF file nor safetensors with a config.json"
                        : source.description() + " holds several GGUF files; name one: hf:" + source.repository()
                                + ":FILE" + choices(names));
    }

    private static String choices(List<String> names) {
        List<String> ggufs =
                ModelFiles.ggufs(names).stream().map(List::getFirst).limit(20).toList();
        return ggufs.isEmpty() ? "" : " (" + String.join(", ", ggufs) + ")";
    }

    /** The address of a file. */
    static URI address(Connection connection, Source.HuggingFace source, String revision, String file) {
        return URI.create(connection.endpoint() + "/" + source.repository() + "/resolve/" + revision.replace("/", "%2F")
                + "/" + file.replace("+", "%2B"));
    }
}
