package dev.jemma.kernel;

/**
 * Chooses the provider of the arithmetic, once, at start: the system property {@value #PROPERTY} (scalar or vector) if it
 * is set, else vectors where the module {@code jdk.incubator.vector} is there, else the scalar twin.
 */
public final class KernelProviders {
    /** Name of the system property that picks a provider. */
    public static final String PROPERTY = "jemma.kernels";

    static final String VECTOR_MODULE = "jdk.incubator.vector";

    private static final System.Logger LOG = System.getLogger(KernelProviders.class.getName());

    private KernelProviders() {}

    /**
     * The provider for this process.
     *
     * @throws IllegalArgumentException if {@value #PROPERTY} names no provider or one that cannot run here
     */
    public static Kernels choose() {
        String wanted = System.getProperty(PROPERTY, "");
        boolean hasVectors = ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
        return switch (wanted) {
            case "scalar" -> new ScalarKernels();
            case "vector" -> {
                if (!hasVectors) {
                    throw new IllegalArgumentException("-D" + PROPERTY + "=vector needs the vector module; start Java"
                            + " with --add-modules=" + VECTOR_MODULE);
                }
                yield Vectors.kernels();
            }
            case "" -> {
                if (hasVectors) {
                    yield Vectors.kernels();
                }
                LOG.log(
                        System.Logger.Level.WARNING,
                        "Vectors are off, so everything runs many times slower; start Java with --add-modules="
                                + VECTOR_MODULE);
                yield new ScalarKernels();
            }
            default ->
                throw new IllegalArgumentException(
                        "-D" + PROPERTY + "=" + wanted + " names no kernels; use scalar or vector");
        };
    }

    /** Apart, so that nothing refers to vectors before they are chosen. */
    private static final class Vectors {
        static Kernels kernels() {
            return new VectorKernels();
        }
    }
}
