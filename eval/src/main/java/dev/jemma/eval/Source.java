package dev.jemma.eval;

import java.util.ArrayList;
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

    /** Names of the whole split below the folder, without the ending; none if the rows are no files of the folder. */
    default List<String> names() {
        return List.of();
    }

    /** Names of files with a part of the split, which serve where the whole is not there. */
    default List<String> parts() {
        return List.of();
    }

    /** The first of these files that is there; names below the folder, without the ending. */
    static Source of(String... names) {
        return new Files(List.of(names), List.of(), List.of());
    }

    /** The same, where CSV files have these columns without naming them. */
    static Source ofTable(List<String> columns, String... names) {
        return new Files(List.of(names), List.of(), columns);
    }

    /** The same, or else the first of these files, which hold a part of the split. */
    default Source orPart(String... more) {
        return new Files(names(), List.of(more), List.of());
    }

    /** The rows after a change, numbered anew. */
    default Source then(UnaryOperator<List<Doc>> change) {
        Source before = this;
        return new Source() {
            @Override
            public List<Doc> rows(DataFolder folder) {
                return change.apply(before.rows(folder));
            }

            @Override
            public List<String> names() {
                return before.names();
            }

            @Override
            public List<String> parts() {
                return before.parts();
            }
        };
    }

    /**
     * Files of the folder.
     *
     * @param columns of CSV files that do not name them
     */
    record Files(List<String> names, List<String> parts, List<String> columns) implements Source {
        public Files {
            columns = List.copyOf(columns);
            names = List.copyOf(names);
            parts = List.copyOf(parts);
        }

        @Override
        public List<Doc> rows(DataFolder folder) {
            List<String> all = new ArrayList<>(names);
            all.addAll(parts);
            return folder.rows(all, columns);
        }
    }
}
