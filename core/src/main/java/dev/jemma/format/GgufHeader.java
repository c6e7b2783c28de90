package dev.jemma.format;

import dev.jemma.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the head of one GGUF file: version, metadata, tensor infos. Every count is held against the bytes that are left
 * before anything of that size is made, so that memory stays within a small multiple of the file.
 *
 * @param version 2 or 3
 * @param metadata keys and values
 * @param tensors tensors with the place of their data, in file order
 */
record GgufHeader(int version, GgufMetadata metadata, List<TensorPlace> tensors) {
    private static final int MAGIC = 0x4655_4747; // "GGUF"
    private static final int MAX_DIMENSIONS = 4;
    private static final long DEFAULT_ALIGNMENT = 32;
    private static final long MAX_ALIGNMENT = 1 << 20;

    static GgufHeader read(FileBytes file) {
        ByteCursor in = new ByteCursor(file, "GGUF header");
        if (in.remaining() < 4 || in.u32() != MAGIC) {
            throw new FormatException(file.path() + " is not a GGUF file: it does not start with \"GGUF\"");
        }
        int version = (int) in.u32();
        if (version == 0x0200_0000 || version == 0x0300_0000) {
            throw new FormatException(
                    file.path() + " is a big-endian GGUF file; Jemma reads little-endian ones: convert it first");
        }
        if (version != 2 && version != 3) {
            throw new FormatException(
                    file.path() + " is GGUF version " + version + "; versions 2 and 3 are supported: convert it anew");
        }
        long tensorCount = in.i64();
        long keyCount = in.i64();
        // a key takes at least 8 + 4 + 1 bytes, a tensor 8 + 4 + 4 + 8
        in.require(keyCount, 13, "keys");
        in.require(tensorCount, 24, "tensors");
        Map<String, GgufValue> values = new LinkedHashMap<>();
        for (long i = 0; i < keyCount; i++) {
            String key = in.string();
            if (values.put(key, value(in, key)) != null) {
                throw in.error("key " + Names.shown(key) + " occurs twice");
            }
        }
        GgufMetadata metadata = new GgufMetadata(file.path().toString(), values);
        return new GgufHeader(version, metadata, tensors(in, tensorCount, alignment(in, metadata)));
    }

