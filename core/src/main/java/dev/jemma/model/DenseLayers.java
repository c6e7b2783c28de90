package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The projections behind EmbeddingGemma's pooling, second and third of its steps. A GGUF file keeps them as
 * {@code dense_2.weight} and {@code dense_3.weight}, a Hugging Face folder in folders of their own
 * ({@code 2_Dense/model.safetensors}).
 */
public final class DenseLayers implements AutoCloseable {
    /** The name of a projection's matrix in its own safetensors file. */
    public static final String WEIGHT = "linear.weight";

    private static final int[] NUMBERS = {2, 3};

    /**
     * One projection.
     *
     * @param number its place among the steps that make an embedding
     * @param file holds its matrix
     * @param tensor its matrix, [out, in]
     */
    public record Layer(int number, TensorFile file, TensorInfo tensor) {}

    private final List<Layer> layers = new ArrayList<>();
    private final List<SafetensorsFile> opened = new ArrayList<>();

    private DenseLayers() {}

    /** Those of a GGUF file, which must stay open; there may be none. */
    static DenseLayers of(GgufFile file) {
        DenseLayers found = new DenseLayers();
        for (int number : NUMBERS) {
            file.find(ggufName(number)).ifPresent(tensor -> found.layers.add(new Layer(number, file, tensor)));
        }
        return found;
    }

    /**
     * Opens those of a Hugging Face folder; there are none if the model does not embed, and there may be none if it does.
     *
     * @throws FormatException if a file is damaged
     */
    public static DenseLayers open(HfFolder folder, GemmaConfig config) {
        DenseLayers found = new DenseLayers();
        try {
            for (int number : config.embedsText() ? NUMBERS : new int[0]) {
                Path path = folder.path().resolve(folderName(number)).resolve("model.safetensors");
                if (Files.isRegularFile(path)) {
                    SafetensorsFile file = SafetensorsFile.open(path);
                    found.opened.add(file);
                    TensorInfo tensor = file.find(WEIGHT)
                            .orElseThrow(() -> new FormatException(path + ": the tensor " + WEIGHT + " is missing"));
                    found.layers.add(new Layer(number, file, tensor));
                }
            }
            return found;
        } catch (RuntimeException e) {
            found.close();
            throw e;
        }
    }

    /** In the order in which they are applied. */
    public List<Layer> layers() {
        return List.copyOf(layers);
    }

    /** The name of a projection in a GGUF file. */
    public static String ggufName(int number) {
        return "dense_" + number + ".weight";
    }

    /** The number of the projection of this name in a GGUF file; empty for other tensors. */
    public static OptionalInt numberOf(String ggufName) {
        for (int number : NUMBERS) {
            if (ggufName(number).equals(ggufName)) {
                return OptionalInt.of(number);
            }
        }
        return OptionalInt.empty();
    }

    /** The folder of a projection in a Hugging Face folder. */
    public static String folderName(int number) {
        return number + "_Dense";
    }

    /** Closes the files that {@link #open} opened. */
    @Override
    public void close() {
        opened.forEach(SafetensorsFile::close);
    }
}
