package dev.jemma.kernel.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the processor offers and the system lets programs use, asked by the instructions cpuid and xgetbv themselves.
 *
 * @param avx2 AVX2 with FMA and F16C
 * @param avxVnni integer dot products in 256 bits
 * @param avx512Vnni integer dot products in 512 bits, with AVX-512 F, BW, DQ and VL
 */
public record CpuFeatures(boolean avx2, boolean avxVnni, boolean avx512Vnni) {
    private static final int FMA = 1 << 12;
    private static final int OSXSAVE = 1 << 27;
    private static final int AVX = 1 << 28;
    private static final int F16C = 1 << 29;
    private static final int AVX2 = 1 << 5;
    private static final int AVX512_F_DQ_BW_VL = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
    private static final int AVX512_VNNI = 1 << 11;
    private static final int AVX_VNNI = 1 << 4;
    private static final int YMM_STATE = 0x6;
    private static final int ZMM_STATE = 0xE6;

    /** Asks the processor. */
    public static CpuFeatures detect(CodeSpace space) {
        Code cpuid = space.load(cpuidStub());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment io = arena.allocate(48, 8);
            int leaves = ask(cpuid, io, 0, 0)[0];
            int ecx1 = ask(cpuid, io, 1, 0)[2];
            int needed = FMA | OSXSAVE | AVX | F16C;
            if (leaves < 7 || (ecx1 & needed) != needed) {
                return new CpuFeatures(false, false, false);
            }
            space.load(xgetbvStub()).call(io, io, io, io);
            int state = io.get(ValueLayout.JAVA_INT, 0);
            int[] leaf7 = ask(cpuid, io, 7, 0);
            boolean avx2 = (state & YMM_STATE) == YMM_STATE && (leaf7[1] & AVX2) != 0;
            boolean avxVnni = avx2 && leaf7[0] >= 1 && (ask(cpuid, io, 7, 1)[0] & AVX_VNNI) != 0;
            boolean avx512 =
                    avx2 && (state & ZMM_STATE) == ZMM_STATE && (leaf7[1] & AVX512_F_DQ_BW_VL) == AVX512_F_DQ_BW_VL;
            return new CpuFeatures(avx2, avxVnni, avx512 && (leaf7[2] & AVX512_VNNI) != 0);
        }
    }

    /** eax, ebx, ecx, edx. */
    private static int[] ask(Code cpuid, MemorySegment io, int leaf, int subleaf) {
        io.set(ValueLayout.JAVA_LONG, 0, leaf);
        io.set(ValueLayout.JAVA_LONG, 8, subleaf);
        cpuid.call(io, io, io, io);
        int[] registers = new int[4];
        for (int i = 0; i < 4; i++) {
            registers[i] = io.get(ValueLayout.JAVA_INT, 16 + 8L * i);
        }
        return registers;
    }

    private static byte[] cpuidStub() {
        Assembler a = new Assembler();
        a.push(Gp.RBX);
        a.mov(Gp.R8, Gp.RDI);
        a.mov(Gp.RAX, Operand.at(Gp.R8, 0));
        a.mov(Gp.RCX, Operand.at(Gp.R8, 8));
        a.cpuid();
        a.mov(Operand.at(Gp.R8, 16), Gp.RAX);
        a.mov(Operand.at(Gp.R8, 24), Gp.RBX);
        a.mov(Operand.at(Gp.R8, 32), Gp.RCX);
        a.mov(Operand.at(Gp.R8, 40), Gp.RDX);
        a.pop(Gp.RBX);
        a.ret();
        return a.finish();
    }

    private static byte[] xgetbvStub() {
        Assembler a = new Assembler();
        a.mov(Gp.RCX, 0);
        a.xgetbv();
        a.mov(Operand.at(Gp.RDI, 0), Gp.RAX);
        a.ret();
        return a.finish();
    }
}
