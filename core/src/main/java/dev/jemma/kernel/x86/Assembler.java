package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * The instructions that the kernels use, by their names in the manual; operands in the manual's order, the result first.
 * Integer instructions whose AVX-512 form is called otherwise (vpandd for vpand) keep the short name.
 */
final class Assembler extends Encoder {
    private void op3(int prefix, int map, int opcode, Vec d, Vec a, Operand s) {
        simd(prefix, map, opcode, d.bits(), d.number(), a.number(), s, d.bits() / 8, 0);
    }

    private void op2(int prefix, int map, int opcode, Vec d, Operand s, int memoryBytes) {
        simd(prefix, map, opcode, d.bits(), d.number(), 0, s, memoryBytes, 0);
    }

    /** Shifts by a constant: the result is named in the prefix, {@code extension} completes the opcode. */
    private void shift(int opcode, int extension, Vec d, Operand s, int count) {
        simd(P66, M0F, opcode, d.bits(), extension, d.number(), s, d.bits() / 8, 1);
        byte1(count);
    }

    void vmovups(Vec d, Operand s) {
        op2(NP, M0F, 0x10, d, s, d.bits() / 8);
    }

    void vmovups(Mem d, Vec s) {
        op2(NP, M0F, 0x11, s, d, s.bits() / 8);
    }

    /** 32 bits of a register to memory. */
    void vmovd(Mem d, Vec s) {
        op2(P66, M0F, 0x7E, s.x(), d, 4);
    }

    /** 32 bits of memory to a register, zeros above. */
    void vmovss(Vec d, Mem s) {
        op2(PF3, M0F, 0x10, d.x(), s, 4);
    }

    void vbroadcastss(Vec d, Operand s) {
        op2(P66, M38, 0x18, d, s, 4);
    }

    void vpbroadcastd(Vec d, Operand s) {
        op2(P66, M38, 0x58, d, s, 4);
    }

    /** 16-bit words to 32 bits, zeros above. */
    void vpmovzxwd(Vec d, Operand s) {
        op2(P66, M38, 0x33, d, s, d.bits() / 16);
    }

    /** Signed bytes to 32 bits. */
    void vpmovsxbd(Vec d, Operand s) {
        op2(P66, M38, 0x21, d, s, d.bits() / 32);
    }

    void vcvtph2ps(Vec d, Operand s) {
        op2(P66, M38, 0x13, d, s, d.bits() / 16);
    }

    void vcvtdq2ps(Vec d, Operand s) {
        op2(NP, M0F, 0x5B, d, s, d.bits() / 8);
    }

    /** Rounds half to even, as the JVM leaves the machine set. */
    void vcvtps2dq(Vec d, Operand s) {
        op2(P66, M0F, 0x5B, d, s, d.bits() / 8);
    }

    void vpabsb(Vec d, Operand s) {
        op2(P66, M38, 0x1C, d, s, d.bits() / 8);
    }

