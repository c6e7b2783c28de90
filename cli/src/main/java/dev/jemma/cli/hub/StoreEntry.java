package dev.jemma.cli.hub;

import java.util.List;
import java.util.Optional;

/**
 * A model in the store, as its {@code model.json} says.
 *
 * @param name in the store
 * @param source where it came from, for people
 * @param revision of the source, a commit where there is one
 * @param licence id of the licence it was taken under; empty if none is known
 * @param date of the pull or import, ISO 8601
 * @param files all with size and checksum, as they were when they arrived
 */
public record StoreEntry(
        String name, String source, String revision, String licence, String date, List<ModelFile> files) {
    /** Checks the name. */
    public StoreEntry {
        Names.model(name, "the store");
        files = List.copyOf(files);
    }

    /** Bytes of all files. */
    public long bytes() {
        return files.stream().mapToLong(file -> file.bytes().orElse(0L)).sum();
    }

    /** The GGUF file to open (the first part of a split one); empty for a Hugging Face folder. */
    Optional<ModelFile> gguf() {
        return files.stream()
                .filter(file -> file.name().endsWith(".gguf"))
                .min(java.util.Comparator.comparing(ModelFile::name));
    }
}
