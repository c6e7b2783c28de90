package dev.jemma.kernel;

import dev.jemma.JemmaException;
import dev.jemma.kernel.x86.EmitException;
import dev.jemma.kernel.x86.Isa;
import java.util.Objects;
import java.util.Optional;

/**
 * Chooses the provider of the arithmetic, once, at start: the one that the system property {@value #PROPERTY} names, or
 * the fastest that can run: machine code emitted for this processor, if it agrees with the twin; else vectors, where the
 * module {@code jdk.incubator.vector} is there; else the scalar twin. A slower choice that a setting would mend is told
 * in one line of the log.
 */
public final class KernelProviders {
    /**
     * Name of the system property that picks a provider: {@code scalar}, {@code vector}, {@code x86}, or one of the
     * latter's forms {@code x86-avx2}, {@code x86-avxvnni}, {@code x86-avx512vnni}.
     */
    public static final String PROPERTY = "jemma.kernels";

    static final String VECTOR_MODULE = "jdk.incubator.vector";

    private static final System.Logger LOG = System.getLogger(KernelProviders.class.getName());

    private KernelProviders() {}

    /**
     * The provider for this process.
     *
     * @throws JemmaException if {@value #PROPERTY} names no provider or one that cannot run here
     */
    public static Kernels choose() {
        String wanted = System.getProperty(PROPERTY, "");
        return switch (wanted) {
            case "" -> fastest();
            case "scalar" -> new ScalarKernels();
            case "vector" -> {
                if (!hasVectors()) {
                    throw new JemmaException("-D" + PROPERTY + "=vector needs the vector module; start Java"
                            + " with --add-modules=" + VECTOR_MODULE);
                }
                yield Vectors.kernels();
            }
            default -> {
                Optional<Isa> isa = EmittedKernels.named(wanted);
                if (isa.isEmpty() && !wanted.equals("x86")) {
                    throw new JemmaException(
                            "-D" + PROPERTY + "=" + wanted + " names no kernels; use scalar, vector or x86");
                }
                try {
                    yield EmittedKernels.find(isa);
                } catch (EmitException e) {
                    throw new JemmaException("-D" + PROPERTY + "=" + wanted + ": " + e.getMessage(), e);
                }
            }
        };
    }

    private static Kernels fastest() {
        String reason;
        try {
            return EmittedKernels.find(Optional.empty());
        } catch (EmitException e) {
            reason = e.mendable() ? Objects.requireNonNullElse(e.getMessage(), "") : "";
        }
        return slower(reason);
    }

    /** Whether emitted code runs here; the first question takes some tenths of a second, and prepares the answer. */
    public static boolean emits() {
        try {
            EmittedKernels.find(Optional.empty());
            return true;
        } catch (EmitException e) {
            return false;
        }
    }

    /** Why emitted code does not run here although a setting might let it; empty if it runs or never could. */
    public static Optional<String> refusal() {
        try {
            EmittedKernels.find(Optional.empty());
            return Optional.empty();
        } catch (EmitException e) {
            return e.mendable() ? Optional.ofNullable(e.getMessage()) : Optional.empty();
        }
    }

    /** Vectors or the twin, and one line on what would be faster: {@code reason} if it is not empty. */
    static Kernels slower(String reason) {
        boolean vectors = hasVectors();
        if (!reason.isEmpty()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Emitted kernels are off, so everything runs {0}: {1}{2}",
                    vectors ? "slower (vector kernels)" : "many times slower (scalar kernels)",
                    reason,
                    vectors ? "" : "; or start Java with --add-modules=" + VECTOR_MODULE + ", the next best");
        } else if (!vectors) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Vectors are off, so everything runs many times slower; start Java with --add-modules={0}",
                    VECTOR_MODULE);
        }
        return vectors ? Vectors.kernels() : new ScalarKernels();
    }

    private static boolean hasVectors() {
        return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
    }

    /** Apart, so that nothing refers to vectors before they are chosen. */
    private static final class Vectors {
        static Kernels kernels() {
            return new VectorKernels();
        }
    }
}