    void vpand(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xDB, d, a, s);
    }

    void vpor(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xEB, d, a, s);
    }

    void vpxor(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xEF, d, a, s);
    }

    void vpaddw(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xFD, d, a, s);
    }

    void vpaddd(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xFE, d, a, s);
    }

    void vpsubd(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xFA, d, a, s);
    }

    void vphaddd(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0x02, d, a, s);
    }

    void vpmaxsd(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0x3D, d, a, s);
    }

    /** Pairs of products of unsigned bytes {@code a} and signed bytes {@code s}, added with saturation to 16 bits. */
    void vpmaddubsw(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0x04, d, a, s);
    }

    void vpmaddwd(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0xF5, d, a, s);
    }

    /** {@code a} with the sign of {@code s}, 0 where that is 0; bytes. */
    void vpsignb(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0x08, d, a, s);
    }

    /** d += four products of unsigned bytes {@code a} and signed bytes {@code s}, in each 32-bit lane. */
    void vpdpbusd(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0x50, d, a, s);
    }

    /** d = d | (a &amp; s). */
    void vpternlogOrAnd(Vec d, Vec a, Operand s) {
        simd(P66, M3A, 0x25, 512, d.number(), a.number(), s, 64, 1);
        byte1(0xF8);
    }

    void vpackssdw(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0x6B, d, a, s);
    }

    void vpacksswb(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0x63, d, a, s);
    }

    /** 32-bit lanes of {@code s} in the order of {@code a}. */
    void vpermd(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0x36, d, a, s);
    }

    void vpshufd(Vec d, Operand s, int order) {
        simd(P66, M0F, 0x70, d.bits(), d.number(), 0, s, d.bits() / 8, 1);
        byte1(order);
    }

    void vextracti128(Vec d, Vec s, int half) {
        simd(P66, M3A, 0x39, 256, s.number(), 0, d, 16, 1);
        byte1(half);
    }

    void vpslld(Vec d, Operand s, int count) {
        shift(0x72, 6, d, s, count);
    }

    void vpsrld(Vec d, Operand s, int count) {
        shift(0x72, 2, d, s, count);
    }

    void vpsrad(Vec d, Operand s, int count) {
        shift(0x72, 4, d, s, count);
    }

    /** Lanes 0 and 1 of {@code a} and {@code s} in turn; VEX only, as the three that follow. */
    void vunpcklps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x14, d, a, s);
    }

    /** Lanes 2 and 3 in turn. */
    void vunpckhps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x15, d, a, s);
    }

    /** The lower halves: of {@code a}, then of {@code s}. */
    void vunpcklpd(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0x14, d, a, s);
    }

    /** The upper halves. */
    void vunpckhpd(Vec d, Vec a, Operand s) {
        op3(P66, M0F, 0x15, d, a, s);
    }

    void vsqrtps(Vec d, Operand s) {
        op2(NP, M0F, 0x51, d, s, d.bits() / 8);
    }

    void vaddps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x58, d, a, s);
    }

    void vsubps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x5C, d, a, s);
    }

    void vmulps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x59, d, a, s);
    }

    void vdivps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x5E, d, a, s);
    }

    /** The larger; {@code s} where either is not a number. */
    void vmaxps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x5F, d, a, s);
    }

    /** The smaller; {@code s} where either is not a number. */
    void vminps(Vec d, Vec a, Operand s) {
        op3(NP, M0F, 0x5D, d, a, s);
    }

    /** Compares the lowest floats; jz then jumps if they are equal or one is not a number. */
    void vucomiss(Vec a, Vec s) {
        op2(NP, M0F, 0x2E, a.x(), s.x(), 4);
    }

    /** All bits where a &lt; s; VEX only. */
    void vcmpltps(Vec d, Vec a, Operand s) {
        simd(NP, M0F, 0xC2, d.bits(), d.number(), a.number(), s, d.bits() / 8, 1);
        byte1(1);
    }

    /** d = d · a + s. */
    void vfmadd213ps(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0xA8, d, a, s);
    }

    /** d = a · s + d. */
    void vfmadd231ps(Vec d, Vec a, Operand s) {
        op3(P66, M38, 0xB8, d, a, s);
    }

    void vzeroupper() {
        byte1(0xC5);
        byte1(0xF8);
        byte1(0x77);
    }

    void mov(Gp d, Gp s) {
        wide(0x8B, d.number(), s);
    }

    void mov(Gp d, Mem s) {
        wide(0x8B, d.number(), s, 0);
    }

    void mov(Mem d, Gp s) {
        wide(0x89, s.number(), d, 0);
    }

    void mov(Gp d, int value) {
        wide(0xC7, 0, d);
        int4(value);
    }

    void add(Gp d, Gp s) {
        wide(0x03, d.number(), s);
    }

    void add(Gp d, Mem s) {
        wide(0x03, d.number(), s, 0);
    }

    void add(Gp d, int value) {
        wide(0x81, 0, d);
        int4(value);
    }

    void sub(Gp d, int value) {
        wide(0x81, 5, d);
        int4(value);
    }

    void lea(Gp d, Mem s) {
        wide(0x8D, d.number(), s, 0);
    }

    void test(Gp a, Gp b) {
        wide(0x85, b.number(), a);
    }

    void push(Gp s) {
        rex(s.high());
        byte1(0x50 | s.low());
    }

    void pop(Gp d) {
        rex(d.high());
        byte1(0x58 | d.low());
    }

    void prefetcht0(Mem s) {
        narrow0F(0x18, 1, s);
    }

    void prefetcht1(Mem s) {
        narrow0F(0x18, 2, s);
    }

    void cpuid() {
        byte1(0x0F);
        byte1(0xA2);
    }

    void xgetbv() {
        byte1(0x0F);
        byte1(0x01);
        byte1(0xD0);
    }

    void ret() {
        byte1(0xC3);
    }

    void jnz(Label label) {
        byte1(0x0F);
        byte1(0x85);
        backTo(label);
    }

    Forward jz() {
        byte1(0x0F);
        byte1(0x84);
        return ahead();
    }

    /** Counts down and goes back to {@code label} until the counter is 0. */
    void loop(Gp counter, Label label) {
        sub(counter, 1);
        jnz(label);
    }
}
