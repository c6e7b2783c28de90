package dev.jemma.kernel.x86;

/** What the last operand of a vector instruction may be: a vector register or memory. */
sealed interface Operand {

    /** Vector register {@code number} seen {@code bits} wide: 128, 256 or 512; numbers from 16 on need AVX-512. */
    record Vec(int number, int bits) implements Operand {
        /** The low 128 bits. */
        Vec x() {
            return new Vec(number, 128);
        }

        /** The low 256 bits. */
        Vec y() {
            return new Vec(number, 256);
        }
    }

    /**
     * Memory at base + index·scale + displacement.
     *
     * @param index RSP for none, as in the encoding
     * @param broadcast one 32-bit element that meets every lane (AVX-512)
     */
    record Mem(Gp base, Gp index, int scale, int displacement, boolean broadcast) implements Operand {
        /** The same, {@code bytes} further. */
        Mem plus(int bytes) {
            return new Mem(base, index, scale, displacement + bytes, broadcast);
        }

        /** The element at this address for every lane. */
        Mem each() {
            return new Mem(base, index, scale, displacement, true);
        }
    }

    /** Memory at {@code base + displacement}. */
    static Mem at(Gp base, int displacement) {
        return new Mem(base, Gp.RSP, 1, displacement, false);
    }

    /** Memory at {@code base + index·scale + displacement}. */
    static Mem at(Gp base, Gp index, int scale, int displacement) {
        if (index == Gp.RSP) {
            throw new IllegalArgumentException("rsp cannot be an index");
        }
        return new Mem(base, index, scale, displacement, false);
    }
}
