package dev.jemma.cli.hub;

import java.util.List;
import java.util.OptionalLong;

/**
 * A model that can be had by a short name.
 *
 * @param licence id of its licence; empty for none
 * @param files with sizes and checksums where the catalogue pins them; empty if the source's own list counts
 * @param sources tried in turn
 */
public record CatalogueEntry(
        String name, String description, String licence, List<ModelFile> files, List<Source> sources) {
    /** Checks the name. */
    public CatalogueEntry {
        Names.model(name, "the catalogue");
        files = List.copyOf(files);
        sources = List.copyOf(sources);
    }

    /** Bytes of all files, if all are pinned. */
    public OptionalLong bytes() {
        if (files.isEmpty() || files.stream().anyMatch(file -> file.bytes().isEmpty())) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(
                files.stream().mapToLong(file -> file.bytes().orElseThrow()).sum());
    }
}
