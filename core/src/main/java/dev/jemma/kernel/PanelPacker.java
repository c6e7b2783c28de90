package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Packs rows of a file into panels ({@link PanelLayout}). Models are loaded by a JVM that has compiled nothing yet, so
 * this is plain loops over plain arrays, four codes to a word, which run well from the first compiler on; blocks of all
 * types begin at even bytes, so the file's side is an array of shorts. Panel by panel: ranges that start at multiples of
 * 16 rows never touch the same memory.
 */
final class PanelPacker implements MatrixBuilder {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Ints of a line, one a lane. */
    private static final int LINE = PanelLayout.LINE / Integer.BYTES;

    private static final int NIBBLES = 0x0f0f0f0f;
    /** Bit 4j + i of a byte's index goes to bit j of byte i: where the fifth bits of two quads of codes belong. */
    private static final int[] SPREAD = spread();

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final PackedMatrix matrix;
    private final PanelLayout layout;
    private final int rowShorts;
    private final int blockShorts;
    /** Blocks of the file in a row. */
    private final int blocks;

    /** A panel as it lies in the file and as it is packed; grows to the largest. */
    private static final class Scratch {
        short[] raw = {};
        int[] panel = {};
    }

    PanelPacker(DType type, int rows, int cols, Arena arena) {
        layout = new PanelLayout(type, cols);
        long bytes = Math.multiplyExact(Math.ceilDiv((long) rows, ROWS), (long) layout.panelBytes);
        matrix = new PackedMatrix(layout, rows, arena.allocate(bytes, PanelLayout.LINE));
        rowShorts = Math.toIntExact(type.bytesFor(cols) / Short.BYTES);
        blockShorts = type.blockBytes() / Short.BYTES;
        blocks = cols / type.blockElements();
    }

    private static int[] spread() {
        int[] table = new int[256];
        for (int value = 0; value < table.length; value++) {
            for (int bit = 0; bit < 8; bit++) {
                table[value] |= ((value >> bit) & 1) << (8 * (bit & 3) + bit / 4);
            }
        }
        return table;
    }

    @Override
    public void put(int firstRow, MemorySegment raw) {
        long rowBytes = layout.type.bytesFor(layout.cols);
        int count = Math.toIntExact(raw.byteSize() / Math.max(1, rowBytes));
        if (firstRow % ROWS != 0 || count * rowBytes != raw.byteSize() || count > matrix.rows() - firstRow) {
            throw new IllegalArgumentException(raw.byteSize() + " bytes at row " + firstRow
                    + " are not whole rows that start a panel of [" + matrix.rows() + ", " + layout.cols + "]");
        }
        Scratch scratch = SCRATCH.get();
        int rawShorts = Math.multiplyExact(ROWS, rowShorts);
        int panelInts = layout.panelBytes / Integer.BYTES;
        if (scratch.raw.length < rawShorts || scratch.panel.length < panelInts) {
            scratch.raw = new short[rawShorts];
            scratch.panel = new int[panelInts];
        }
        for (int row = 0; row < count; row += ROWS) {
            int shorts = Math.min(ROWS, count - row) * rowShorts;
            MemorySegment.copy(raw, SHORT, row * rowBytes, scratch.raw, 0, shorts);
            Arrays.fill(scratch.raw, shorts, rawShorts, (short) 0);
            Arrays.fill(scratch.panel, panelInts - LINE, panelInts, 0); // what pads the last line
            pack(scratch.raw, scratch.panel);
            long at = matrix.panel((firstRow + row) / ROWS);
            MemorySegment.copy(scratch.panel, 0, matrix.data(), INT, at, panelInts);
        }
    }

    @Override
    public Matrix build() {
        return matrix;
    }

