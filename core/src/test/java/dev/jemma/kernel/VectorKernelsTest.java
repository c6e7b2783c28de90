package dev.jemma.kernel;

/** The Vector API provider at this machine's width; run again under -XX:MaxVectorSize for narrower ones. */
class VectorKernelsTest extends KernelTwinTest {
    @Override
    Kernels kernels() {
        return new VectorKernels();
    }
}
