package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Forward;
import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the products of packed integer weights with int8 activations: panels of 16 rows times groups of {@code tokens}
 * tokens, {@code y = Σ fma(Σ q·xq, s·dx, y)} with the exact integer sum of each group of weights, groups ascending.
 *
 * <pre>
 * a panel    codes of block 0 | block 1 | …           32 elements × 16 rows, 64-byte lines with a 32-bit lane per row
 *            factors of scales | of minima            one line for 4 groups, byte g of a lane: group g
 *            scales | scales of minima                float16 [block][16]
 *
 *  4 bits    line j:  lane r = low nibbles  row r, elements 8j … 8j+3 | high nibbles  8j+4 … 8j+7
 *  5, 6 bits the same, then a line with the fifth bits, bit j of byte i: element 4j + i; or two lines with bits 2j, 2j+1
 *  8 bits    line j:  lane r = bytes  row r, elements 4j … 4j+3
 *
 * activations of C tokens, a record per 32 elements:
 *            xq [C][32] bytes | dx [C] | dx·Σxq [C] | −Σxq [C] | −Σxq of the first 16 [C] | of the last 16 [C]
 * </pre>
 *
 * A register holds 16 rows (AVX-512) or 8; few tokens go over both halves of a panel at once, more in two passes. With
 * 256 bits and no vpdpbusd, products of bytes add up in 16 bits as long as they fit: 15·127·16 for 4 bits, 63·127·4 for
 * 6; 8-bit codes give their signs to the activations. The offset of unsigned codes is −offset·Σxq, a shift of what the
 * record holds. Factors are multiplied out once a panel, to the scratch behind the arguments.
 *
 * <p>While the first group goes through a panel, the next one is fetched: in one stream from its first line to its last,
 * which memory answers faster than one for each part.
 */
public final class LinearCode {
    /** Byte offsets of the arguments, 64 bits each: where the operands begin in their segments. */
    public static final int W = 0;

    public static final int X = 8;
    public static final int Y = 16;
    /** How many panels, and groups of tokens. */
    public static final int PANELS = 24;

    public static final int GROUPS = 32;
    /** Blocks of 32 in a row; blocks of 256, for types with factors. */
    public static final int BLOCKS = 40;

    public static final int SUPERBLOCKS = 48;
    /** Bytes from panel to panel, and where in a panel its parts begin. */
    public static final int PANEL_BYTES = 56;

    public static final int SCALES = 64;
    public static final int MIN_SCALES = 72;
    public static final int FACTORS = 80;
    public static final int MIN_FACTORS = 88;
    /** Bytes from token to token in y. */
    public static final int Y_STRIDE = 96;
    /** How many bytes behind a panel's begin its fetching ahead begins. */
    public static final int PREFETCH = 104;
    /** Where, after the arguments, the multiplied-out minima go. */
    public static final int FLOAT_MINIMA = 112;
    /** Bytes of the arguments; behind them the multiplied-out scales, float [group][16]. */
    public static final int BYTES = 128;
    /** Bytes of a token in a record of 32 activations. */
    public static final int RECORD_BYTES = 52;

