package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Takes a matrix's rows as they lie in the file and packs them. Ranges may arrive in any order and from several threads
 * at once as long as each range but the last starts and ends at a multiple of {@link #ROWS}.
 */
public interface MatrixBuilder {
    /** Rows that are packed together. */
    int ROWS = 16;

    /** Packs rows {@code firstRow} … from {@code raw}, which holds whole rows in the file's encoding. */
    void put(int firstRow, MemorySegment raw);

    /** The finished matrix; call once, after all rows were put. */
    Matrix build();
}
