package dev.jemma.cli.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Hugging Face's own cache on this machine: {@code models--owner--name/refs/REVISION} names a commit, whose files lie under
 * {@code snapshots/COMMIT}. Only read, never written.
 */
final class HuggingFaceCache {
    private final Path folder;

    HuggingFaceCache(Path folder) {
        this.folder = folder;
    }

    /** A model found: what to open, and its commit. */
    record Found(Path path, String commit) {}

    /** What a source wants, if the cache has all of it; {@code pinned} gives sizes that must fit. */
    Optional<Found> find(Source.HuggingFace source, List<ModelFile> pinned) {
        Optional<Path> snapshot = snapshot(source);
        if (snapshot.isEmpty()) {
            return Optional.empty();
        }
        List<String> wanted =
                source.files().isEmpty() ? pinned.stream().map(ModelFile::name).toList() : source.files();
        Optional<Path> model = wanted.isEmpty() ? whole(snapshot.get()) : named(snapshot.get(), wanted, pinned);
        return model.map(path -> new Found(path, String.valueOf(snapshot.get().getFileName())));
    }

    private Optional<Path> snapshot(Source.HuggingFace source) {
        Path repository = folder.resolve("models--" + source.repository().replace("/", "--"));
        Path snapshots = repository.resolve("snapshots");
        Path direct = snapshots.resolve(source.revision().replace("/", "--"));
        if (Files.isDirectory(direct)) {
            return Optional.of(direct);
        }
        try {
            String commit = Files.readString(repository.resolve("refs").resolve(source.revision()))
                    .strip();
            Path snapshot = snapshots.resolve(commit);
            return commit.matches("[0-9a-f]{7,64}") && Files.isDirectory(snapshot)
                    ? Optional.of(snapshot)
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Path> named(Path snapshot, List<String> wanted, List<ModelFile> pinned) {
        for (String name : wanted) {
            Path file = snapshot.resolve(name);
            long size;
            try {
                size = Files.size(file); // follows the link into the blobs
            } catch (IOException e) {
                return Optional.empty();
            }
            boolean fits = pinned.stream()
                    .filter(file2 -> file2.name().equals(name))
                    .allMatch(file2 -> file2.bytes().orElse(size) == size);
            if (!fits) {
                return Optional.empty();
            }
        }
        String first = wanted.stream().sorted().findFirst().orElseThrow();
        boolean file = first.endsWith(".gguf") || wanted.size() == 1;
        return Optional.of(file ? snapshot.resolve(first) : snapshot);
    }

    /** A folder that was taken whole: a configuration with all its weights, or the one GGUF file. */
    private static Optional<Path> whole(Path snapshot) {
        List<String> names;
        try (Stream<Path> files = Files.list(snapshot)) {
            names = files.filter(Files::exists) // a link whose blob is gone does not count
                    .map(path -> String.valueOf(path.getFileName()))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        } catch (IOException e) {
            return Optional.empty();
        }
        List<String> wanted = ModelFiles.choose(names).orElse(List.of());
        if (wanted.isEmpty() || !ModelFiles.complete(wanted)) {
            return Optional.empty();
        }
        return Optional.of(wanted.getFirst().endsWith(".gguf") ? snapshot.resolve(wanted.getFirst()) : snapshot);
    }
}