    static final int LINE = 64;
    private static final int ONES = 0x00010001;
    static final Gp ARGUMENTS = Gp.RDI;
    static final Gp PANEL = Gp.RSI;
    private static final Gp INPUT = Gp.RDX;
    private static final Gp OUTPUT = Gp.RCX;
    static final Gp COUNT = Gp.RAX;
    static final Gp CODE = Gp.R8;
    static final Gp SCALE = Gp.R9;
    static final Gp RECORD = Gp.R10;
    private static final Gp GROUP_COUNT = Gp.R11;
    static final Gp AHEAD = Gp.R12;
    private static final Gp PANEL_COUNT = Gp.R13;
    private static final Gp GROUP = Gp.R14;
    private static final Gp MINIMUM = Gp.RBX;
    private static final Gp TOKEN = Gp.RBP;
    private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14};

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final Codes codes;
    private final int tokens;
    /** Registers of rows that are computed together: 1, or both halves of a panel. */
    private final int parts;

    private final Vec[][] acc;
    private final Vec[][] sum;
    private final Vec[][] w;
    private final Vec t;
    private final Vec u;
    private final Operand ones;
    private final CodeReader reader;

    private LinearCode(Isa isa, Codes codes, int tokens) {
        this.isa = isa;
        this.codes = codes;
        this.tokens = tokens;
        parts = isa.wide() || tokens > 2 ? 1 : 2;
        acc = new Vec[tokens][parts];
        sum = new Vec[tokens][parts];
        w = new Vec[2][parts];
        int n = 0;
        for (Vec[][] registers : new Vec[][][] {acc, sum, w}) {
            for (Vec[] row : registers) {
                for (int p = 0; p < parts; p++) {
                    row[p] = isa.register(n++);
                }
            }
        }
        t = isa.register(n++);
        u = isa.vnni() ? t : isa.register(n++);
        ones = isa.constant(a, ONES, n++);
        reader = new CodeReader(a, isa, codes, n);
    }

    /** The most tokens of a group. */
    public static int maxTokens(Isa isa) {
        return isa.wide() ? 12 : 6;
    }

    /** The code for groups of {@code tokens} tokens; for one token and factors, {@link OneTokenCode} with AVX-512. */
    public static byte[] emit(Isa isa, Codes codes, int tokens) {
        if (isa.wide() && tokens == 1 && codes.factors()) {
            return OneTokenCode.emit(codes);
        }
        LinearCode code = new LinearCode(isa, codes, tokens);
        code.panels();
        return code.a.finish();
    }

    private void panels() {
        for (Gp r : SAVED) {
            a.push(r);
        }
        a.add(PANEL, argument(W));
        a.add(INPUT, argument(X));
        a.add(OUTPUT, argument(Y));
        a.mov(PANEL_COUNT, argument(PANELS));
        Label panel = a.here();
        a.mov(AHEAD, argument(PREFETCH));
        a.add(AHEAD, PANEL);
        if (codes.factors()) {
            reader.multiplyFactors(SCALES, FACTORS, false, true);
            if (codes.minima()) {
                reader.multiplyFactors(MIN_SCALES, MIN_FACTORS, true, true);
            }
        }
        a.mov(GROUP_COUNT, argument(GROUPS));
        a.mov(GROUP, INPUT);
        a.mov(TOKEN, OUTPUT);
        group(true);
        a.sub(GROUP_COUNT, 1);
        Forward done = a.jz();
        Label next = a.here();
        group(false);
        a.loop(GROUP_COUNT, next);
        a.land(done);
        a.add(PANEL, argument(PANEL_BYTES));
        a.add(OUTPUT, LINE);
        a.loop(PANEL_COUNT, panel);
        a.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.ret();
    }

    static Mem argument(int offset) {
        return Operand.at(ARGUMENTS, offset);
    }

    /** One panel times one group of tokens; then GROUP and TOKEN name the next group. */
    private void group(boolean fetching) {
        int passes = 16 / (isa.lanes() * parts);
        for (int pass = 0; pass < passes; pass++) {
            pass(pass, fetching && pass == 0);
        }
        a.mov(GROUP, RECORD);
        a.mov(TOKEN, CODE);
    }

    /** All blocks of the rows of one pass times one group of tokens. */
    private void pass(int pass, boolean fetching) {
        a.mov(CODE, PANEL);
        a.mov(RECORD, GROUP);
        if (codes.factors()) {
            a.lea(SCALE, argument(BYTES));
            a.mov(MINIMUM, SCALE);
            a.add(MINIMUM, argument(FLOAT_MINIMA));
        } else {
            a.mov(SCALE, PANEL);
            a.add(SCALE, argument(SCALES));
        }
        for (Vec[] token : sum) {
            for (Vec v : token) {
                a.vpxor(v, v, v);
            }
        }
        a.mov(COUNT, argument(BLOCKS));
        Label block = a.here();
        if (fetching) {
            fetch(a, codes.blockBytes() + (codes.factors() ? 0 : 32));
        }
        int quads = 8 / codes.groups();
        for (int g = 0; g < codes.groups(); g++) {
            start(g);
            multiply(g * quads, (g + 1) * quads, pass);
            if (!isa.vnni()) {
                addOffset(g);
            }
            accumulate(g, pass);
        }
        a.add(CODE, codes.blockBytes());
        a.add(RECORD, RECORD_BYTES * tokens);
        a.add(SCALE, codes.factors() ? LINE * codes.groups() : 32);
        if (codes.minima()) {
            a.add(MINIMUM, LINE);
        }
        a.loop(COUNT, block);
        a.mov(CODE, TOKEN);
        for (Vec[] token : sum) {
            for (int p = 0; p < parts; p++) {
                a.vmovups(Operand.at(CODE, 32 * (pass + p)), token[p]);
            }
            a.add(CODE, argument(Y_STRIDE));
        }
    }

    /** The next {@code bytes} of the stream that is fetched ahead. */
    static void fetch(Assembler a, int bytes) {
        for (int at = 0; at < bytes; at += LINE) {
            a.prefetcht0(Operand.at(AHEAD, at));
        }
        a.add(AHEAD, bytes);
    }

    /** Field {@code i} of the record after the codes, of one token. */
    private Mem field(int i, int token) {
        return Operand.at(RECORD, 32 * tokens + 4 * (tokens * i + token));
    }

    private Mem negativeSum(int group, int token) {
        return field(codes.halves() ? 3 + group : 2, token);
    }

    /** log2 of the offset; vpdpbusd wants 8-bit codes unsigned, too. */
    private int offsetShift() {
        return codes.bits() == 8 ? 7 : Integer.numberOfTrailingZeros(codes.offset());
    }

    /** With vpdpbusd the sums start from the offset's share. */
    private void start(int group) {
        if (!isa.vnni()) {
            return;
        }
        for (int c = 0; c < tokens; c++) {
            for (Vec v : acc[c]) {
                if (codes.offset() == 0 && codes.bits() != 8) {
                    a.vpxor(v, v, v);
                } else if (isa.wide()) {
                    a.vpslld(v, negativeSum(group, c).each(), offsetShift());
                } else {
                    a.vpbroadcastd(v, negativeSum(group, c));
                    a.vpslld(v, v, offsetShift());
                }
            }
        }
    }

    private void addOffset(int group) {
        if (codes.offset() == 0) {
            return;
        }
        for (int c = 0; c < tokens; c++) {
            a.vpbroadcastd(t, negativeSum(group, c));
            a.vpslld(t, t, offsetShift());
            for (Vec v : acc[c]) {
                a.vpaddd(v, v, t);
            }
        }
    }

    /** Adds the products of quads {@code from} … {@code to} − 1 of a block to {@code acc}. */
    private void multiply(int from, int to, int pass) {
        for (int quad = from; quad < to; quad++) {
            int slot = isa.vnni() || codes.bits() == 8 ? 0 : quad & 1;
            for (int p = 0; p < parts; p++) {
                reader.load(w[slot][p], t, quad, pass + p);
                if (!isa.vnni() && codes.bits() == 8) {
                    a.vpabsb(w[1][p], w[0][p]);
                }
            }
            for (int c = 0; c < tokens; c++) {
                Mem x = Operand.at(RECORD, 32 * c + 4 * quad);
                if (isa.wide()) {
                    a.vpdpbusd(acc[c][0], w[0][0], x.each());
                } else if (isa.vnni()) {
                    a.vpbroadcastd(t, x);
                    for (int p = 0; p < parts; p++) {
                        a.vpdpbusd(acc[c][p], w[0][p], t);
                    }
                } else if (codes.bits() == 8) {
                    signed(c, x, quad == from);
                } else if (slot == 1) {
                    pair(c, x, quad == from + 1);
                }
            }
        }
        if (!isa.vnni() && codes.bits() == 4) {
            for (Vec[] token : acc) {
                for (Vec v : token) {
                    a.vpmaddwd(v, v, ones);
                }
            }
        }
    }

    /** 8-bit codes by vpmaddubsw: their magnitudes are the unsigned operand, their signs go to the activations. */
    private void signed(int c, Mem x, boolean first) {
        for (int p = 0; p < parts; p++) {
            a.vpbroadcastd(t, x);
            a.vpsignb(t, t, w[0][p]);
            a.vpmaddubsw(t, w[1][p], t);
            widen(acc[c][p], first);
        }
    }

    /** Two quads at once: {@code x} belongs to the second, the first lies before it. */
    private void pair(int c, Mem x, boolean first) {
        for (int p = 0; p < parts; p++) {
            a.vpbroadcastd(t, x.plus(-4));
            a.vpmaddubsw(t, w[0][p], t);
            a.vpbroadcastd(u, x);
            a.vpmaddubsw(u, w[1][p], u);
            if (codes.bits() == 4) {
                a.vpaddw(first ? acc[c][p] : t, t, u);
                if (!first) {
                    a.vpaddw(acc[c][p], acc[c][p], t);
                }
            } else {
                a.vpaddw(t, t, u);
                widen(acc[c][p], first);
            }
        }
    }

    /** {@code sum} is, or grows by, the pairs of 16 bits of t. */
    private void widen(Vec total, boolean first) {
        a.vpmaddwd(first ? total : t, t, ones);
        if (!first) {
            a.vpaddd(total, total, t);
        }
    }

    /** {@code sum = fma(acc, s·dx, sum)}, then {@code sum = fma(−m, dx·Σxq, sum)}. */
    private void accumulate(int group, int pass) {
        for (int p = 0; p < parts; p++) {
            int h = pass + p;
            if (codes.factors()) {
                a.vmovups(w[0][p], Operand.at(SCALE, LINE * group + 32 * h));
            } else {
                a.vcvtph2ps(w[0][p], Operand.at(SCALE, 16 * h));
            }
            if (codes.minima()) {
                a.vmovups(w[1][p], Operand.at(MINIMUM, 32 * h));
            }
        }
        for (int c = 0; c < tokens; c++) {
            for (int p = 0; p < parts; p++) {
                Vec s = sum[c][p];
                a.vcvtdq2ps(acc[c][p], acc[c][p]);
                if (isa.wide()) {
                    a.vmulps(t, w[0][p], field(0, c).each());
                } else {
                    a.vbroadcastss(t, field(0, c));
                    a.vmulps(t, w[0][p], t);
                }
                a.vfmadd231ps(s, acc[c][p], t);
                if (codes.minima() && isa.wide()) {
                    a.vfmadd231ps(s, w[1][p], field(1, c).each());
                } else if (codes.minima()) {
                    a.vbroadcastss(t, field(1, c));
                    a.vfmadd231ps(s, w[1][p], t);
                }
            }
        }
    }
}
