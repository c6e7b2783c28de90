package dev.jemma.kernel.x86;

import static dev.jemma.kernel.x86.LinearCode.AHEAD;
import static dev.jemma.kernel.x86.LinearCode.CODE;
import static dev.jemma.kernel.x86.LinearCode.COUNT;
import static dev.jemma.kernel.x86.LinearCode.LINE;
import static dev.jemma.kernel.x86.LinearCode.PANEL;
import static dev.jemma.kernel.x86.LinearCode.RECORD;
import static dev.jemma.kernel.x86.LinearCode.RECORD_BYTES;
import static dev.jemma.kernel.x86.LinearCode.SCALE;
import static dev.jemma.kernel.x86.LinearCode.argument;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the product of {@link LinearCode} for a single token and weights with factors, by AVX-512. No other token would
 * use a panel's scales again, so that factors are multiplied out where a group needs them, in registers; scratch memory
 * for those of a whole panel would push what was fetched ahead out of the first-level cache. Arguments and operands are
 * those of {@link LinearCode}; there is one group of tokens.
 */
final class OneTokenCode {
    /** Blocks of 32 that share a scale. */
    private static final int BLOCKS_PER_SCALE = 8;

    private static final int HIGH_NIBBLES = 0xf0f0f0f0;

    private static final Gp INPUT = Gp.RDX;
    private static final Gp OUTPUT = Gp.RCX;
    private static final Gp FACTOR = Gp.R11;
    private static final Gp PANEL_COUNT = Gp.R13;
    private static final Gp MIN_SCALE = Gp.R14;
    private static final Gp MIN_FACTOR = Gp.RBX;
    private static final Gp[] SAVED = {Gp.RBX, Gp.R12, Gp.R13, Gp.R14};

    private final Assembler a = new Assembler();
    private final Codes codes;
    private final Vec sum;
    private final Vec acc;
    private final Vec highAcc;
    private final Vec w;
    private final Vec t;
    private final Vec d;
    private final Vec dMin;
    private final Vec s;
    private final Vec m;
    private final Operand nibbles;
    private final Operand highNibbles;
    private final CodeReader reader;

    private OneTokenCode(Codes codes) {
        this.codes = codes;
        Isa isa = Isa.AVX512_VNNI;
        sum = isa.register(0);
        acc = isa.register(1);
        highAcc = isa.register(2);
        w = isa.register(3);
        t = isa.register(4);
        d = isa.register(5);
        dMin = isa.register(6);
        s = isa.register(7);
        m = isa.register(8);
        nibbles = isa.constant(a, HIGH_NIBBLES >>> 4, 9);
        highNibbles = isa.constant(a, HIGH_NIBBLES, 10);
        reader = new CodeReader(a, isa, codes, 11);
    }

    /** The code; {@code codes} have factors. */
    static byte[] emit(Codes codes) {
        OneTokenCode code = new OneTokenCode(codes);
        code.panels();
        return code.a.finish();
    }

    private void panels() {
        for (Gp r : SAVED) {
            a.push(r);
        }
        a.add(PANEL, argument(LinearCode.W));
        a.add(INPUT, argument(LinearCode.X));
        a.add(OUTPUT, argument(LinearCode.Y));
        a.mov(PANEL_COUNT, argument(LinearCode.PANELS));
        Label panel = a.here();
        a.mov(AHEAD, argument(LinearCode.PREFETCH));
        a.add(AHEAD, PANEL);
        a.mov(CODE, PANEL);
        a.mov(RECORD, INPUT);
        part(SCALE, LinearCode.SCALES);
        part(FACTOR, LinearCode.FACTORS);
        if (codes.minima()) {
            part(MIN_SCALE, LinearCode.MIN_SCALES);
            part(MIN_FACTOR, LinearCode.MIN_FACTORS);
        }
        a.vpxor(sum, sum, sum);
        a.mov(COUNT, argument(LinearCode.SUPERBLOCKS));
        Label superblock = a.here();
        superblock();
        a.loop(COUNT, superblock);
        a.vmovups(Operand.at(OUTPUT, 0), sum);
        a.add(PANEL, argument(LinearCode.PANEL_BYTES));
        a.add(OUTPUT, LINE);
        a.loop(PANEL_COUNT, panel);
        a.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.ret();
    }

