package dev.jemma.kernel.x86;

import static dev.jemma.kernel.x86.FloatFunctions.FREE;

import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the three steps of attention over a tile of 64 keys, for groups of query heads ("items"): scores of 16 keys, the
 * online softmax, and weights times values.
 *
 * <pre>
 * keys     [feature][16 positions]          of one block and head, as the cache holds them
 * queries  [group][feature][item of group]
 * scores   [item][64], then the weights
 * values   rows of the cache, one per position
 * state    max [item] | sums [item][16] | sums of weighted values [item][feature]
 * </pre>
 */
public final class AttentionCode {
    /** Byte offsets of the arguments, 64 bits each: where the operands begin in segments a, b and c. */
    public static final int A = 0;

    public static final int B = 8;
    public static final int C = 16;
    /** Groups, or items, at least 1. */
    public static final int COUNT = 24;
    /** Features, or steps of features, of a head. */
    public static final int FEATURES = 32;
    /** Blocks of 16 scores, or keys. */
    public static final int KEYS = 40;
    /** A float: the factor of scores. */
    public static final int NUMBER = 48;
    /** Where in segment b the sums of an item, and those of its values, begin. */
    public static final int SUMS = 56;

    public static final int VALUES = 64;
    /** Bytes of a head's features. */
    public static final int HEAD_BYTES = 72;
    /** Bytes of the arguments; behind them 64 bytes of scratch. */
    public static final int BYTES = 128;

    /** Positions of a tile. */
    public static final int TILE = 64;

