package dev.jemma.kernel;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.CpuFeatures;
import dev.jemma.kernel.x86.EmitException;
import dev.jemma.kernel.x86.Isa;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the best emitted provider that the machine has, and lets none go that its self-check does not pass. */
final class EmittedKernels {
    private static final Map<Isa, Kernels> CHECKED = new ConcurrentHashMap<>();

    private EmittedKernels() {}

    /** The instruction set whose provider is called {@code name}. */
    static Optional<Isa> named(String name) {
        for (Isa isa : Isa.values()) {
            if (isa.title().equals(name)) {
                return Optional.of(isa);
            }
        }
        return Optional.empty();
    }

    /**
     * The provider for the best instruction set, or for the one that is wanted.
     *
     * @throws EmitException if emitted code cannot run here
     */
    static Kernels find(Optional<Isa> wanted) {
        CodeSpace space = CodeSpace.system();
        Isa isa = best(CpuFeatures.detect(space), wanted);
        return CHECKED.computeIfAbsent(isa, i -> checked(i, space));
    }

    /** The best instruction set of a processor, or the one that is wanted. */
    static Isa best(CpuFeatures cpu, Optional<Isa> wanted) {
        for (Isa isa : Isa.values()) {
            if (isa.supported(cpu) && wanted.orElse(isa) == isa) {
                return isa;
            }
        }
        throw EmitException.forGood(
                wanted.map(isa -> "the processor has no " + isa).orElse("the processor has no AVX2 with FMA and F16C"));
    }

    /** The provider over executable memory as given, once it has passed its self-check. */
    static Kernels checked(Isa isa, CodeSpace space) {
        Kernels kernels = new X86Kernels(isa, space);
        SelfCheck.firstDifference(kernels).ifPresent(operation -> {
            throw EmitException.mendable("the emitted kernels " + isa.title() + " compute " + operation
                    + " wrongly on this processor; please report it");
        });
        return kernels;
    }
}
