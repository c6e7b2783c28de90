package dev.jemma.kernel;

/** The twin itself: independence of batch and threads, shapes, lossless storage. */
class ScalarKernelsTest extends KernelTwinTest {
    @Override
    Kernels kernels() {
        return new ScalarKernels();
    }
}
