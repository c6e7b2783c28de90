package dev.jemma.train.optimizer;

import dev.jemma.tensor.Tensor;
import dev.jemma.train.tape.Parameter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A float32 tensor of a run's state, row after row whatever its layout in memory: what a checkpoint keeps.
 *
 * @param name its name in a checkpoint
 * @param shape as files state it
 * @param rows rows that are read and written
 * @param cols length of a row
 * @param access the memory behind it
 */
public record StateTensor(String name, List<Long> shape, int rows, int cols, Access access) {
    /** Reading and writing of rows. */
    public interface Access {
        /** Copies row {@code row} out. */
        void read(int row, float[] target);

        /** Replaces row {@code row}. */
        void write(int row, float[] source);
    }

    /** Memory that is laid out as a parameter's values. */
    public static StateTensor like(Parameter parameter, String name, MemorySegment data) {
        List<Long> shape = parameter.isNorm()
                ? List.of((long) parameter.cols())
                : List.of((long) parameter.rows(), (long) parameter.cols());
        return new StateTensor(name, shape, parameter.rows(), parameter.cols(), new Access() {
            @Override
            public void read(int row, float[] target) {
                parameter.readRow(data, row, target);
            }

            @Override
            public void write(int row, float[] source) {
                parameter.writeRow(data, row, source);
            }
        });
    }

    /** A vector [1, n] as it lies. */
    public static StateTensor vector(String name, Tensor vector) {
        int n = vector.cols();
        return new StateTensor(name, List.of((long) n), 1, n, new Access() {
            @Override
            public void read(int row, float[] target) {
                MemorySegment.copy(vector.data(), ValueLayout.JAVA_FLOAT, 0, target, 0, n);
            }

            @Override
            public void write(int row, float[] source) {
                MemorySegment.copy(source, 0, vector.data(), ValueLayout.JAVA_FLOAT, 0, n);
            }
        });
    }
}