    private static final int LINE = 64;
    private static final int ITEM = 4 * TILE;
    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp PA = Gp.RSI;
    private static final Gp PB = Gp.RDX;
    private static final Gp PC = Gp.RCX;
    private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15};

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final int parts;

    private AttentionCode(Isa isa) {
        this.isa = isa;
        parts = 16 / isa.lanes();
        for (Gp r : SAVED) {
            a.push(r);
        }
        a.add(PA, argument(A));
        a.add(PB, argument(B));
        a.add(PC, argument(C));
    }

    /** Items of a group. */
    public static int items(Isa isa) {
        return isa.wide() ? 8 : 4;
    }

    private static Mem argument(int offset) {
        return Operand.at(ARGUMENTS, offset);
    }

    private byte[] end() {
        a.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.ret();
        return a.finish();
    }

    /** c[item][16 of 64] = n · Σ a[feature][16] · b[feature][item], features ascending, for COUNT groups. */
    public static byte[] scores(Isa isa) {
        AttentionCode code = new AttentionCode(isa);
        code.scores();
        return code.end();
    }

    private void scores() {
        int items = items(isa);
        Gp groups = Gp.R8;
        Gp features = Gp.RAX;
        Gp key = Gp.R9;
        Vec number = isa.register(items * parts + 3);
        a.vbroadcastss(number, argument(NUMBER));
        a.mov(groups, argument(COUNT));
        Label group = a.here();
        for (int i = 0; i < items * parts; i++) {
            a.vpxor(isa.register(i), isa.register(i), isa.register(i));
        }
        a.mov(key, PA);
        a.mov(features, argument(FEATURES));
        Label feature = a.here();
        Vec t = isa.register(items * parts + 2);
        for (int p = 0; p < parts; p++) {
            a.vmovups(isa.register(items * parts + p), Operand.at(key, 32 * p));
        }
        for (int i = 0; i < items; i++) {
            multiply(i * parts, items * parts, parts, Operand.at(PB, 4 * i), t);
        }
        a.add(key, LINE);
        a.add(PB, 4 * items);
        a.loop(features, feature);
        for (int i = 0; i < items; i++) {
            for (int p = 0; p < parts; p++) {
                Vec v = isa.register(i * parts + p);
                a.vmulps(v, v, number);
                a.vmovups(Operand.at(PC, ITEM * i + 32 * p), v);
            }
        }
        a.add(PC, ITEM * items);
        a.loop(groups, group);
    }

    /** Registers {@code to …} += registers {@code from …} · the float at {@code x}. */
    private void multiply(int to, int from, int count, Mem x, Vec t) {
        if (!isa.wide()) {
            a.vbroadcastss(t, x);
        } else if (count > 1) {
            a.vbroadcastss(t, x);
        }
        for (int i = 0; i < count; i++) {
            Operand factor = isa.wide() && count == 1 ? x.each() : t;
            a.vfmadd231ps(isa.register(to + i), isa.register(from + i), factor);
        }
    }

    /**
     * The online softmax of COUNT items with KEYS blocks of scores from a on: their maximum joins max (b), what was
     * summed before is corrected, scores become weights and join the sums. FEATURES counts 16s.
     */
    public static byte[] softmax(Isa isa) {
        AttentionCode code = new AttentionCode(isa);
        code.softmax();
        return code.end();
    }

    private void softmax() {
        Gp items = Gp.R8;
        Gp count = Gp.RAX;
        Gp score = Gp.R9;
        Gp sums = Gp.R10;
        Gp values = Gp.R11;
        Vec x = isa.register(0);
        Vec top = isa.register(FREE);
        Vec now = isa.register(FREE + 1);
        Vec correction = isa.register(FREE + 2);
        FloatFunctions f = new FloatFunctions(a, isa);
        a.mov(sums, PB);
        a.add(sums, argument(SUMS));
        a.mov(values, PB);
        a.add(values, argument(VALUES));
        a.mov(items, argument(COUNT));
        Label item = a.here();
        a.vmovups(top, f.number(Float.NEGATIVE_INFINITY));
        a.mov(score, PA);
        a.mov(count, argument(KEYS));
        Label block = a.here();
        for (int p = 0; p < parts; p++) {
            a.vmaxps(top, top, Operand.at(score, 32 * p));
        }
        a.add(score, LINE);
        a.loop(count, block);
        foldMaximum(top);
        Vec old = isa.register(0);
        a.vbroadcastss(old, Operand.at(PB, 0));
        a.vbroadcastss(now, top.x());
        a.vmaxps(now, now, old);
        a.vmovd(Operand.at(PB, 0), now);
        a.vsubps(x, old, now);
        f.exp();
        a.vmovups(correction, x);
        a.mov(count, argument(FEATURES));
        Label feature = a.here();
        for (int p = 0; p < parts; p++) {
            a.vmulps(x, correction, Operand.at(values, 32 * p));
            a.vmovups(Operand.at(values, 32 * p), x);
        }
        a.add(values, LINE);
        a.loop(count, feature);
        for (int p = 0; p < parts; p++) {
            Vec sum = isa.register(FREE + 3 + p);
            a.vmulps(sum, correction, Operand.at(sums, 32 * p));
        }
        a.mov(score, PA);
        a.mov(count, argument(KEYS));
        Label weight = a.here();
        for (int p = 0; p < parts; p++) {
            a.vmovups(x, Operand.at(score, 32 * p));
            a.vsubps(x, x, now);
            f.exp();
            a.vmovups(Operand.at(score, 32 * p), x);
            a.vaddps(isa.register(FREE + 3 + p), isa.register(FREE + 3 + p), x);
        }
        a.add(score, LINE);
        a.loop(count, weight);
        for (int p = 0; p < parts; p++) {
            a.vmovups(Operand.at(sums, 32 * p), isa.register(FREE + 3 + p));
        }
        a.add(PA, ITEM);
        a.add(PB, 4);
        a.add(sums, LINE);
        a.loop(items, item);
    }

    /** The largest lane of {@code top} to its first; through memory where it is wider than 256 bits. */
    private void foldMaximum(Vec top) {
        Vec t = isa.register(0).x();
        if (isa.wide()) {
            a.vmovups(argument(BYTES), top);
            a.vmovups(top.y(), argument(BYTES));
            a.vmaxps(top.y(), top.y(), argument(BYTES + 32));
        }
        a.vextracti128(t, top.y(), 1);
        a.vmaxps(top.x(), top.x(), t);
        a.vpshufd(t, top.x(), 0x4E);
        a.vmaxps(top.x(), top.x(), t);
        a.vpshufd(t, top.x(), 0xB1);
        a.vmaxps(top.x(), top.x(), t);
    }

    /**
     * c[item][feature] += weights b[item][key] · a[key][feature], keys ascending, for COUNT groups of {@code items} items
     * and KEYS keys; FEATURES counts {@code vectors} registers each.
     */
    public static byte[] values(Isa isa, int items, int vectors) {
        AttentionCode code = new AttentionCode(isa);
        code.values(items, vectors);
        return code.end();
    }

    private void values(int items, int vectors) {
        Gp groups = Gp.R8;
        Gp steps = Gp.R9;
        Gp count = Gp.RAX;
        Gp row = Gp.R10;
        Gp weight = Gp.R11;
        Gp stride = Gp.RBX;
        Gp stride3 = Gp.RBP;
        Gp feature = Gp.R12;
        Gp upper = Gp.R13;
        Gp column = Gp.R14;
        int step = vectors * isa.lanes() * 4;
        int loaded = items * vectors;
        Vec t = isa.register(loaded + vectors);
        a.mov(stride, argument(HEAD_BYTES));
        a.lea(stride3, Operand.at(stride, stride, 2, 0));
        a.mov(groups, argument(COUNT));
        Label group = a.here();
        a.mov(feature, PC);
        a.mov(column, PA);
        a.mov(steps, argument(FEATURES));
        Label next = a.here();
        a.lea(upper, Operand.at(feature, stride, 4, 0));
        for (int i = 0; i < items; i++) {
            for (int v = 0; v < vectors; v++) {
                a.vmovups(isa.register(i * vectors + v), item(feature, upper, stride, stride3, i, v));
            }
        }
        a.mov(row, column);
        a.mov(weight, PB);
        a.mov(count, argument(KEYS));
        Label key = a.here();
        for (int v = 0; v < vectors; v++) {
            a.vmovups(isa.register(loaded + v), Operand.at(row, v * isa.lanes() * 4));
        }
        for (int i = 0; i < items; i++) {
            multiply(i * vectors, loaded, vectors, Operand.at(weight, ITEM * i), t);
        }
        a.add(row, stride);
        a.add(weight, 4);
        a.loop(count, key);
        for (int i = 0; i < items; i++) {
            for (int v = 0; v < vectors; v++) {
                a.vmovups(item(feature, upper, stride, stride3, i, v), isa.register(i * vectors + v));
            }
        }
        a.add(feature, step);
        a.add(column, step);
        a.loop(steps, next);
        a.add(PB, ITEM * items);
        for (int i = 0; i < items; i++) {
            a.add(PC, stride);
        }
        a.loop(groups, group);
    }

    /** Register {@code vector} of the features of item {@code i}, up to 8 strides on. */
    private Mem item(Gp base, Gp upper, Gp stride, Gp stride3, int i, int vector) {
        Gp quad = i < 4 ? base : upper;
        int at = vector * isa.lanes() * 4;
        return switch (i % 4) {
            case 0 -> Operand.at(quad, at);
            case 1 -> Operand.at(quad, stride, 1, at);
            case 2 -> Operand.at(quad, stride, 2, at);
            default -> Operand.at(quad, stride3, 1, at);
        };
    }
}