    private void pack(short[] raw, int[] panel) {
        switch (layout.type) {
            case F32 -> words(raw, panel);
            case F16, BF16 -> halves(raw, 0, panel, 0);
            case Q8_0 -> q80(raw, panel);
            case Q4_0 -> q40(raw, panel);
            case Q5_0 -> q50(raw, panel);
            case Q4_K -> q4k(raw, panel);
            case Q5_K -> q5k(raw, panel);
            case Q6_K -> q6k(raw, panel);
            default -> throw new IllegalArgumentException(layout.type + " has no panels");
        }
    }

    /** Four bytes in the file's order. */
    private static int word(short[] raw, int at) {
        return (raw[at] & 0xffff) | raw[at + 1] << 16;
    }

    private void words(short[] raw, int[] panel) {
        for (int k = 0; k < layout.cols; k++) {
            for (int lane = 0; lane < ROWS; lane++) {
                panel[LINE * k + lane] = word(raw, lane * rowShorts + 2 * k);
            }
        }
    }

    /** The short at {@code at} of every block of every row, to {@code [block][16]}: two lanes a word. */
    private void halves(short[] raw, int at, int[] panel, int toByte) {
        int to = toByte / Integer.BYTES;
        for (int b = 0; b < blocks; b++) {
            for (int pair = 0; pair < ROWS / 2; pair++) {
                int from = 2 * pair * rowShorts + b * blockShorts + at;
                panel[to + ROWS / 2 * b + pair] = (raw[from] & 0xffff) | raw[from + rowShorts] << 16;
            }
        }
    }

    /** Lines of nibbles from words of nibbles at a shift: of each two words, the second goes above the first. */
    private static void nibbles(short[] raw, int from, int shift, int lines, int[] panel, int to) {
        for (int j = 0; j < lines; j++) {
            int low = (word(raw, from + 4 * j) >>> shift) & NIBBLES;
            int high = (word(raw, from + 4 * j + 2) >>> shift) & NIBBLES;
            panel[to + LINE * j] = low | high << 4;
        }
    }

