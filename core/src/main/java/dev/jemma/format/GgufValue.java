package dev.jemma.format;

import java.util.List;

/** A metadata value of a GGUF file, kept as compactly as the file keeps it: vocabularies hold 262,144 entries. */
public sealed interface GgufValue {
    /** The type in the file; {@link GgufType#ARRAY} for both kinds of array. */
    GgufType type();

    /** A string. */
    record Text(String value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.STRING;
        }
    }

    /** A whole number; a U64 above 2^63 − 1 is held as the negative number of the same bits. */
    record Whole(GgufType type, long value) implements GgufValue {}

    /** A floating-point number. */
    record Real(GgufType type, double value) implements GgufValue {}

    /** A truth value. */
    record Flag(boolean value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.BOOL;
        }
    }

    /** An array of numbers or truth values: the file's own bytes, little-endian. */
    record Numbers(GgufType elementType, byte[] bytes) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.ARRAY;
        }

        /** Number of elements. */
        public int size() {
            return bytes.length / elementType.bytes();
        }
    }

    /** An array of strings. */
    record Texts(List<String> values) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.ARRAY;
        }
    }
}