    private static long alignment(ByteCursor in, GgufMetadata metadata) {
        long alignment = metadata.integer("general.alignment").orElse(DEFAULT_ALIGNMENT);
        if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw in.error("general.alignment is " + alignment + ", not a power of two up to " + MAX_ALIGNMENT);
        }
        return alignment;
    }

    private static GgufValue value(ByteCursor in, String key) {
        GgufType type = type(in, key);
        return switch (type) {
            case U8 -> new GgufValue.Whole(type, in.u8());
            case I8 -> new GgufValue.Whole(type, (byte) in.u8());
            case U16 -> new GgufValue.Whole(type, in.u16());
            case I16 -> new GgufValue.Whole(type, (short) in.u16());
            case U32 -> new GgufValue.Whole(type, in.u32());
            case I32 -> new GgufValue.Whole(type, (int) in.u32());
            case U64, I64 -> new GgufValue.Whole(type, in.i64());
            case F32 -> new GgufValue.Real(type, Float.intBitsToFloat((int) in.u32()));
            case F64 -> new GgufValue.Real(type, Double.longBitsToDouble(in.i64()));
            case BOOL -> new GgufValue.Flag(in.u8() != 0);
            case STRING -> new GgufValue.Text(in.string());
            case ARRAY -> array(in, key);
        };
    }

    private static GgufValue array(ByteCursor in, String key) {
        GgufType element = type(in, key);
        long n = in.i64();
        if (element == GgufType.ARRAY) {
            throw in.error("key " + Names.shown(key) + " holds an array of arrays, which Jemma does not read");
        }
        if (element == GgufType.STRING) {
            in.require(n, 8, "strings of " + Names.shown(key));
            return new GgufValue.Texts(in.strings((int) n));
        }
        in.require(n, element.bytes(), "elements of " + Names.shown(key));
        return new GgufValue.Numbers(element, in.bytes((int) (n * element.bytes())));
    }

    private static GgufType type(ByteCursor in, String key) {
        long id = in.u32();
        return GgufType.ofId((int) id)
                .orElseThrow(() -> in.error("key " + Names.shown(key) + " has the unknown value type " + id));
    }

    private static List<TensorPlace> tensors(ByteCursor in, long count, long alignment) {
        List<TensorPlace> entries = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            entries.add(tensor(in, alignment));
        }
        // Data start at the next multiple of the alignment; until here, an entry's position was relative to that.
        long start = Math.ceilDiv(in.position(), alignment) * alignment;
        long available = Math.max(0, in.size() - start);
        for (int i = 0; i < entries.size(); i++) {
            TensorPlace entry = entries.get(i);
            long size = entry.info().byteSize();
            if (size > available || entry.position() > available - size) {
                throw in.error("tensor " + Names.shown(entry.info().name()) + " lies outside the file (" + size
                        + " bytes from " + entry.position() + " on, of " + available
                        + "): the file is cut short or damaged; fetch it again");
            }
            entries.set(i, new TensorPlace(entry.info(), start + entry.position()));
        }
        return entries;
    }

    private static TensorPlace tensor(ByteCursor in, long alignment) {
        String name = in.string();
        long dimensions = in.u32();
        if (dimensions > MAX_DIMENSIONS) {
            throw in.error("tensor " + Names.shown(name) + " has " + dimensions + " dimensions; at most 4 are allowed");
        }
        Long[] shape = new Long[(int) dimensions];
        long elements = 1;
        for (int d = shape.length - 1; d >= 0; d--) { // stored fastest first, kept outermost first
            long length = in.i64();
            shape[d] = length;
            if (length < 0 || Math.multiplyHigh(elements, length) != 0 || elements * length < 0) {
                throw in.error("tensor " + Names.shown(name) + " has an impossible shape");
            }
            elements *= length;
        }
        long id = in.u32();
        DType type = DType.ofGgmlId((int) id)
                .orElseThrow(() -> in.error("tensor " + Names.shown(name) + " has type " + typeName(id)
                        + ", which Jemma does not read; supported are " + supported()));
        long cols = shape.length == 0 ? 1 : shape[shape.length - 1];
        if (cols % type.blockElements() != 0 || elements / type.blockElements() > Long.MAX_VALUE / type.blockBytes()) {
            throw in.error("tensor " + Names.shown(name) + " has rows of " + cols + " elements, not a multiple of the "
                    + type.blockElements() + " of " + type);
        }
        long offset = in.i64();
        if (offset < 0 || offset % alignment != 0) {
            throw in.error("the data of tensor " + Names.shown(name) + " start at " + Long.toUnsignedString(offset)
                    + ", not at a multiple of " + alignment);
        }
        return new TensorPlace(new TensorInfo(name, type, List.of(shape), type.bytesFor(elements)), offset);
    }

    private static String supported() {
        return String.join(" ", Arrays.stream(DType.values()).map(Enum::name).toList());
    }

    /** Names of the types that exist but are not read here. */
    private static String typeName(long id) {
        return switch ((int) id) {
            case 9 -> "Q8_1";
            case 15 -> "Q8_K";
            case 16 -> "IQ2_XXS";
            case 17 -> "IQ2_XS";
            case 18 -> "IQ3_XXS";
            case 19 -> "IQ1_S";
            case 21 -> "IQ3_S";
            case 22 -> "IQ2_S";
            case 24 -> "I8";
            case 25 -> "I16";
            case 26 -> "I32";
            case 27 -> "I64";
            case 28 -> "F64";
            case 29 -> "IQ1_M";
            case 34 -> "TQ1_0";
            case 35 -> "TQ2_0";
            case 40 -> "NVFP4";
            case 41 -> "Q1_0";
            default -> "number " + id;
        };
    }
}
