package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Encoder.Forward;
import dev.jemma.kernel.x86.Encoder.Label;
import dev.jemma.kernel.x86.Operand.Vec;

/**
 * Writes the products of packed tiles of a with one packed piece of b: {@code c = fma(a[l], b[l], c)}, l ascending, each
 * element of c in a register from the first l to the last. A tile of a is [k][{@value #TILE_ROWS}], whatever rows of it
 * are used; b is groups of [k][16]; rows and groups of c lie as the arguments say. Registers hold 12 rows × 2 vectors of
 * 512 bits (and 2 of b), or 6 × 2 of 256 bits.
 */
public final class ProductCode {
    /** Rows that a tile has room for. */
    public static final int TILE_ROWS = 12;

    /** Byte offsets of the arguments, 64 bits each: where the operands begin in segments a, b and c. */
    public static final int A = 0;

    public static final int B = 8;
    public static final int C = 16;
    /** Tiles, one below the other in c; at least 1. */
    public static final int TILES = 24;
    /** Length of the sums, at least 1. */
    public static final int K = 32;
    /** Bytes from tile to tile, from group to group of b, from row to row and group to group of c. */
    public static final int TILE_BYTES = 40;

    public static final int B_GROUP_BYTES = 48;
    public static final int C_ROW_BYTES = 56;
    public static final int C_GROUP_BYTES = 64;
    /** 0 if sums start at 0 and not at what c holds. */
    public static final int ACCUMULATE = 72;
    /** Bytes from b to what the next call will read of it. */
    public static final int NEXT_BYTES = 80;
    /** Bytes of the arguments. */
    public static final int BYTES = 88;

    private static final int LINE = 64;
    private static final Gp ARGUMENTS = Gp.RDI;
    private static final Gp LEFT = Gp.RSI;
    private static final Gp RIGHT = Gp.RDX;
    private static final Gp OUTPUT = Gp.RCX;
    private static final Gp TILE_COUNT = Gp.RAX;
    private static final Gp COUNT = Gp.R8;
    private static final Gp PA = Gp.R9;
    private static final Gp PB = Gp.R10;
    private static final Gp PC = Gp.R11;
    private static final Gp B_GROUP = Gp.RBX;
    private static final Gp C_ROW = Gp.RBP;
    private static final Gp C_GROUP = Gp.R12;
    private static final Gp AHEAD = Gp.R13;
    private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13};

    private final Assembler a = new Assembler();
    private final Isa isa;
    private final int groups;
    private final int parts;

    private ProductCode(Isa isa, int groups) {
        this.isa = isa;
        this.groups = groups;
        parts = 16 / isa.lanes();
    }

    /** The most groups of b that go together. */
    public static int maxGroups(Isa isa) {
        return isa.wide() ? 2 : 1;
    }

    /** The code for tiles of which {@code rows} are used, and {@code groups} groups of b. */
    public static byte[] emit(Isa isa, int rows, int groups) {
        ProductCode code = new ProductCode(isa, groups);
        code.tiles(rows);
        return code.a.finish();
    }

    private void tiles(int rows) {
        for (Gp r : SAVED) {
            a.push(r);
        }
        a.add(LEFT, Operand.at(ARGUMENTS, A));
        a.add(RIGHT, Operand.at(ARGUMENTS, B));
        a.add(OUTPUT, Operand.at(ARGUMENTS, C));
        a.mov(B_GROUP, Operand.at(ARGUMENTS, B_GROUP_BYTES));
        a.mov(C_ROW, Operand.at(ARGUMENTS, C_ROW_BYTES));
        a.mov(C_GROUP, Operand.at(ARGUMENTS, C_GROUP_BYTES));
        a.mov(TILE_COUNT, Operand.at(ARGUMENTS, TILES));
        Label tile = a.here();
        int most = isa.wide() ? TILE_ROWS : TILE_ROWS / 2;
        for (int done = 0; done < rows; done += most) {
            block(done, Math.min(most, rows - done));
        }
        a.add(LEFT, Operand.at(ARGUMENTS, TILE_BYTES));
        a.loop(TILE_COUNT, tile);
        a.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.ret();
    }

    /** Rows {@code first} … of a tile, whose c begins at OUTPUT; leaves OUTPUT behind them. */
    private void block(int first, int rows) {
        int vectors = groups * parts;
        Vec[][] acc = new Vec[rows][vectors];
        for (int i = 0; i < rows * vectors; i++) {
            acc[i / vectors][i % vectors] = isa.register(i);
        }
        for (Vec[] row : acc) {
            for (Vec v : row) {
                a.vpxor(v, v, v);
            }
        }
        a.mov(COUNT, Operand.at(ARGUMENTS, ACCUMULATE));
        a.test(COUNT, COUNT);
        Forward fromZero = a.jz();
        a.mov(PC, OUTPUT);
        for (Vec[] row : acc) {
            for (int v = 0; v < vectors; v++) {
                a.vmovups(row[v], element(PC, C_GROUP, v));
            }
            a.add(PC, C_ROW);
        }
        for (int r = 0; r < rows; r++) { // what the next block of rows will read
            for (int g = 0; g < groups; g++) {
                a.prefetcht0(element(PC, C_GROUP, g * parts));
            }
            a.add(PC, C_ROW);
        }
        a.land(fromZero);
        multiply(acc, first);
        for (Vec[] row : acc) {
            for (int v = 0; v < vectors; v++) {
                a.vmovups(element(OUTPUT, C_GROUP, v), row[v]);
            }
            a.add(OUTPUT, C_ROW);
        }
    }

    private void multiply(Vec[][] acc, int first) {
        int vectors = groups * parts;
        int b = acc.length * vectors;
        int spare = b + vectors;
        int spares = Math.min(4, (isa.wide() ? 32 : 16) - spare);
        a.mov(PA, LEFT);
        a.mov(PB, RIGHT);
        a.mov(AHEAD, RIGHT);
        a.add(AHEAD, Operand.at(ARGUMENTS, NEXT_BYTES));
        a.mov(COUNT, Operand.at(ARGUMENTS, K));
        Label next = a.here();
        for (int v = 0; v < vectors; v++) {
            a.vmovups(isa.register(b + v), element(PB, B_GROUP, v));
        }
        for (int g = 0; g < groups; g++) {
            a.prefetcht1(element(AHEAD, B_GROUP, g * parts));
        }
        for (int r = 0; r < acc.length; r++) {
            Vec t = isa.register(spare + r % spares);
            a.vbroadcastss(t, Operand.at(PA, 4 * (first + r)));
            for (int v = 0; v < vectors; v++) {
                a.vfmadd231ps(acc[r][v], isa.register(b + v), t);
            }
        }
        a.add(PA, 4 * TILE_ROWS);
        a.add(PB, LINE);
        a.add(AHEAD, LINE);
        a.loop(COUNT, next);
    }

    /** Vector {@code v} of a row at {@code base}, its groups {@code group} bytes apart. */
    private Operand.Mem element(Gp base, Gp group, int v) {
        int at = v % parts * 4 * isa.lanes();
        return v < parts ? Operand.at(base, at) : Operand.at(base, group, 1, at);
    }
}
