package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns opcodes and operands into bytes: REX, VEX and EVEX prefixes, ModRM, SIB, displacements, labels and a pool of
 * constants behind the code. {@link Assembler} gives the instructions their names. Reference: Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2, chapter 2.
 */
sealed class Encoder permits Assembler {
    /** Mandatory prefixes: none, 66, F3, F2. */
    static final int NP = 0;

    static final int P66 = 1;
    static final int PF3 = 2;
    static final int PF2 = 3;
    /** Opcode maps: 0F, 0F 38, 0F 3A. */
    static final int M0F = 1;

    static final int M38 = 2;
    static final int M3A = 3;

    private static final int POOL_ALIGNMENT = 64;

    /** A place in the code. */
    record Label(int position) {}

    /** A jump forward whose end is not known yet. */
    record Forward(int at) {}

    private record PoolUse(int at, int next, int offset) {}

    private byte[] bytes = new byte[4096];
    private int size;
    private final List<PoolUse> poolUses = new ArrayList<>();
    private final List<List<Integer>> pool = new ArrayList<>();

    /** 64 bytes behind the code that repeat {@code words}. */
    final Mem constant(int... words) {
        List<Integer> entry = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            entry.add(words[i % words.length]);
        }
        int i = pool.indexOf(entry);
        if (i < 0) {
            i = pool.size();
            pool.add(entry);
        }
        return new Mem(Gp.RIP, Gp.RSP, 1, i * POOL_ALIGNMENT, false);
    }

    final void byte1(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size++] = (byte) value;
    }

    final void int4(int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            byte1(value >> shift);
        }
    }

    /** This place in the code. */
    final Label here() {
        return new Label(size);
    }

    /** 32-bit distance to a place before this one. */
    final void backTo(Label label) {
        int4(label.position - (size + 4));
    }

    /** 32-bit distance to a place that {@link #land} names later. */
    final Forward ahead() {
        int4(0);
        return new Forward(size);
    }

    /** The jump ends here. */
    final void land(Forward jump) {
        patch(jump.at - 4, size - jump.at);
    }

    private void patch(int at, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >> (8 * i));
        }
    }

    /** REX where one of its bits is needed. */
    final void rex(int bits) {
        if (bits != 0) {
            byte1(0x40 | bits);
        }
    }

    /** REX with 64-bit operands, opcode, ModRM; register operand {@code reg} and {@code rm}. */
    final void wide(int opcode, int reg, Gp rm) {
        byte1(0x48 | reg >> 3 << 2 | rm.high());
        byte1(opcode);
        byte1(0xC0 | (reg & 7) << 3 | rm.low());
    }

    /** REX, opcode, ModRM with memory. */
    final void wide(int opcode, int reg, Mem rm, int immediateBytes) {
        byte1(0x48 | reg >> 3 << 2 | rm.index().high() << 1 | baseHigh(rm));
        byte1(opcode);
        memory(reg & 7, rm, immediateBytes, 1);
    }

    /** The same without 64-bit operands, with a 0F before the opcode. */
    final void narrow0F(int opcode, int reg, Mem rm) {
        rex(reg >> 3 << 2 | rm.index().high() << 1 | baseHigh(rm));
        byte1(0x0F);
        byte1(opcode);
        memory(reg & 7, rm, 0, 1);
    }

    /**
     * A vector instruction. EVEX where it must be (512 bits, registers from 16 on, broadcasts), else VEX.
     *
     * @param reg the operand in ModRM.reg: a register's number or the opcode's extension
     * @param vvvv number of the operand in the prefix, 0 if there is none
     * @param memoryBytes bytes of a memory operand that is not broadcast: the unit of EVEX's short displacements
     */
    final void simd(
            int prefix,
            int map,
            int opcode,
            int bits,
            int reg,
            int vvvv,
            Operand rm,
            int memoryBytes,
            int immediateBytes) {
        boolean broadcast = rm instanceof Mem m && m.broadcast();
        boolean high = (reg | vvvv | (rm instanceof Vec v ? v.number() : 0)) > 15;
        int unit = 1;
        int x = rm instanceof Mem m ? m.index().high() : 0;
        int b = rm instanceof Mem m ? baseHigh(m) : 0;
        if (rm instanceof Vec v) {
            x = v.number() >> 4;
            b = v.number() >> 3 & 1;
        }
        if (bits == 512 || broadcast || high) {
            unit = broadcast ? 4 : memoryBytes;
            byte1(0x62);
            byte1((~reg >> 3 & 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | (~reg >> 4 & 1) << 4 | map);
            byte1((~vvvv & 15) << 3 | 4 | prefix);
            byte1((bits / 256) << 5 | (broadcast ? 0x10 : 0) | (~vvvv >> 4 & 1) << 3);
        } else {
            byte1(0xC4);
            byte1((~reg >> 3 & 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | map);
            byte1((~vvvv & 15) << 3 | (bits / 256) << 2 | prefix);
        }
        byte1(opcode);
        switch (rm) {
            case Vec v -> byte1(0xC0 | (reg & 7) << 3 | (v.number() & 7));
            case Mem m -> memory(reg & 7, m, immediateBytes, unit);
        }
    }

    private static int baseHigh(Mem m) {
        return m.base() == Gp.RIP ? 0 : m.base().high();
    }

    /** ModRM, SIB and displacement; {@code unit} is what a short displacement counts in. */
    private void memory(int reg, Mem m, int immediateBytes, int unit) {
        if (m.base() == Gp.RIP) {
            byte1(reg << 3 | 5);
            poolUses.add(new PoolUse(size, size + 4 + immediateBytes, m.displacement()));
            int4(0);
            return;
        }
        int displacement = m.displacement();
        boolean isShort = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
        int mode = displacement == 0 && m.base().low() != 5 ? 0 : isShort ? 0x40 : 0x80;
        if (m.index() == Gp.RSP && m.base().low() != 4) {
            byte1(mode | reg << 3 | m.base().low());
        } else {
            byte1(mode | reg << 3 | 4);
            byte1(Integer.numberOfTrailingZeros(m.scale()) << 6
                    | m.index().low() << 3
                    | m.base().low());
        }
        if (mode == 0x40) {
            byte1(displacement / unit);
        } else if (mode == 0x80) {
            int4(displacement);
        }
    }

    /** The code, then its constants; to be placed at a multiple of 64. */
    final byte[] finish() {
        if (!pool.isEmpty()) {
            while (size % POOL_ALIGNMENT != 0) {
                byte1(0xCC);
            }
            int start = size;
            pool.forEach(entry -> entry.forEach(this::int4));
            poolUses.forEach(use -> patch(use.at, start + use.offset - use.next));
        }
        return Arrays.copyOf(bytes, size);
    }
}
