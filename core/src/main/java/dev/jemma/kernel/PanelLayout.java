package dev.jemma.kernel;

import dev.jemma.tensor.DType;

/**
 * Where things lie in a packed matrix. Rows are padded to panels of 16; a 64-byte line has one 32-bit lane per row, so
 * that a vector of any width holds whole rows and the sum of a row never leaves its lane.
 *
 * <ul>
 *   <li>F32, F16, BF16: elements interleaved, [k][16].
 *   <li>8-bit codes: line j of a block of 32 holds elements 4j … 4j+3 of each row as bytes.
 *   <li>4-bit codes: line j holds elements 8j … 8j+3 in the low nibbles of a lane's bytes, 8j+4 … 8j+7 in the high ones;
 *       codes are unsigned, offset by 8, 16 or 32 where the type has signed codes.
 *   <li>5- and 6-bit codes: the nibbles, then the high bits: one line with bit j of byte i for element 4j + i, or two
 *       lines with bits 2j, 2j+1 of byte i for element 4j + i of 16.
 *   <li>After a panel's codes: factors of K-quants, a line for 4 groups (byte g of a lane: group g), first of scales, then
 *       of minima; then the float16 scales [block][16], and last the float16 scales of minima.
 * </ul>
 */
final class PanelLayout {
    /** Rows in a panel. */
    static final int ROWS = MatrixBuilder.ROWS;
    /** Bytes of 16 lanes. */
    static final int LINE = 64;
    /** Elements of a row in one block of code lines. */
    static final int BLOCK = 32;

    final DType type;
    final int cols;
    /** Bits of a code; 0 for floating-point types. */
    final int codeBits;
    /** What was added to codes to make them unsigned. */
    final int codeOffset;
    /** Bytes of 32 elements of 16 rows. */
    final int blockBytes;
    /** Elements that share a scale, and how many such groups a block of the file has. */
    final int groupSize;

    final int groupsPerScale;
    final int groupScaleAt;
    final int groupMinAt;
    final int scaleAt;
    final int minScaleAt;
    final int panelBytes;

    PanelLayout(DType type, int cols) {
        this.type = type;
        this.cols = cols;
        type.bytesFor(cols);
        codeBits = codeBits(type);
        codeOffset = codeBits == 0 || codeBits == 8 || CodeRow.hasMin(type) ? 0 : 1 << (codeBits - 1);
        groupSize = CodeRow.groupSize(type);
        groupsPerScale = Math.max(1, type.blockElements() / groupSize);
        if (codeBits == 0) {
            blockBytes = BLOCK * ROWS * type.blockBytes();
            groupScaleAt = groupMinAt = scaleAt = minScaleAt = Math.multiplyExact(cols, ROWS * type.blockBytes());
        } else {
            blockBytes = BLOCK * ROWS / 8 * codeBits;
            groupScaleAt = Math.multiplyExact(cols / BLOCK, blockBytes);
            int factorBytes = groupsPerScale == 1 ? 0 : ROWS * cols / groupSize;
            groupMinAt = groupScaleAt + factorBytes;
            scaleAt = groupMinAt + (CodeRow.hasMin(type) ? factorBytes : 0);
            minScaleAt = scaleAt + 2 * ROWS * (cols / type.blockElements());
        }
        int end = CodeRow.hasMin(type) ? 2 * minScaleAt - scaleAt : minScaleAt;
        panelBytes = Math.ceilDiv(end, LINE) * LINE;
    }

    /** Whether the type has a packed form; the others stay as they lie in the file. */
    static boolean has(DType type) {
        return !type.isQuantized() || CodeRow.has(type);
    }

    private static int codeBits(DType type) {
        return switch (type) {
            case Q8_0 -> 8;
            case Q4_0, Q4_K -> 4;
            case Q5_0, Q5_K -> 5;
            case Q6_K -> 6;
            default -> 0;
        };
    }

    /** The unsigned, or for 8 bits signed, code of element {@code k} from the lanes that hold it. */
    int code(int k, int low, int high) {
        int shift = 8 * (k & 3);
        if (codeBits == 8) {
            return (byte) (low >> shift);
        }
        int quad = k / 4 % 8;
        int code = (low >>> (shift + 4 * (quad & 1))) & 15;
        if (codeBits == 5) {
            code |= ((high >>> (shift + quad)) & 1) << 4;
        } else if (codeBits == 6) {
            code |= ((high >>> (shift + 2 * (quad & 3))) & 3) << 4;
        }
        return code - codeOffset;
    }

    /** Byte, in a panel, of the line with the low bits of element {@code k}. */
    int lowLine(int k) {
        int inBlock = k % BLOCK;
        return k / BLOCK * blockBytes + (codeBits == 8 ? inBlock / 4 : inBlock / 8) * LINE;
    }

    /** Byte, in a panel, of the line with the high bits of element {@code k}; the low line if there is none. */
    int highLine(int k) {
        return switch (codeBits) {
            case 5 -> k / BLOCK * blockBytes + 4 * LINE;
            case 6 -> k / BLOCK * blockBytes + (4 + k % BLOCK / 16) * LINE;
            default -> lowLine(k);
        };
    }
}
