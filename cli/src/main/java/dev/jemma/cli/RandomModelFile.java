package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.convert.ModelShape;
import dev.jemma.convert.Quantization;
import dev.jemma.convert.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model of random weights on disk for as long as it is being measured: in the folder for temporary files, unless the
 * user names a file to keep. A file rather than memory, so that loading is the usual one and other programs can be
 * measured on the same bytes.
 */
final class RandomModelFile implements AutoCloseable {
    private final Path file;
    private final Optional<Path> folder;
    private final String name;

    private RandomModelFile(Path file, Optional<Path> folder, String name) {
        this.file = file;
        this.folder = folder;
        this.name = name;
    }

    /**
     * Writes the file.
     *
     * @param keep where it is to stay; empty for a file that {@link #close} deletes
     */
    static RandomModelFile write(
            Console console, ModelShape shape, Quantization quantization, Optional<Path> keep, long seed) {
        String name = shape.label() + "-" + quantization.name() + "-random";
        if (keep.filter(Files::exists).isPresent()) {
            throw new MisuseException(keep.get() + " exists; give it as the model, or delete it");
        }
        Optional<Path> folder = keep.isPresent() ? Optional.empty() : Optional.of(temporaryFolder());
        Path file = keep.orElseGet(() -> folder.orElseThrow().resolve(name + ".gguf"));
        RandomModelFile model = new RandomModelFile(file, folder, name);
        long bytes = RandomModel.bytes(shape, quantization);
        String label = "writing " + name + " (" + Units.bytes(bytes) + ")";
        try (Progress bar = console.progress(label, 0, Progress.Unit.of("tensors"))) {
            RandomModel.write(file, shape, quantization, seed, (_, index, count) -> {
                bar.total(count);
                bar.at(index);
            });
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
        return model;
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("jemma-bench");
        } catch (IOException e) {
            throw new JemmaException("no folder for temporary files can be made: " + e.getMessage(), e);
        }
    }

    ModelLocator.Located located() {
        return new ModelLocator.Located(file, name, Optional.empty());
    }

    /** Deletes the file unless it was to be kept. */
    @Override
    public void close() {
        folder.ifPresent(dir -> {
            try {
                Files.deleteIfExists(file);
                Files.deleteIfExists(dir);
            } catch (IOException e) {
                throw new JemmaException(file + " cannot be deleted: " + e.getMessage(), e);
            }
        });
    }
}