    /** Block: f16 d; 32 codes. */
    private void q80(short[] raw, int[] panel) {
        for (int b = 0; b < blocks; b++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int from = lane * rowShorts + b * blockShorts + 1;
                int to = 8 * LINE * b + lane;
                for (int j = 0; j < 8; j++) {
                    panel[to + LINE * j] = word(raw, from + 2 * j);
                }
            }
        }
        halves(raw, 0, panel, layout.scaleAt);
    }

    /** Block: f16 d; 16 bytes with elements 0–15 low, 16–31 high. */
    private void q40(short[] raw, int[] panel) {
        for (int b = 0; b < blocks; b++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int from = lane * rowShorts + b * blockShorts + 1;
                int to = 4 * LINE * b + lane;
                nibbles(raw, from, 0, 2, panel, to);
                nibbles(raw, from, 4, 2, panel, to + 2 * LINE);
            }
        }
        halves(raw, 0, panel, layout.scaleAt);
    }

    /** Block: f16 d; 32 fifth bits; 16 bytes as in Q4_0. */
    private void q50(short[] raw, int[] panel) {
        for (int b = 0; b < blocks; b++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int from = lane * rowShorts + b * blockShorts + 1;
                int to = 5 * LINE * b + lane;
                nibbles(raw, from + 2, 0, 2, panel, to);
                nibbles(raw, from + 2, 4, 2, panel, to + 2 * LINE);
                int bits = word(raw, from);
                panel[to + 4 * LINE] = SPREAD[bits & 0xff]
                        | SPREAD[(bits >>> 8) & 0xff] << 2
                        | SPREAD[(bits >>> 16) & 0xff] << 4
                        | SPREAD[bits >>> 24] << 6;
            }
        }
        halves(raw, 0, panel, layout.scaleAt);
    }

    /** Block: f16 d, f16 dmin; 12 bytes of factors; four times 32 bytes with a group of 32 low, the next one high. */
    private void q4k(short[] raw, int[] panel) {
        for (int b = 0; b < blocks; b++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int from = lane * rowShorts + b * blockShorts;
                int to = 8 * 4 * LINE * b + lane;
                for (int g = 0; g < 8; g++) {
                    nibbles(raw, from + 8 + 16 * (g / 2), 4 * (g & 1), 4, panel, to + 4 * LINE * g);
                }
                factors(raw, from + 2, panel, 2 * LINE * b + lane);
            }
        }
        halves(raw, 0, panel, layout.scaleAt);
        halves(raw, 1, panel, layout.minScaleAt);
    }

    /** As Q4_K with 32 bytes before the nibbles: bit g of byte i is the fifth of element i of group g. */
    private void q5k(short[] raw, int[] panel) {
        for (int b = 0; b < blocks; b++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int from = lane * rowShorts + b * blockShorts;
                int to = 8 * 5 * LINE * b + lane;
                for (int g = 0; g < 8; g++, to += 5 * LINE) {
                    nibbles(raw, from + 24 + 16 * (g / 2), 4 * (g & 1), 4, panel, to);
                    int high = 0;
                    for (int j = 0; j < 8; j++) {
                        high |= ((word(raw, from + 8 + 2 * j) >>> g) & 0x01010101) << j;
                    }
                    panel[to + 4 * LINE] = high;
                }
                factors(raw, from + 2, panel, 2 * LINE * b + lane);
            }
        }
        halves(raw, 0, panel, layout.scaleAt);
        halves(raw, 1, panel, layout.minScaleAt);
    }

    /** Six bits each: scales 0–3, minima 0–3, then the low four of 4–7, whose high two lie above the former. */
    private void factors(short[] raw, int from, int[] panel, int line) {
        int scales = word(raw, from);
        int mins = word(raw, from + 2);
        int rest = word(raw, from + 4);
        int scaleTo = layout.groupScaleAt / Integer.BYTES + line;
        int minTo = layout.groupMinAt / Integer.BYTES + line;
        panel[scaleTo] = scales & 0x3f3f3f3f;
        panel[scaleTo + LINE] = (rest & NIBBLES) | ((scales >>> 2) & 0x30303030);
        panel[minTo] = mins & 0x3f3f3f3f;
        panel[minTo + LINE] = ((rest >>> 4) & NIBBLES) | ((mins >>> 2) & 0x30303030);
    }

    /**
     * Block: two halves of 64 bytes of nibbles, two of 32 bytes of bit pairs, 16 scales, f16 d. A half holds 4 groups of
     * 32: the low nibbles of its first 32 bytes, those of the other 32, then the high ones; pair g of byte i of element i.
     */
    private void q6k(short[] raw, int[] panel) {
        for (int b = 0; b < blocks; b++) {
            for (int lane = 0; lane < ROWS; lane++) {
                int from = lane * rowShorts + b * blockShorts;
                int to = 8 * 6 * LINE * b + lane;
                for (int g = 0; g < 8; g++, to += 6 * LINE) {
                    int half = g / 4;
                    nibbles(raw, from + 32 * half + 16 * (g & 1), 2 * (g & 2), 4, panel, to);
                    pairs(raw, from + 64 + 16 * half, 2 * (g & 3), panel, to + 4 * LINE);
                    pairs(raw, from + 72 + 16 * half, 2 * (g & 3), panel, to + 5 * LINE);
                }
                int scaleTo = layout.groupScaleAt / Integer.BYTES + 4 * LINE * b + lane;
                for (int j = 0; j < 4; j++) {
                    panel[scaleTo + LINE * j] = word(raw, from + 96 + 2 * j);
                }
            }
        }
        halves(raw, 104, panel, layout.scaleAt);
    }

    /** A lane of the high bits of 16 codes. */
    private static void pairs(short[] raw, int from, int shift, int[] panel, int to) {
        int high = 0;
        for (int j = 0; j < 4; j++) {
            high |= ((word(raw, from + 2 * j) >>> shift) & 0x03030303) << (2 * j);
        }
        panel[to] = high;
    }
}
