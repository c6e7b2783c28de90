package dev.jemma.kernel;

/**
 * The rows of one sequence in a batch: rows {@code firstRow} … {@code firstRow + rows − 1} hold positions
 * {@code firstPosition} … Position p's key and value lie in row p mod 16 of block {@code blockTable[p / 16]}.
 */
public record Span(int firstRow, int rows, int firstPosition, int[] blockTable) {
    /** Positions of the sequence that exist once this span is stored. */
    public int length() {
        return firstPosition + rows;
    }
}
