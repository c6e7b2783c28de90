package dev.jemma.kernel.x86;

import static dev.jemma.kernel.x86.LinearCode.BYTES;
import static dev.jemma.kernel.x86.LinearCode.CODE;
import static dev.jemma.kernel.x86.LinearCode.COUNT;
import static dev.jemma.kernel.x86.LinearCode.FLOAT_MINIMA;
import static dev.jemma.kernel.x86.LinearCode.LINE;
import static dev.jemma.kernel.x86.LinearCode.PANEL;
import static dev.jemma.kernel.x86.LinearCode.RECORD;
import static dev.jemma.kernel.x86.LinearCode.SCALE;
import static dev.jemma.kernel.x86.LinearCode.SUPERBLOCKS;
import static dev.jemma.kernel.x86.LinearCode.argument;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/** Writes what every kernel over packed integers begins with: codes as bytes, and the scales of groups as floats. */
final class CodeReader {
    private static final int NIBBLES = 0x0f0f0f0f;
    private static final int SIGNS = 0x80808080;
    private static final int FIFTH_BITS = 0x10101010;
    private static final int TOP_BITS = 0x30303030;

    private final Assembler a;
    private final Isa isa;
    private final Codes codes;
    private final Operand mask;
    private final Operand highBits;

    /** @param register the first of two for constants, if there are so many */
    CodeReader(Assembler a, Isa isa, Codes codes, int register) {
        this.a = a;
        this.isa = isa;
        this.codes = codes;
        mask = isa.constant(a, codes.bits() == 8 ? SIGNS : NIBBLES, register);
        highBits = isa.constant(a, codes.bits() == 5 ? FIFTH_BITS : TOP_BITS, register + 1);
    }

    /** Scales of blocks times the signed bytes of their groups; minima with their sign turned. Fetches as many ahead. */
    void multiplyFactors(int scales, int factors, boolean minima, boolean fetching) {
        Vec d = isa.register(0);
        Vec line = isa.register(1);
        Vec f = isa.register(2);
        a.mov(CODE, PANEL);
        a.add(CODE, argument(scales));
        a.mov(SCALE, PANEL);
        a.add(SCALE, argument(factors));
        a.lea(RECORD, argument(BYTES));
        if (minima) {
            a.add(RECORD, argument(FLOAT_MINIMA));
        }
        a.mov(COUNT, argument(SUPERBLOCKS));
        Label block = a.here();
        if (fetching) {
            LinearCode.fetch(a, 32 + LINE * codes.factorLines());
        }
        for (int h = 0; h < 16 / isa.lanes(); h++) {
            a.vcvtph2ps(d, Operand.at(CODE, 16 * h));
            if (minima) {
                a.vpxor(d, d, a.constant(0x80000000));
            }
            for (int l = 0; l < codes.factorLines(); l++) {
                a.vmovups(line, Operand.at(SCALE, LINE * l + 32 * h));
                for (int i = 0; i < 4; i++) {
                    a.vpslld(f, line, 24 - 8 * i);
                    a.vpsrad(f, f, 24);
                    a.vcvtdq2ps(f, f);
                    a.vmulps(f, f, d);
                    a.vmovups(Operand.at(RECORD, LINE * (4 * l + i) + 32 * h), f);
                }
            }
        }
        a.add(CODE, 32);
        a.add(SCALE, LINE * codes.factorLines());
        a.add(RECORD, 4 * LINE * codes.factorLines());
        a.loop(COUNT, block);
    }

    /** Codes of a quad as bytes: unsigned, but for 8 bits without vpdpbusd. */
    void load(Vec v, Vec t, int quad, int half) {
        if (codes.bits() == 8) {
            Mem line = Operand.at(CODE, LINE * quad + 32 * half);
            a.vmovups(v, line);
            if (isa.vnni()) {
                a.vpxor(v, v, mask);
            }
            return;
        }
        Mem line = Operand.at(CODE, LINE * (quad / 2) + 32 * half);
        if (quad % 2 == 0) {
            a.vmovups(v, line);
        } else if (isa.wide()) {
            a.vpsrld(v, line, 4);
        } else {
            a.vmovups(v, line);
            a.vpsrld(v, v, 4);
        }
        a.vpand(v, v, mask);
        if (codes.bits() > 4) {
            int high = codes.bits() == 5 ? 4 : 4 + quad / 4;
            int bit = codes.bits() == 5 ? quad : 2 * (quad & 3);
            addHighBits(v, t, Operand.at(CODE, LINE * high + 32 * half), bit);
        }
    }

    /** Bits from {@code bit} on of every byte, where the nibble ends. */
    private void addHighBits(Vec v, Vec t, Mem line, int bit) {
        Operand bits = line;
        if (!isa.wide() || bit == 4) {
            a.vmovups(t, line);
            bits = t;
        }
        if (bit < 4) {
            a.vpslld(t, bits, 4 - bit);
        } else if (bit > 4) {
            a.vpsrld(t, bits, bit - 4);
        }
        if (isa.wide()) {
            a.vpternlogOrAnd(v, t, highBits);
        } else {
            a.vpand(t, t, highBits);
            a.vpor(v, v, t);
        }
    }
}
