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

/**
 * The head of one safetensors file: 8 bytes of length, then JSON. Data of tensors may not overlap nor leave the file;
 * tensors of element types that Jemma does not read are kept by name, since a model's ignored parts may use them.
 *
 * @param metadata the strings of {@code __metadata__}
 * @param tensors readable tensors with the place of their data, by rising place
 * @param unsupported name and element type of the others
 */
record SafetensorsHeader(
        Map<String, String> metadata, List<GgufHeader.Entry> tensors, Map<String, String> unsupported) {
    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final int MAX_DIMENSIONS = 8;
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A stretch of data, in bytes from the start of the data. */
    private record Range(String name, long begin, long end) {}

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
        Json header = Json.parse(text, file.path().toString());
        return new Parser(header, 8 + length, file.size() - 8 - length).parse();
    }

    private static final class Parser {
        private final Json header;
        private final long dataStart;
        private final long dataBytes;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final Map<String, String> unsupported = new LinkedHashMap<>();
        private final List<GgufHeader.Entry> entries = new ArrayList<>();
        private final List<Range> ranges = new ArrayList<>();

        Parser(Json header, long dataStart, long dataBytes) {
            this.header = header;
            this.dataStart = dataStart;
            this.dataBytes = dataBytes;
        }

        SafetensorsHeader parse() {
            for (String name : header.keys()) {
                if (name.equals("__metadata__")) {
                    header.find(name).ifPresent(fields -> {
                        for (String key : fields.keys()) {
                            fields.string(key).ifPresent(text -> metadata.put(key, text));
                        }
                    });
                } else {
                    tensor(name, header.get(name));
                }
            }
            ranges.sort(Comparator.comparingLong(Range::begin).thenComparingLong(Range::end));
            for (int i = 1; i < ranges.size(); i++) {
                if (ranges.get(i).begin() < ranges.get(i - 1).end()) {
                    throw header.error("is damaged: tensors "
                            + Names.shown(ranges.get(i - 1).name()) + " and "
                            + Names.shown(ranges.get(i).name()) + " overlap");
                }
            }
            entries.sort(Comparator.comparingLong(GgufHeader.Entry::position));
            return new SafetensorsHeader(metadata, entries, unsupported);
        }

        private void tensor(String name, Json fields) {
            String dtype = fields.get("dtype").asString();
            List<Json> offsets = fields.get("data_offsets").items();
            if (offsets.size() != 2) {
                throw fields.error("should have two data_offsets, not " + offsets.size());
            }
            long begin = offsets.getFirst().asLong();
            long end = offsets.getLast().asLong();
            if (begin < 0 || end < begin || end > dataBytes) {
                throw fields.error("lies outside the file (bytes " + begin + " to " + end + " of " + dataBytes
                        + "): the file is cut short or damaged; fetch it again");
            }
            if (end > begin) {
                ranges.add(new Range(name, begin, end));
            }
            Optional<DType> type = type(dtype);
            if (type.isEmpty()) {
                unsupported.put(name, Names.shown(dtype));
                return;
            }
            List<Long> shape = new ArrayList<>(MAX_DIMENSIONS);
            long elements = 1;
            for (Json item : fields.get("shape").items()) {
                long dimension = item.asLong();
                shape.add(dimension);
                if (shape.size() > MAX_DIMENSIONS
                        || dimension < 0
                        || Math.multiplyHigh(elements, dimension) != 0
                        || elements * dimension < 0) {
                    throw fields.error("has an impossible shape");
                }
                elements *= dimension;
            }
            long bytesEach = type.get().blockBytes();
            if (elements > dataBytes / bytesEach || elements * bytesEach != end - begin) {
                throw fields.error("has " + (end - begin) + " bytes, not the " + bytesEach + " × " + elements
                        + " of its shape: the file is damaged");
            }
            entries.add(new GgufHeader.Entry(new TensorInfo(name, type.get(), shape, end - begin), dataStart + begin));
        }

        private static Optional<DType> type(String dtype) {
            return switch (dtype) {
                case "F32" -> Optional.of(DType.F32);
                case "F16" -> Optional.of(DType.F16);
                case "BF16" -> Optional.of(DType.BF16);
                default -> Optional.empty();
            };
        }
    }
}
