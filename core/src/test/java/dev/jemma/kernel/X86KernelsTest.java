package dev.jemma.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.CpuFeatures;
import dev.jemma.kernel.x86.EmitException;
import dev.jemma.kernel.x86.Isa;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** Emitted code, by every instruction set that this machine has. */
class X86KernelsTest {
    /** The twin's tests under one instruction set; skipped where the machine lacks it. */
    abstract static class UnderOneInstructionSet extends KernelTwinTest {
        private final Isa isa;
        private Kernels kernels = twin;

        UnderOneInstructionSet(Isa isa) {
            this.isa = isa;
        }

        static CodeSpace space() {
            try {
                return CodeSpace.system();
            } catch (EmitException e) {
                assumeTrue(false, e.getMessage());
                throw e;
            }
        }

        @BeforeEach
        void emit() {
            CodeSpace space = space();
            assumeTrue(isa.supported(CpuFeatures.detect(space)), "the machine has no " + isa);
            kernels = new X86Kernels(isa, space);
        }

        @Override
        Kernels kernels() {
            return kernels;
        }
    }

    @Nested
    class WithAvx2 extends UnderOneInstructionSet {
        WithAvx2() {
            super(Isa.AVX2);
        }
    }

    @Nested
    class WithAvxVnni extends UnderOneInstructionSet {
        WithAvxVnni() {
            super(Isa.AVX_VNNI);
        }
    }

    @Nested
    class WithAvx512Vnni extends UnderOneInstructionSet {
        WithAvx512Vnni() {
            super(Isa.AVX512_VNNI);
        }
    }
}
