package dev.jemma.eval;

import java.util.List;
import java.util.function.UnaryOperator;

/** Where the rows of a split come from. */
@FunctionalInterface
public interface Source {
    /**
     * All rows, in order.
     *
     * @throws EvalException if they cannot be read; the message names the file looked for
     */
    List<Doc> rows(DataFolder folder);

    /** The first of these files that is there; names below the folder, without the ending. */
    static Source of(String... names) {
        return folder -> folder.rows(List.of(names));
    }

    /** The rows after a change, numbered anew. */
    default Source then(UnaryOperator<List<Doc>> change) {
        return folder -> change.apply(rows(folder));
    }
}
