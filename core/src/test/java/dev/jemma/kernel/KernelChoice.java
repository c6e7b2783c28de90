package dev.jemma.kernel;

/** Says which kernels a fresh JVM chooses, and whether they compute what the twin does; for tests that start one. */
final class KernelChoice {
    private KernelChoice() {}

    public static void main(String[] args) {
        Kernels kernels = KernelProviders.choose();
        System.out.println(
                kernels.name() + ": " + SelfCheck.firstDifference(kernels).orElse("right"));
    }
}
