package dev.jemma.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

/** The same for emitted code, by the best instruction set of this machine. */
class X86AllocationTest extends AllocationTest {
    @Override
    Kernels kernels() {
        List<Kernels> emitted = TestData.emittedKernels();
        assumeTrue(!emitted.isEmpty(), "no emitted code runs here");
        return emitted.getFirst();
    }
}
