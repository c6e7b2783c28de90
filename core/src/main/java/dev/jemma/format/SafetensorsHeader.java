package dev.jemma.format;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The head of one safetensors file: 8 bytes of length, then JSON. Data of tensors may not overlap nor leave the file;
 * tensors of element types that Jemma does not read are kept by name, since a model's ignored parts may use them.
 *
 * @param metadata the strings of {@code __metadata__}
 * @param tensors readable tensors with the place of their data, by rising place
 * @param unsupported name and element type of the others
 */
record SafetensorsHeader(Map<String, String> metadata, List<TensorPlace> tensors, Map<String, String> unsupported) {
    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final int MAX_DIMENSIONS = 8;
    private static final int MAX_METADATA = 4096;
    private static final Optional<DType> F32 = Optional.of(DType.F32);
    private static final Optional<DType> F16 = Optional.of(DType.F16);
    private static final Optional<DType> BF16 = Optional.of(DType.BF16);
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static SafetensorsHeader read(FileBytes file) {
        if (file.size() < 10) {
            throw new FormatException(file.path() + " is too short for a safetensors file: fetch it again");
        }
        byte[] head = new byte[8];
        file.read(0, MemorySegment.ofArray(head));
        long length = MemorySegment.ofArray(head).get(LENGTH, 0);
        if (length < 2 || length > MAX_HEADER_BYTES || length > file.size() - 8) {
            throw new FormatException(
                    file.path() + " is not a safetensors file, or it is damaged: its header would take "
                            + Long.toUnsignedString(length) + " bytes of " + file.size());
        }
        byte[] text = new byte[(int) length];
        file.read(8, MemorySegment.ofArray(text));
        String source = file.path().toString();
        return JsonReader.stream(
                text, source, json -> new Parser(json, source, 8 + length, file.size() - 8 - length).parse());
    }

    /** Reads token by token: a tree of a header with many small tensors would take many times its bytes. */
    private static final class Parser {
        private final JsonParser json;
        private final String source;
        private final long dataStart;
        private final long dataBytes;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final Map<String, String> unsupported = new LinkedHashMap<>();
        private final List<TensorPlace> entries = new ArrayList<>();
        private final List<TensorPlace> ranges = new ArrayList<>(); // of all tensors that have data

        // the tensor being read
        private String dtype = "";
        private final long[] shape = new long[MAX_DIMENSIONS];
        private int dimensions;
        private final long[] offsets = new long[2];

        Parser(JsonParser json, String source, long dataStart, long dataBytes) {
            this.json = json;
            this.source = source;
            this.dataStart = dataStart;
            this.dataBytes = dataBytes;
        }

        SafetensorsHeader parse() {
            expect(JsonToken.START_OBJECT, "the header");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                if (name.equals("__metadata__")) {
                    metadata();
                } else {
                    tensor(name);
                }
            }
            requireApart();
            entries.sort(Comparator.comparingLong(TensorPlace::position));
            return new SafetensorsHeader(metadata, entries, unsupported);
        }

        private void metadata() {
            expect(JsonToken.START_OBJECT, "__metadata__");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String key = json.currentName();
                if (json.nextToken() == JsonToken.VALUE_STRING) {
                    metadata.put(key, json.getString());
                } else {
                    json.skipChildren();
                }
                if (metadata.size() > MAX_METADATA) {
                    throw error("__metadata__ holds more than " + MAX_METADATA + " entries");
                }
            }
        }

        private void tensor(String name) {
            expect(JsonToken.START_OBJECT, name);
            dtype = "";
            dimensions = -1;
            int offsetCount = -1;
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                switch (field) {
                    case "dtype" -> {
                        expect(JsonToken.VALUE_STRING, name);
                        dtype = json.getString();
                    }
                    case "shape" -> dimensions = numbers(shape, name);
                    case "data_offsets" -> offsetCount = numbers(offsets, name);
                    default -> {
                        json.nextToken();
                        json.skipChildren();
                    }
                }
            }
            if (dtype.isEmpty() || dimensions < 0 || offsetCount != 2) {
                throw error("tensor " + Names.shown(name) + " lacks dtype, shape or two data_offsets");
            }
            place(name, offsets[0], offsets[1]);
        }

        private void place(String name, long begin, long end) {
            if (begin < 0 || end < begin || end > dataBytes) {
                throw error("tensor " + Names.shown(name) + " lies outside the file (bytes " + begin + " to " + end
                        + " of " + dataBytes + "): the file is cut short or damaged; fetch it again");
            }
            Optional<DType> type = type(dtype);
            if (type.isEmpty()) {
                unsupported.put(name, Names.shown(dtype));
                if (end > begin) { // its type and shape are nobody's business, only the bytes it takes
                    ranges.add(new TensorPlace(
                            new TensorInfo(name, DType.F32, List.of(), end - begin), dataStart + begin));
                }
                return;
            }
            long bytesEach = type.get().blockBytes();
            long elements = elements(name);
            if (elements > dataBytes / bytesEach || elements * bytesEach != end - begin) {
                throw error("tensor " + Names.shown(name) + " has " + (end - begin) + " bytes, not the " + bytesEach
                        + " × " + elements + " of its shape: the file is damaged");
            }
            TensorPlace place =
                    new TensorPlace(new TensorInfo(name, type.get(), dimensions(), end - begin), dataStart + begin);
            entries.add(place);
            if (end > begin) {
                ranges.add(place);
            }
        }

        private List<Long> dimensions() {
            Long[] boxed = new Long[dimensions];
            for (int i = 0; i < dimensions; i++) {
                boxed[i] = shape[i];
            }
            return List.of(boxed);
        }

        private long elements(String name) {
            long elements = 1;
            for (int i = 0; i < dimensions; i++) {
                if (shape[i] < 0 || Math.multiplyHigh(elements, shape[i]) != 0 || elements * shape[i] < 0) {
                    throw error("tensor " + Names.shown(name) + " has an impossible shape");
                }
                elements *= shape[i];
            }
            return elements;
        }

        private void requireApart() {
            ranges.sort(Comparator.comparingLong(TensorPlace::position));
            for (int i = 1; i < ranges.size(); i++) {
                TensorPlace before = ranges.get(i - 1);
                if (ranges.get(i).position() < before.position() + before.info().byteSize()) {
                    throw error("tensors " + Names.shown(before.info().name()) + " and "
                            + Names.shown(ranges.get(i).info().name()) + " overlap: the file is damaged");
                }
            }
        }

        /** Reads an array of whole numbers into {@code to} and returns how many there are. */
        private int numbers(long[] to, String name) {
            expect(JsonToken.START_ARRAY, name);
            int n = 0;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (n == to.length
                        || json.currentToken() != JsonToken.VALUE_NUMBER_INT
                        || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                    throw error("tensor " + Names.shown(name) + " has a shape or data_offsets that make no sense");
                }
                to[n++] = json.getLongValue();
            }
            return n;
        }

        private void expect(JsonToken token, String what) {
            if (json.nextToken() != token) {
                throw error(Names.shown(what) + " is not as the safetensors format has it: the file is damaged");
            }
        }

        private FormatException error(String problem) {
            return new FormatException(source + ": " + problem);
        }

        private static Optional<DType> type(String dtype) {
            return switch (dtype) {
                case "F32" -> F32;
                case "F16" -> F16;
                case "BF16" -> BF16;
                default -> Optional.empty();
            };
        }
    }
}
