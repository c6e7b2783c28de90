package dev.jemma.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The keys and values at the head of a GGUF file, in file order. An absent key gives an empty answer; a key of another
 * type than asked for is an error that names it. Immutable.
 */
public final class GgufMetadata {
    private final String source;
    private final Map<String, GgufValue> values;

    GgufMetadata(String source, Map<String, GgufValue> values) {
        this.source = source;
        this.values = Collections.unmodifiableMap(values);
    }

    /** All keys, in file order. */
    public Set<String> keys() {
        return values.keySet();
    }

    /** Whether there is a value of any type for the key. */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** The value as it stands in the file. */
    public Optional<GgufValue> value(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** All values, in file order. */
    public Map<String, GgufValue> values() {
        return values;
    }

    /** The text of a key; empty if it is absent. Throws a {@link FormatException} if it is no text. */
    public Optional<String> string(String key) {
        return value(key).map(v -> switch (v) {
            case GgufValue.Text text -> text.value();
            default -> throw wrong(key, "a string", v);
        });
    }

    /** A whole number of any width. */
    public OptionalLong integer(String key) {
        GgufValue value = values.get(key);
        return switch (value) {
            case null -> OptionalLong.empty();
            case GgufValue.Whole(GgufType type, long n) when type != GgufType.U64 || n >= 0 -> OptionalLong.of(n);
            default -> throw wrong(key, "a whole number below 2^63", value);
        };
    }

    /** A number, whole or not. F32 values are widened exactly. */
    public OptionalDouble real(String key) {
        GgufValue value = values.get(key);
        return switch (value) {
            case null -> OptionalDouble.empty();
            case GgufValue.Real(GgufType type, double x) -> OptionalDouble.of(x);
            case GgufValue.Whole(GgufType type, long n) when type != GgufType.U64 || n >= 0 -> OptionalDouble.of(n);
            default -> throw wrong(key, "a number", value);
        };
    }

    /** The truth value of a key; empty if it is absent. Throws a {@link FormatException} if it is none. */
    public Optional<Boolean> bool(String key) {
        return value(key).map(v -> switch (v) {
            case GgufValue.Flag flag -> flag.value();
            default -> throw wrong(key, "true or false", v);
        });
    }

    /** An array of strings; elements are decoded when they are asked for. */
    public Optional<List<String>> strings(String key) {
        return value(key).map(v -> switch (v) {
            case GgufValue.Texts texts -> texts.values();
            default -> throw wrong(key, "strings", v);
        });
    }

    /** An array of whole numbers, or a single one, that fit 32 bits. */
    public Optional<int[]> ints(String key) {
        return value(key).map(v -> {
            if (v instanceof GgufValue.Whole whole) {
                return new int[] {exactInt(key, whole.value(), v)};
            }
            if (!(v instanceof GgufValue.Numbers numbers)
                    || !numbers.elementType().isWhole()) {
                throw wrong(key, "whole numbers", v);
            }
            ByteBuffer bytes = little(numbers.bytes());
            int[] result = new int[numbers.size()];
            for (int i = 0; i < result.length; i++) {
                result[i] = exactInt(key, whole(numbers.elementType(), bytes), v);
            }
            return result;
        });
    }

    /** An array of floating-point or whole numbers, or a single one, rounded to float32. */
    public Optional<float[]> floats(String key) {
        return value(key).map(v -> {
            if (v instanceof GgufValue.Real real) {
                return new float[] {(float) real.value()};
            }
            if (!(v instanceof GgufValue.Numbers numbers)
                    || !numbers.elementType().isNumber()) {
                throw wrong(key, "numbers", v);
            }
            ByteBuffer bytes = little(numbers.bytes());
            float[] result = new float[numbers.size()];
            for (int i = 0; i < result.length; i++) {
                result[i] = switch (numbers.elementType()) {
                    case F32 -> bytes.getFloat();
                    case F64 -> (float) bytes.getDouble();
                    default -> (float) whole(numbers.elementType(), bytes);
                };
            }
            return result;
        });
    }

    /** An array of truth values. */
    public Optional<boolean[]> bools(String key) {
        return value(key).map(v -> {
            if (!(v instanceof GgufValue.Numbers numbers) || numbers.elementType() != GgufType.BOOL) {
                throw wrong(key, "an array of true and false", v);
            }
            boolean[] result = new boolean[numbers.size()];
            for (int i = 0; i < result.length; i++) {
                result[i] = numbers.bytes()[i] != 0;
            }
            return result;
        });
    }

    /** Whether the key holds an array. */
    public boolean isArray(String key) {
        return value(key).map(v -> v.type() == GgufType.ARRAY).orElse(false);
    }

    /** A builder that starts empty; {@code source} names the keys' origin in messages. */
    public static Builder builder(String source) {
        return new Builder(source);
    }

    /** Collects keys in the order in which they are to stand in a file; a key that is put again keeps its place. */
    public static final class Builder {
        private final String source;
        private final Map<String, GgufValue> values = new LinkedHashMap<>();

        private Builder(String source) {
            this.source = source;
        }

        /** Puts a value of any type. */
        public Builder value(String key, GgufValue value) {
            values.put(key, value);
            return this;
        }

        /** Puts a text. */
        public Builder string(String key, String value) {
            return value(key, new GgufValue.Text(value));
        }

        /** Puts an unsigned 32-bit number. */
        public Builder u32(String key, long value) {
            if (value < 0 || value > 0xFFFF_FFFFL) {
                throw new IllegalArgumentException(key + " does not fit 32 bits: " + value);
            }
            return value(key, new GgufValue.Whole(GgufType.U32, value));
        }

        /** Rounded to float32, as the format's readers expect. */
        public Builder f32(String key, double value) {
            return value(key, new GgufValue.Real(GgufType.F32, (float) value));
        }

        /** Puts a truth value. */
        public Builder bool(String key, boolean value) {
            return value(key, new GgufValue.Flag(value));
        }

        /** Puts an array of texts. */
        public Builder strings(String key, List<String> value) {
            return value(key, new GgufValue.Texts(List.copyOf(value)));
        }

        /** An array of I32. */
        public Builder ints(String key, int[] value) {
            byte[] bytes = new byte[Math.multiplyExact(4, value.length)];
            little(bytes).asIntBuffer().put(value);
            return value(key, new GgufValue.Numbers(GgufType.I32, bytes));
        }

        /** An array of F32. */
        public Builder floats(String key, float[] value) {
            byte[] bytes = new byte[Math.multiplyExact(4, value.length)];
            little(bytes).asFloatBuffer().put(value);
            return value(key, new GgufValue.Numbers(GgufType.F32, bytes));
        }

        /** An array of BOOL. */
        public Builder bools(String key, boolean[] value) {
            byte[] bytes = new byte[value.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (value[i] ? 1 : 0);
            }
            return value(key, new GgufValue.Numbers(GgufType.BOOL, bytes));
        }

        /** Drops a key if it is there. */
        public Builder remove(String key) {
            values.remove(key);
            return this;
        }

        /** The metadata, in the order in which values were put. */
        public GgufMetadata build() {
            return new GgufMetadata(source, new LinkedHashMap<>(values));
        }
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long whole(GgufType type, ByteBuffer bytes) {
        return switch (type) {
            case U8 -> bytes.get() & 0xFF;
            case I8 -> bytes.get();
            case U16 -> bytes.getShort() & 0xFFFF;
            case I16 -> bytes.getShort();
            case U32 -> bytes.getInt() & 0xFFFF_FFFFL;
            case I32 -> bytes.getInt();
            case U64, I64 -> bytes.getLong();
            case F32, F64, BOOL, STRING, ARRAY -> throw new IllegalArgumentException(type + " is not whole");
        };
    }

    private int exactInt(String key, long n, GgufValue value) {
        if (n != (int) n) {
            throw wrong(key, "whole numbers of 32 bits", value);
        }
        return (int) n;
    }

    private FormatException wrong(String key, String wanted, GgufValue value) {
        String found = switch (value) {
            case GgufValue.Numbers numbers -> "an array of " + numbers.elementType();
            case GgufValue.Texts texts -> "an array of " + texts.values().size() + " strings";
            case GgufValue.Whole whole -> whole.type() + " " + whole.value();
            case GgufValue.Real real -> real.type() + " " + real.value();
            case GgufValue.Text text -> "the string \"" + Names.shown(text.value()) + "\"";
            case GgufValue.Flag flag -> "the truth value " + flag.value();
        };
        return new FormatException(source + ": key " + Names.shown(key) + " should hold " + wanted + ", not " + found);
    }
}
