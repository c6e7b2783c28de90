package dev.jemma.format;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A GGUF model, versions 2 and 3, in one file or split into parts. Opening reads the headers only; any part of a split
 * model opens all of it. Safe for use by several threads; reading after {@link #close} is an error.
 */
public final class GgufFile implements TensorFile {
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final String SPLIT_COUNT = "split.count";
    private static final int MAX_PARTS = 9999;

    private record Place(FileBytes file, long position, TensorInfo info) {}

    private final Path path;
    private final List<FileBytes> files;
    private final int version;
    private final GgufMetadata metadata;
    private final List<TensorInfo> tensors;
    private final Map<String, Place> places;

    private GgufFile(Path path, List<FileBytes> files, List<GgufHeader> headers) {
        this.path = path;
        this.files = List.copyOf(files);
        this.version = headers.getFirst().version();
        this.metadata = headers.getFirst().metadata();
        List<TensorInfo> all = new ArrayList<>();
        this.places = new HashMap<>();
        for (int part = 0; part < headers.size(); part++) {
            for (TensorPlace entry : headers.get(part).tensors()) {
                TensorInfo info = entry.info();
                all.add(info);
                if (places.put(info.name(), new Place(files.get(part), entry.position(), info)) != null) {
                    throw new FormatException(
                            files.get(part).path() + ": tensor " + Names.shown(info.name()) + " occurs twice");
                }
            }
        }
        this.tensors = List.copyOf(all);
    }

    /**
     * Opens a model by its file, or by any of its parts ({@code name-00001-of-00003.gguf}).
     *
     * @throws FormatException if it is not a GGUF file that Jemma can read, or a part is missing
     */
    public static GgufFile open(Path path) {
        List<FileBytes> files = new ArrayList<>();
        try {
            files.add(FileBytes.open(path));
            GgufHeader header = GgufHeader.read(files.getFirst());
            long count = header.metadata().integer(SPLIT_COUNT).orElse(1);
            if (count <= 1) {
                return new GgufFile(path, files, List.of(header));
            }
            files.removeFirst().close();
            return openParts(path, (int) Math.min(count, Integer.MAX_VALUE), files);
        } catch (RuntimeException e) {
            files.forEach(FileBytes::close);
            throw e;
        }
    }

    private static GgufFile openParts(Path path, int count, List<FileBytes> files) {
        Path name = Objects.requireNonNull(path.getFileName());
        Matcher part = PART.matcher(name.toString());
        if (!part.matches() || Integer.parseInt(part.group(3)) != count || count > MAX_PARTS) {
            throw new FormatException(path + " is one of " + count
                    + " parts of a split model, but its name does not end" + " in -00001-of-"
                    + String.format("%05d", count) + ".gguf; give all parts their original names");
        }
        List<GgufHeader> headers = new ArrayList<>();
        long tensors = 0;
        for (int i = 0; i < count; i++) {
            FileBytes file = FileBytes.open(
                    path.resolveSibling(String.format("%s-%05d-of-%05d.gguf", part.group(1), i + 1, count)));
            files.add(file);
            GgufHeader header = GgufHeader.read(file);
            if (header.metadata().integer(SPLIT_COUNT).orElse(1) != count
                    || header.metadata().integer("split.no").orElse(i) != i) {
                throw new FormatException(file.path() + " is not part " + (i + 1) + " of " + count
                        + " as its name says: it belongs to another model");
            }
            headers.add(header);
            tensors += header.tensors().size();
        }
        long promised =
                headers.getFirst().metadata().integer("split.tensors.count").orElse(tensors);
        if (promised != tensors) {
            throw new FormatException(path + ": the parts hold " + tensors + " tensors, not the " + promised
                    + " that the first one promises");
        }
        return new GgufFile(path, files, headers);
    }

    /** Whether the file starts with GGUF's four letters. */
    public static boolean looksLike(Path path) {
        try (FileBytes file = FileBytes.open(path)) {
            byte[] head = new byte[4];
            if (file.size() < head.length) {
                return false;
            }
            file.read(0, MemorySegment.ofArray(head));
            return head[0] == 'G' && head[1] == 'G' && head[2] == 'U' && head[3] == 'F';
        }
    }

    /** 2 or 3. */
    public int version() {
        return version;
    }

    /** Keys and values; those of the first part if the model is split. */
    public GgufMetadata metadata() {
        return metadata;
    }

    /** The value of {@code general.architecture}. */
    public String architecture() {
        return metadata.string("general.architecture")
                .orElseThrow(() -> new FormatException(path + " has no key general.architecture: not a model"));
    }

    @Override
    public String description() {
        return path.toString();
    }

    @Override
    public List<TensorInfo> tensors() {
        return tensors;
    }

    @Override
    public Optional<TensorInfo> find(String name) {
        return Optional.ofNullable(places.get(name)).map(Place::info);
    }

    @Override
    public void read(TensorInfo tensor, long offset, MemorySegment target) {
        Place place = places.get(tensor.name());
        if (place == null || !place.info().equals(tensor)) {
            throw new IllegalArgumentException("tensor " + tensor.name() + " is not of " + path);
        }
        Objects.checkFromIndexSize(offset, target.byteSize(), tensor.byteSize());
        place.file().read(place.position() + offset, target);
    }

    /** Bytes of all files together. */
    public long byteSize() {
        return files.stream().mapToLong(FileBytes::size).sum();
    }

    @Override
    public void close() {
        files.forEach(FileBytes::close);
    }
}
