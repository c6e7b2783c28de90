package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Forward;
import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the products of panels of floating-point weights, [k][16] as float32, float16 or bfloat16, with groups of
 * {@code tokens} rows of float32 activations as they lie: {@code acc = fma(w[k], x[k], acc)}, k ascending. One
 * accumulator per row and token; the activations meet their lanes by broadcast. A chain of additions is as slow as one
 * addition takes, so beside one token four panels go together ({@link #PANELS} then counts fours).
 */
public final class FloatCode {
    /** What the weights are. */
    public enum Form {
        /** float32. */
        F32(4),
        /** float16. */
        F16(2),
        /** The upper half of a float32. */
        BF16(2);

        private final int bytes;

        Form(int bytes) {
            this.bytes = bytes;
        }
    }

    /** Byte offsets of the arguments, 64 bits each: where the operands begin in their segments. */
    public static final int W = 0;

    public static final int X = 8;
    public static final int Y = 16;
    /** How many panels, groups of tokens, and columns. */
    public static final int PANELS = 24;

    public static final int GROUPS = 32;
    public static final int COLS = 40;
    /** Bytes from panel to panel, from token to token in x, in y, from group to group in x. */
    public static final int PANEL_BYTES = 48;

    public static final int X_STRIDE = 56;
    public static final int Y_STRIDE = 64;
    public static final int X_GROUP_BYTES = 72;
    /** Bytes of the arguments. */
    public static final int BYTES = 80;

    /** Panels that go together beside one token. */
    public static final int TOGETHER = 4;

    private static final int AHEAD = 2048;

    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp PANEL = Gp.RSI;
    private static final Gp INPUT = Gp.RDX;
    private static final Gp OUTPUT = Gp.RCX;
    private static final Gp COUNT = Gp.RAX;
    private static final Gp WEIGHT = Gp.R8;
    private static final Gp STRIDE = Gp.R9;
    private static final Gp STRIDE3 = Gp.R10;
    private static final Gp GROUP_COUNT = Gp.R11;
    private static final Gp PANEL_COUNT = Gp.RBX;
    private static final Gp GROUP = Gp.RBP;
    private static final Gp TOKEN = Gp.R12;
    /** Tokens 0, 4 and 8 of a group; the others lie 1, 2 and 3 strides further. */
    private static final Gp[] QUADS = {Gp.R13, Gp.R14, Gp.R15};

    private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15};

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final Form form;
    private final int tokens;
    /** Registers of a panel, and panels that are computed together. */
    private final int parts;

    private final int together;
    private final Vec[][] acc;

    private FloatCode(Isa isa, Form form, int tokens, int together) {
        this.isa = isa;
        this.form = form;
        this.tokens = tokens;
        parts = 16 / isa.lanes();
        this.together = together;
        int registers = parts * together;
        acc = new Vec[tokens][registers];
        for (int i = 0; i < tokens * registers; i++) {
            acc[i / registers][i % registers] = isa.register(i);
        }
    }

    /** The most tokens of a group. */
    public static int maxTokens(Isa isa) {
        return isa.wide() ? 12 : 6;
    }

    /** The code for groups of {@code tokens} tokens. */
    public static byte[] emit(Isa isa, Form form, int tokens) {
        return emit(isa, form, tokens, 1);
    }

    /** The code for single tokens and {@link #TOGETHER} panels at a time. */
    public static byte[] emitForOne(Isa isa, Form form) {
        return emit(isa, form, 1, TOGETHER);
    }

    private static byte[] emit(Isa isa, Form form, int tokens, int together) {
        FloatCode code = new FloatCode(isa, form, tokens, together);
        code.panels();
        return code.a.finish();
    }

    private static Mem argument(int offset) {
        return Operand.at(ARGUMENTS, offset);
    }

    private void panels() {
        for (Gp r : SAVED) {
            a.push(r);
        }
        a.add(PANEL, argument(W));
        a.add(INPUT, argument(X));
        a.add(OUTPUT, argument(Y));
        a.mov(STRIDE, argument(together == 1 ? X_STRIDE : PANEL_BYTES));
        a.lea(STRIDE3, Operand.at(STRIDE, STRIDE, 2, 0));
        a.mov(PANEL_COUNT, argument(PANELS));
        Label panel = a.here();
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
        for (int i = 0; i < together; i++) {
            a.add(PANEL, argument(PANEL_BYTES));
        }
        a.add(OUTPUT, 64 * together);
        a.loop(PANEL_COUNT, panel);
        a.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.ret();
    }

    /** One panel times one group of tokens. Memory is fetched ahead for the first group; the others find it near. */
    private void group(boolean fetching) {
        columns(fetching);
        for (Vec[] token : acc) {
            for (int p = 0; p < token.length; p++) {
                a.vmovups(Operand.at(TOKEN, 64 / parts * p), token[p]);
            }
            a.add(TOKEN, argument(Y_STRIDE));
        }
        a.add(GROUP, argument(X_GROUP_BYTES));
    }

    private void columns(boolean fetching) {
        a.mov(WEIGHT, PANEL);
        a.mov(QUADS[0], GROUP);
        for (int q = 1; q < Math.ceilDiv(tokens, 4); q++) {
            a.lea(QUADS[q], Operand.at(QUADS[q - 1], STRIDE, 4, 0));
        }
        for (Vec[] token : acc) {
            for (Vec v : token) {
                a.vpxor(v, v, v);
            }
        }
        a.mov(COUNT, argument(COLS));
        Label column = a.here();
        int w = tokens * parts * together;
        for (int i = 0; i < together && fetching; i++) {
            a.prefetcht0(strides(WEIGHT, i).plus(AHEAD));
        }
        if (together > 1) {
            panelsTogether(w);
        } else {
            tokensTogether(w);
        }
        a.add(WEIGHT, 16 * form.bytes);
        for (int q = 0; q < Math.ceilDiv(tokens, 4); q++) {
            a.add(QUADS[q], 4);
        }
        a.loop(COUNT, column);
    }

    /** {@code base} and i = 0 … 3 strides. */
    private static Mem strides(Gp base, int i) {
        return switch (i) {
            case 0 -> Operand.at(base, 0);
            case 1 -> Operand.at(base, STRIDE, 1, 0);
            case 2 -> Operand.at(base, STRIDE, 2, 0);
            default -> Operand.at(base, STRIDE3, 1, 0);
        };
    }

    /** One column of several panels times one token. */
    private void panelsTogether(int free) {
        Vec w = isa.register(free);
        Vec t = isa.register(free + 1);
        a.vbroadcastss(t, Operand.at(QUADS[0], 0));
        for (int i = 0; i < together; i++) {
            for (int p = 0; p < parts; p++) {
                load(w, strides(WEIGHT, i), p);
                a.vfmadd231ps(acc[0][i * parts + p], w, t);
            }
        }
    }

    /** One column of one panel times several tokens. */
    private void tokensTogether(int w) {
        for (int p = 0; p < parts; p++) {
            load(isa.register(w + p), Operand.at(WEIGHT, 0), p);
        }
        for (int c = 0; c < tokens; c++) {
            Mem x = strides(QUADS[c / 4], c % 4);
            if (isa.wide()) {
                a.vfmadd231ps(acc[c][0], isa.register(w), x.each());
            } else {
                Vec t = isa.register(w + parts);
                a.vbroadcastss(t, x);
                for (int p = 0; p < parts; p++) {
                    a.vfmadd231ps(acc[c][p], isa.register(w + p), t);
                }
            }
        }
    }

    private void load(Vec v, Mem panel, int part) {
        Mem line = panel.plus(part * isa.lanes() * form.bytes);
        switch (form) {
            case F32 -> a.vmovups(v, line);
            case F16 -> a.vcvtph2ps(v, line);
            case BF16 -> {
                a.vpmovzxwd(v, line);
                a.vpslld(v, v, 16);
            }
        }
    }
}
