package dev.jemma.train.optimizer;

import dev.jemma.kernel.Workers;
import dev.jemma.train.tape.Parameter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Work over flat memory in pieces of fixed length, so that sums do not depend on threads. */
final class Flat {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int PIECE_FLOATS = 1 << 16;

    private Flat() {}

    /** Work on bytes {@code from} (inclusive) to {@code to} (exclusive), whole floats. */
    @FunctionalInterface
    interface Piece {
        void run(long from, long to);
    }

    /** A sum over bytes {@code from} to {@code to}. */
    @FunctionalInterface
    interface PieceSum {
        double run(long from, long to);
    }

    static void each(Workers workers, long floats, Piece work) {
        int pieces = Math.toIntExact(Math.ceilDiv(floats, (long) PIECE_FLOATS));
        workers.run(pieces, (piece, _) -> {
            long from = (long) piece * PIECE_FLOATS;
            work.run(4 * from, 4 * Math.min(floats, from + PIECE_FLOATS));
        });
    }

    static double sum(Workers workers, long floats, PieceSum work) {
        double[] sums = new double[Math.toIntExact(Math.ceilDiv(floats, (long) PIECE_FLOATS))];
        each(workers, floats, (from, to) -> sums[(int) (from / 4 / PIECE_FLOATS)] = work.run(from, to));
        double total = 0;
        for (double sum : sums) {
            total += sum;
        }
        return total;
    }

    /** Σ x² of flat memory, in float64. */
    static double squares(Workers workers, MemorySegment data) {
        return sum(workers, data.byteSize() / 4, (from, to) -> {
            double sum = 0;
            for (long at = from; at < to; at += 4) {
                double v = data.get(FLOAT, at);
                sum += v * v;
            }
            return sum;
        });
    }

    /** Σ gradient² of all parameters. */
    static double squares(Workers workers, List<Parameter> parameters) {
        double total = 0;
        for (Parameter parameter : parameters) {
            total += squares(workers, parameter.gradient());
        }
        return total;
    }
}
