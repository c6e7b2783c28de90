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
        return switch (wanted) {
            case "scalar" -> new ScalarKernels();
            case "" -> {
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
}
