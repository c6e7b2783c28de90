package dev.jemma.machine;

import java.util.List;

/**
 * The processor.
 *
 * @param model its name as the system tells it
 * @param features the instruction-set extensions that matter to us, by the names of Linux ("avx2", "avx512_vnni")
 * @param logical threads of hardware that are online
 * @param physical cores that are online
 * @param performance cores that are of the fastest kind; equal to {@code physical} where all are alike
 */
public record Cpu(String model, List<String> features, int logical, int physical, int performance) {
    /** Keeps a copy of the features. */
    public Cpu {
        features = List.copyOf(features);
    }

    /** Whether cores of different speed sit on one chip. */
    public boolean hybrid() {
        return performance < physical;
    }
}
