package dev.jemma.kernel;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this machine, at most 16 lanes, and {@link FloatMath} over vectors: the same operations in the
 * same order, hence the same bits. Everything here is tiny so that it is always inlined; a vector that is returned from
 * a real call would be allocated.
 */
final class VectorMath {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED.length() > Lanes.COUNT
            ? FloatVector.SPECIES_512
            : FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    /** As many shorts as {@link #F} has floats. */
    static final VectorSpecies<Short> S = VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
    /** Lanes: 4, 8 or 16. */
    static final int L = F.length();

    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private VectorMath() {}

    static FloatVector load(MemorySegment data, long at) {
        return FloatVector.fromMemorySegment(F, data, at, LE);
    }

    static IntVector loadInts(MemorySegment data, long at) {
        return IntVector.fromMemorySegment(I, data, at, LE);
    }

    static FloatVector toFloat(IntVector v) {
        return (FloatVector) v.convert(VectorOperators.I2F, 0);
    }

    private static IntVector shorts(short[] data, int at) {
        return (IntVector) ShortVector.fromArray(S, data, at).convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
    }

    static FloatVector brainHalves(short[] data, int at) {
        return shorts(data, at).lanewise(LSHL, 16).reinterpretAsFloats();
    }

    static FloatVector exp(FloatVector x) {
        FloatVector c = x.blend(FloatMath.EXP_MIN, x.lt(FloatMath.EXP_MIN));
        c = c.blend(FloatMath.EXP_MAX, c.compare(VectorOperators.GT, FloatMath.EXP_MAX));
        FloatVector t = c.fma(broadcast(FloatMath.LOG2_E), broadcast(FloatMath.ROUNDER));
        IntVector n = t.reinterpretAsInts().sub(FloatMath.ROUNDER_BITS);
        FloatVector nf = t.sub(FloatMath.ROUNDER);
        FloatVector r = nf.fma(broadcast(-FloatMath.LN2_HIGH), c);
        r = nf.fma(broadcast(-FloatMath.LN2_LOW), r);
        FloatVector p = r.fma(broadcast(FloatMath.E6), broadcast(FloatMath.E5));
        p = p.fma(r, broadcast(FloatMath.E4));
        p = p.fma(r, broadcast(FloatMath.E3));
        p = p.fma(r, broadcast(FloatMath.E2));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector half = n.lanewise(ASHR, 1);
        return p.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(F, value);
    }

    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    }

    static FloatVector tanh(FloatVector u) {
        return broadcast(1f).sub(broadcast(2f).div(exp(u.add(u)).add(1f)));
    }

    static FloatVector gelu(FloatVector g) {
        FloatVector inner = g.mul(FloatMath.GELU_CUBIC).mul(g).fma(g, g);
        return g.div(exp(inner.mul(FloatMath.GELU_EXPONENT)).add(1f));
    }
}
