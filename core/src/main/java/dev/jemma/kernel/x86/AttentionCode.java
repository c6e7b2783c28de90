package dev.jemma.kernel.x86;

import static dev.jemma.kernel.x86.FloatFunctions.FREE;

import dev.jemma.kernel.x86.Encoder.Forward;
import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the three steps of attention over a tile of 64 keys, for groups of query heads ("items"): scores, the online
 * softmax, and weights times values. A group is as many items as the registers hold sums for, so that a loaded key or
 * value serves them all.
 *
 * <pre>
 * keys     [feature][16 positions]   of one head; four blocks by their addresses
 * queries  [item][feature]
 * scores   [item][64], then the weights
 * values   rows [feature] of the positions of a block; up to four runs of them by their addresses
 * state    max [item] | sums [item][16] | sums of weighted values [item][feature]
 * </pre>
 *
 * <p>Keys and values are float32; for groups of few items there is code that decodes bfloat16 or bytes on the way. Bytes
 * have float16 scales [block of 32 features][16 positions], which lie behind the keys of a head.
 */
public final class AttentionCode {
    /** What keys and values are. */
    public enum Form {
        /** float32. */
        F32(4),
        /** The upper half of a float32. */
        BF16(2),
        /** Bytes with scales. */
        BYTES(1);

        private final int bytes;

        Form(int bytes) {
            this.bytes = bytes;
        }
    }

    /** Byte offsets of the arguments, 64 bits each: where the operands begin in segments a, b and c. */
    public static final int A = 0;

    public static final int B = 8;
    public static final int C = 16;
    /** Groups, or items, at least 1. */
    public static final int COUNT = 24;
    /** Features, or steps of features, of a head. */
    public static final int FEATURES = 32;
    /** Steps of blocks of keys, blocks of 16 scores, or runs of values. */
    public static final int KEYS = 40;
    /** A float: the factor of scores. */
    public static final int NUMBER = 48;
    /** Where in segment b the sums of an item, and those of its values, begin. */
    public static final int SUMS = 56;

    public static final int VALUES = 64;
    /** Bytes of a head's features in float32. */
    public static final int HEAD_BYTES = 72;
    /** Bytes of a head's features as they are kept. */
    public static final int ROW_BYTES = 80;
    /** Steps of 32 features of keys that are bytes, and where a head's scales begin. */
    public static final int FEATURE_BLOCKS = 88;

    public static final int KEY_SCALES = 96;
    /**
     * Addresses of the keys of four blocks; or runs of values, {@link #RUN} bytes each: the address of the first row, the
     * number of rows, the address of the scales of position 0, four times the first row's position.
     */
    public static final int TABLE = 128;

    public static final int RUN = 32;
    /** Bytes of the arguments, with 128 of scratch in them. */
    public static final int BYTES = 384;

    /** Positions of a tile. */
    public static final int TILE = 64;
    /** Blocks of 16 keys in a tile. */
    public static final int BLOCKS = 4;
    /** What a head's features are a multiple of where keys and values are not float32. */
    public static final int SMALL_FORM_FEATURES = 64;

