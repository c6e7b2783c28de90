package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Operand.Vec;

/** Instruction sets that kernels are written for, the better first. */
public enum Isa {
    /** 512-bit registers, 32 of them, and vpdpbusd. */
    AVX512_VNNI("x86-avx512vnni", 512),
    /** 256-bit registers and vpdpbusd. */
    AVX_VNNI("x86-avxvnni", 256),
    /** 256-bit registers, vpmaddubsw and vpmaddwd. */
    AVX2("x86-avx2", 256);

    private final String title;
    private final int bits;

    Isa(String title, int bits) {
        this.title = title;
        this.bits = bits;
    }

    /** Name of the provider. */
    public String title() {
        return title;
    }

    /** Whether a machine has it. */
    public boolean supported(CpuFeatures cpu) {
        return switch (this) {
            case AVX512_VNNI -> cpu.avx512Vnni();
            case AVX_VNNI -> cpu.avxVnni();
            case AVX2 -> cpu.avx2();
        };
    }

    /** Rows of a panel of 16 in a register. */
    public int lanes() {
        return bits / 32;
    }

    boolean wide() {
        return this == AVX512_VNNI;
    }

    boolean vnni() {
        return this != AVX2;
    }

    Vec register(int number) {
        if (number >= (wide() ? 32 : 16)) {
            throw new IllegalArgumentException(title + " has no register " + number);
        }
        return new Vec(number, bits);
    }

    /** A constant in {@code register} if there is such a one, else in memory. */
    Operand constant(Assembler a, int word, int register) {
        Operand.Mem memory = a.constant(word);
        if (register >= (wide() ? 32 : 16)) {
            return memory;
        }
        Vec v = register(register);
        a.vmovups(v, memory);
        return v;
    }
}