    private void part(Gp pointer, int offset) {
        a.mov(pointer, PANEL);
        a.add(pointer, argument(offset));
    }

    /** Eight blocks of 32, with all that belongs to them; as many bytes are fetched ahead. */
    private void superblock() {
        int factorBytes = LINE * codes.factorLines();
        int kinds = codes.minima() ? 2 : 1;
        int bytes = BLOCKS_PER_SCALE * codes.blockBytes() + kinds * (factorBytes + 32);
        a.vcvtph2ps(d, Operand.at(SCALE, 0));
        a.add(SCALE, 32);
        if (codes.minima()) {
            a.vcvtph2ps(dMin, Operand.at(MIN_SCALE, 0));
            a.vpxor(dMin, dMin, a.constant(0x80000000));
            a.add(MIN_SCALE, 32);
        }
        int lines = Math.ceilDiv(bytes, LINE);
        for (int block = 0; block < BLOCKS_PER_SCALE; block++) {
            for (int l = lines * block / BLOCKS_PER_SCALE; l < lines * (block + 1) / BLOCKS_PER_SCALE; l++) {
                a.prefetcht0(Operand.at(AHEAD, LINE * l));
            }
            for (int g = 0; g < codes.groups(); g++) {
                group(block * codes.groups() + g, g);
            }
            a.add(CODE, codes.blockBytes());
            a.add(RECORD, RECORD_BYTES);
        }
        a.add(AHEAD, bytes);
        a.add(FACTOR, factorBytes);
        if (codes.minima()) {
            a.add(MIN_FACTOR, factorBytes);
        }
    }

    /** {@code sum = fma(Σ q·xq, s·dx, sum)}, then {@code sum = fma(−m, dx·Σxq, sum)}. */
    private void group(int ofScale, int ofBlock) {
        if (codes.bits() == 4) {
            multiplyNibbles();
        } else {
            multiply(ofBlock);
        }
        factor(s, FACTOR, ofScale);
        a.vmulps(s, s, d);
        a.vmulps(s, s, field(0));
        a.vcvtdq2ps(acc, acc);
        a.vfmadd231ps(sum, acc, s);
        if (codes.minima()) {
            factor(m, MIN_FACTOR, ofScale);
            a.vmulps(m, m, dMin);
            a.vfmadd231ps(sum, m, field(1));
        }
    }

    /** The signed byte of a group as a float. */
    private void factor(Vec f, Gp lines, int group) {
        Mem line = Operand.at(lines, LINE * (group / 4));
        int above = 24 - 8 * (group % 4);
        if (above == 0) {
            a.vpsrad(f, line, 24);
        } else {
            a.vpslld(f, line, above);
            a.vpsrad(f, f, 24);
        }
        a.vcvtdq2ps(f, f);
    }

    /** High nibbles stay where they are: their sum is 16 times too large, exactly. */
    private void multiplyNibbles() {
        a.vpxor(acc, acc, acc);
        a.vpxor(highAcc, highAcc, highAcc);
        for (int line = 0; line < 4; line++) {
            a.vmovups(t, Operand.at(CODE, LINE * line));
            a.vpand(w, t, nibbles);
            a.vpdpbusd(acc, w, quad(2 * line));
            a.vpand(w, t, highNibbles);
            a.vpdpbusd(highAcc, w, quad(2 * line + 1));
        }
        a.vpsrad(highAcc, highAcc, 4);
        a.vpaddd(acc, acc, highAcc);
    }

    private void multiply(int group) {
        if (codes.offset() == 0) {
            a.vpxor(acc, acc, acc);
        } else {
            Mem negativeSum = field(codes.halves() ? 3 + group : 2);
            a.vpslld(acc, negativeSum, Integer.numberOfTrailingZeros(codes.offset()));
        }
        int quads = 8 / codes.groups();
        for (int quad = group * quads; quad < (group + 1) * quads; quad++) {
            reader.load(w, t, quad, 0);
            a.vpdpbusd(acc, w, quad(quad));
        }
    }

    private static Mem quad(int quad) {
        return Operand.at(RECORD, 4 * quad).each();
    }

    private static Mem field(int i) {
        return Operand.at(RECORD, 32 + 4 * i).each();
    }
}
