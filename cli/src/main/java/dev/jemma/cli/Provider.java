package dev.jemma.cli;

import dev.jemma.kernel.KernelProviders;
import java.util.OptionalInt;

/**
 * Which kernels this process computes with: the one place where the command line asks. The Vector API is touched only if
 * its module was loaded; light commands run without it.
 */
final class Provider {
    private Provider() {}

    /** The provider's name, for people and for the environment record: what models of this process run on. */
    static String name() {
        return KernelProviders.choose().name();
    }

    /** Width of a vector in bits, if the Vector API is there. */
    static OptionalInt vectorBits() {
        return vectorModule() ? OptionalInt.of(Vectors.bits()) : OptionalInt.empty();
    }

    static boolean vectorModule() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /** Alone in its class, so that nothing of the module is linked before it is known to be there. */
    private static final class Vectors {
        static int bits() {
            return jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize();
        }
    }
}
