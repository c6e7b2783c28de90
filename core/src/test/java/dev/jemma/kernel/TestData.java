package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.fail;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.CpuFeatures;
import dev.jemma.kernel.x86.EmitException;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random weights and activations, packing, and comparison to the bit. */
final class TestData {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private TestData() {}

    /** Emitted code by every instruction set that this machine has. */
    static List<Kernels> emittedKernels() {
        List<Kernels> all = new ArrayList<>();
        try {
            CodeSpace space = CodeSpace.system();
            CpuFeatures cpu = CpuFeatures.detect(space);
            for (Isa isa : Isa.values()) {
                if (isa.supported(cpu)) {
                    all.add(new X86Kernels(isa, space));
                }
            }
        } catch (EmitException e) {
            return all; // KernelProvidersTest says where that may be
        }
        return all;
    }

    /** A row-major matrix in the file's encoding: random codes; scales finite, now and then zero, negative, subnormal. */
    static MemorySegment weights(Random random, DType type, int rows, int cols) {
        byte[] bytes = new byte[Math.toIntExact(rows * type.bytesFor(cols))];
        MemorySegment raw = MemorySegment.ofArray(bytes);
        if (!type.isQuantized()) {
            for (int i = 0; i < rows * cols; i++) {
                float v = (float) random.nextGaussian() * 0.1f;
                switch (type) {
                    case F32 -> raw.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, v);
                    case F16 -> raw.set(SHORT, 2L * i, half(random));
                    default -> raw.set(SHORT, 2L * i, (short) (Float.floatToRawIntBits(v) >>> 16));
                }
            }
            return raw;
        }
        random.nextBytes(bytes);
        putScales(random, type, raw);
        return raw;
    }

    /** Codes of a quantized type that are all made of one byte, the factors of their groups too. */
    static MemorySegment equalCodes(Random random, DType type, int rows, int cols, int code) {
        MemorySegment raw = MemorySegment.ofArray(new byte[Math.toIntExact(rows * type.bytesFor(cols))]);
        raw.fill((byte) code);
        putScales(random, type, raw);
        return raw;
    }

    private static void putScales(Random random, DType type, MemorySegment raw) {
        for (int at = 0; at < raw.byteSize(); at += type.blockBytes()) {
            switch (type) {
                case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> raw.set(SHORT, at, half(random));
                case Q4_1, Q5_1, Q4_K, Q5_K -> {
                    raw.set(SHORT, at, half(random));
                    raw.set(SHORT, at + 2, half(random));
                }
                case Q2_K -> {
                    raw.set(SHORT, at + 80, half(random));
                    raw.set(SHORT, at + 82, half(random));
                }
                case Q3_K -> raw.set(SHORT, at + 108, half(random));
                case Q6_K -> raw.set(SHORT, at + 208, half(random));
                case MXFP4 -> raw.set(ValueLayout.JAVA_BYTE, at, (byte) (110 + random.nextInt(20)));
                default -> throw new IllegalArgumentException(type.toString());
            }
        }
    }

    private static short half(Random random) {
        return switch (random.nextInt(16)) {
            case 0 -> 0;
            case 1 -> (short) 0x8000;
            case 2 -> (short) random.nextInt(1024);
            case 3 -> (short) (0x8000 | random.nextInt(1024));
            default -> Float.floatToFloat16((float) random.nextGaussian() * 0.05f);
        };
    }

    /** Activations with an outlier here and there and, every ninth row, a block of zeros. */
    static Tensor activations(Random random, Arena arena, int rows, int cols) {
        Tensor x = Tensor.allocate(arena, rows, cols);
        for (int t = 0; t < rows; t++) {
            for (int i = 0; i < cols; i++) {
                float v = (float) random.nextGaussian() * (random.nextInt(50) == 0 ? 20f : 1f);
                x.set(t, i, t % 9 == 8 && i < 32 ? 0f : v);
            }
        }
        return x;
    }

    static Matrix pack(Kernels kernels, Arena arena, DType type, int rows, int cols, MemorySegment raw) {
        MatrixBuilder builder = kernels.matrix(type, rows, cols, arena);
        builder.put(0, raw);
        return builder.build();
    }

    static Tensor linear(Kernels kernels, Workers workers, Arena arena, Tensor x, Matrix w, Precision precision) {
        Tensor y = Tensor.allocate(arena, x.rows(), w.rows());
        kernels.linear(workers, x, List.of(w), List.of(y), precision);
        return y;
    }

    static Tensor copy(Arena arena, Tensor x) {
        Tensor copy = Tensor.allocate(arena, x.rows(), x.cols());
        copy.data().copyFrom(x.data());
        return copy;
    }

    static void assertSameBits(Tensor actual, Tensor expected, String what) {
        for (int t = 0; t < expected.rows(); t++) {
            for (int i = 0; i < expected.cols(); i++) {
                float a = actual.get(t, i);
                float e = expected.get(t, i);
                if (Float.floatToIntBits(a) != Float.floatToIntBits(e)) {
                    fail("%s: [%d, %d] is %s, not %s", what, t, i, a, e);
                }
            }
        }
    }
}