    private static final int LINE = 64;
    private static final int ITEM = 4 * TILE;
    private static final int SCRATCH = BYTES - 2 * LINE;
    private static final int SCALED = 32;
    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp PA = Gp.RSI;
    private static final Gp PB = Gp.RDX;
    private static final Gp PC = Gp.RCX;
    private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15};

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final Form form;
    private final int parts;

    private AttentionCode(Isa isa, Form form) {
        this.isa = isa;
        this.form = form;
        parts = 16 / isa.lanes();
        for (Gp r : SAVED) {
            a.push(r);
        }
        a.add(PA, argument(A));
        a.add(PB, argument(B));
        a.add(PC, argument(C));
    }

    /** Sizes of groups of items that there is code for, descending; the last is 1. */
    public static int[] groupSizes(Isa isa, Form form) {
        if (form == Form.F32) {
            return new int[] {6, 4, 2, 1};
        }
        return isa.wide() ? new int[] {4, 2, 1} : new int[] {2, 1};
    }

    /** Blocks of keys that go together with a group: as many as the registers hold. */
    public static int blocksTogether(Isa isa, Form form, int items) {
        return isa.wide() ? BLOCKS : items > 2 || form == Form.BYTES ? 1 : 2;
    }

    /** Features that go together with a group. */
    public static int featuresTogether(Isa isa, int items) {
        return isa.wide() ? 64 : items > 2 ? 16 : 32;
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

    /**
     * c[item][64] = n · Σ a[feature][16] · b[item][feature], features ascending, for COUNT groups of {@code items} items
     * and KEYS steps of {@link #blocksTogether} blocks.
     */
    public static byte[] scores(Isa isa, Form form, int items) {
        AttentionCode code = new AttentionCode(isa, form);
        code.scores(items, blocksTogether(isa, form, items));
        return code.end();
    }

    private void scores(int items, int blocks) {
        Gp groups = Gp.R8;
        Gp features = Gp.RAX;
        Gp stride = Gp.RBP;
        Gp stride3 = Gp.R12;
        Gp low = Gp.R13;
        Gp high = Gp.R14;
        Gp line = Gp.RBX;
        Gp table = Gp.R15;
        Gp out = PA;
        Gp steps = Gp.R11;
        Gp[] keys = {Gp.R9, Gp.R10, Gp.R11, PA}; // with four there is one step, hence no count
        Gp scales = high; // no group of bytes is so large that it needs both
        Gp scaleBlocks = blocks == 1 ? Gp.R10 : table; // which has been read by then
        boolean stepwise = blocks < BLOCKS;
        int vectors = blocks * parts;
        int loaded = items * vectors;
        Vec t = isa.register(loaded + vectors);
        a.mov(stride, argument(HEAD_BYTES));
        a.lea(stride3, Operand.at(stride, stride, 2, 0));
        a.mov(groups, argument(COUNT));
        Label group = a.here();
        a.lea(table, argument(TABLE));
        if (stepwise) {
            a.mov(out, PC);
            a.mov(steps, argument(KEYS));
        }
        Label step = a.here();
        for (int b = 0; b < blocks; b++) {
            a.mov(keys[b], Operand.at(table, 8 * b));
        }
        for (int i = 0; i < loaded; i++) {
            a.vpxor(isa.register(i), isa.register(i), isa.register(i));
        }
        a.mov(line, 0);
        a.mov(low, PB);
        a.lea(high, Operand.at(PB, stride, 4, 0));
        boolean scaled = form == Form.BYTES;
        if (scaled) {
            a.mov(scales, argument(KEY_SCALES));
            a.mov(scaleBlocks, argument(FEATURE_BLOCKS));
        }
        Label block = a.here();
        if (scaled) {
            a.mov(features, SCALED);
        } else {
            a.mov(features, argument(FEATURES));
        }
        for (int v = 0; v < vectors && scaled; v++) {
            a.vcvtph2ps(
                    isa.register(loaded + vectors + 1 + v),
                    Operand.at(keys[v / parts], scales, 1, 2 * isa.lanes() * (v % parts)));
        }
        Label feature = a.here();
        for (int v = 0; v < vectors; v++) {
            int at = form.bytes * isa.lanes() * (v % parts);
            Vec scale = scaled ? isa.register(loaded + vectors + 1 + v) : t;
            load(isa.register(loaded + v), Operand.at(keys[v / parts], line, 1, at), scale);
        }
        for (int i = 0; i < items; i++) {
            multiply(i * vectors, loaded, vectors, item(low, high, stride, stride3, i, 0), t);
        }
        a.add(line, 16 * form.bytes);
        a.add(low, 4);
        if (items > 4) {
            a.add(high, 4);
        }
        a.loop(features, feature);
        if (scaled) {
            a.add(scales, 2 * 16);
            a.loop(scaleBlocks, block);
        }
        a.vbroadcastss(t, argument(NUMBER));
        Gp to = stepwise ? out : PC;
        for (int i = 0; i < loaded; i++) {
            Vec v = isa.register(i);
            a.vmulps(v, v, t);
            a.vmovups(Operand.at(to, ITEM * (i / vectors) + isa.lanes() * 4 * (i % vectors)), v);
        }
        if (stepwise) {
            a.add(table, 8 * blocks);
            a.add(out, LINE * blocks);
            a.loop(steps, step);
        }
        skipItems(PB, stride, items);
        a.add(PC, ITEM * items);
        a.loop(groups, group);
    }

    /** Keys or values as float32. */
    private void load(Vec v, Mem from, Vec scale) {
        switch (form) {
            case F32 -> a.vmovups(v, from);
            case BF16 -> {
                a.vpmovzxwd(v, from);
                a.vpslld(v, v, 16);
            }
            case BYTES -> {
                a.vpmovsxbd(v, from);
                a.vcvtdq2ps(v, v);
                a.vmulps(v, v, scale);
            }
        }
    }

    private void skipItems(Gp pointer, Gp stride, int items) {
        for (int i = 0; i < items; i++) {
            a.add(pointer, stride);
        }
    }

    /** Registers {@code to …} += registers {@code from …} · the float at {@code x}. */
    private void multiply(int to, int from, int count, Mem x, Vec t) {
        Operand factor = t;
        if (isa.wide() && count == 1) {
            factor = x.each();
        } else {
            a.vbroadcastss(t, x);
        }
        for (int i = 0; i < count; i++) {
            a.vfmadd231ps(isa.register(to + i), isa.register(from + i), factor);
        }
    }

    /**
     * The online softmax of COUNT items with KEYS blocks of scores from a on: their maximum joins max (b), what was
     * summed before is corrected if that is a new one, scores become weights and join the sums. FEATURES counts 16s.
     */
    public static byte[] softmax(Isa isa) {
        AttentionCode code = new AttentionCode(isa, Form.F32);
        code.softmax();
        return code.end();
    }

    private void softmax() {
        Gp items = Gp.R8;
        Gp count = Gp.RAX;
        Gp score = Gp.R9;
        Gp sums = Gp.R10;
        Gp values = Gp.R11;
        Gp value = Gp.RBX;
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
        for (int p = 0; p < parts; p++) {
            a.vmovups(isa.register(FREE + 3 + p), Operand.at(sums, 32 * p));
        }
        a.vucomiss(now, old);
        Forward same = a.jz();
        a.vmovd(Operand.at(PB, 0), now);
        a.vsubps(x, old, now);
        f.exp();
        a.vmovups(correction, x);
        a.mov(count, argument(FEATURES));
        a.mov(value, values);
        Label feature = a.here();
        for (int p = 0; p < parts; p++) {
            a.vmulps(x, correction, Operand.at(value, 32 * p));
            a.vmovups(Operand.at(value, 32 * p), x);
        }
        a.add(value, LINE);
        a.loop(count, feature);
        for (int p = 0; p < parts; p++) {
            Vec sum = isa.register(FREE + 3 + p);
            a.vmulps(sum, correction, sum);
        }
        a.land(same);
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
        a.add(values, argument(HEAD_BYTES));
        a.loop(items, item);
    }

    /** The largest lane of {@code top} to its first; through memory where it is wider than 256 bits. */
    private void foldMaximum(Vec top) {
        Vec t = isa.register(0).x();
        if (isa.wide()) {
            a.vmovups(argument(SCRATCH), top);
            a.vmovups(top.y(), argument(SCRATCH));
            a.vmaxps(top.y(), top.y(), argument(SCRATCH + 32));
        }
        a.vextracti128(t, top.y(), 1);
        a.vmaxps(top.x(), top.x(), t);
        a.vpshufd(t, top.x(), 0x4E);
        a.vmaxps(top.x(), top.x(), t);
        a.vpshufd(t, top.x(), 0xB1);
        a.vmaxps(top.x(), top.x(), t);
    }

    /**
     * c[item][feature] += weights b[item][key] · row of the key, keys ascending, for COUNT groups of {@code items} items
     * and KEYS runs of rows; FEATURES counts steps of {@code features} features, which are a multiple of 16.
     */
    public static byte[] values(Isa isa, Form form, int items, int features) {
        AttentionCode code = new AttentionCode(isa, form);
        code.values(items, features / isa.lanes());
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
        Gp table = Gp.R15;
        Gp runs = PA;
        Gp factor = upper; // no group of bytes is so large that it needs both
        boolean scaled = form == Form.BYTES;
        int scaledBlocks = Math.ceilDiv(vectors * isa.lanes(), SCALED);
        int step = vectors * isa.lanes();
        int loaded = items * vectors;
        Vec t = isa.register(loaded + vectors);
        a.mov(stride, argument(HEAD_BYTES));
        a.lea(stride3, Operand.at(stride, stride, 2, 0));
        a.mov(groups, argument(COUNT));
        Label group = a.here();
        a.mov(feature, PC);
        a.mov(column, argument(A));
        a.mov(steps, argument(FEATURES));
        Label next = a.here();
        if (!scaled) {
            a.lea(upper, Operand.at(feature, stride, 4, 0));
        }
        for (int i = 0; i < loaded; i++) {
            Mem from = item(feature, upper, stride, stride3, i / vectors, i % vectors);
            a.vmovups(isa.register(i), from);
        }
        a.mov(weight, PB);
        a.lea(table, argument(TABLE));
        a.mov(runs, argument(KEYS));
        Label run = a.here();
        a.mov(row, column);
        a.add(row, Operand.at(table, 0));
        if (scaled) {
            scales(factor, column, table, scaledBlocks, t);
        }
        a.mov(count, Operand.at(table, 8));
        Label key = a.here();
        for (int b = 0; b < scaledBlocks && scaled; b++) {
            a.vbroadcastss(isa.register(loaded + vectors + 1 + b), Operand.at(factor, LINE * b));
        }
        for (int v = 0; v < vectors; v++) {
            Vec scale = scaled ? isa.register(loaded + vectors + 1 + v * isa.lanes() / SCALED) : t;
            load(isa.register(loaded + v), Operand.at(row, v * isa.lanes() * form.bytes), scale);
        }
        for (int i = 0; i < items; i++) {
            multiply(i * vectors, loaded, vectors, Operand.at(weight, ITEM * i), t);
        }
        a.add(row, argument(ROW_BYTES));
        a.add(weight, 4);
        if (scaled) {
            a.add(factor, 4);
        }
        a.loop(count, key);
        a.add(table, RUN);
        a.loop(runs, run);
        for (int i = 0; i < loaded; i++) {
            Mem to = item(feature, upper, stride, stride3, i / vectors, i % vectors);
            a.vmovups(to, isa.register(i));
        }
        a.add(feature, 4 * step);
        a.add(column, form.bytes * step);
        a.loop(steps, next);
        a.add(PB, ITEM * items);
        skipItems(PC, stride, items);
        a.loop(groups, group);
    }

    /** The scales of a run as floats to scratch memory, block of features by block, and where those of its first row lie. */
    private void scales(Gp factor, Gp column, Gp table, int blocks, Vec t) {
        a.mov(factor, Operand.at(table, 16));
        a.add(factor, column); // 32 features have 16 scales of two bytes
        for (int b = 0; b < blocks; b++) {
            for (int p = 0; p < parts; p++) {
                a.vcvtph2ps(t, Operand.at(factor, SCALED * b + 2 * isa.lanes() * p));
                a.vmovups(argument(SCRATCH + LINE * b + 4 * isa.lanes() * p), t);
            }
        }
        a.lea(factor, argument(SCRATCH));
        a.add(factor, Operand.at(table, 24));
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
