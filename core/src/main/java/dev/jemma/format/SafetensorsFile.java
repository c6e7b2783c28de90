package dev.jemma.format;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Tensors in safetensors form, in one file or in shards named by a {@code model.safetensors.index.json}. Element types
 * F32, F16 and BF16; a tensor of another type is left out and becomes an error only when it is asked for. Opening reads
 * the headers only. Safe for use by several threads.
 */
public final class SafetensorsFile implements TensorFile {
    private record Place(FileBytes file, long position, TensorInfo info) {}

    /** A name from an index must stay in the index's own folder. */
    private static final Pattern SHARD_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}\\.safetensors");

    private final Path path;
    private final List<FileBytes> files = new ArrayList<>();
    private final List<TensorInfo> tensors = new ArrayList<>();
    private final Map<String, Place> places = new HashMap<>();
    private final Map<String, String> unsupported = new HashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private SafetensorsFile(Path path) {
        this.path = path;
    }

    /**
     * Opens a single file, or all shards that an index ({@code …index.json}) names.
     *
     * @throws FormatException if a file is missing, damaged or not safetensors
     */
    public static SafetensorsFile open(Path path) {
        SafetensorsFile file = new SafetensorsFile(path);
        try {
            if (path.toString().endsWith(".json")) {
                file.addShards(Json.read(path));
            } else {
                file.add(path);
            }
            return file;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void add(Path part) {
        FileBytes file = FileBytes.open(part);
        files.add(file);
        SafetensorsHeader header = SafetensorsHeader.read(file);
        for (TensorPlace entry : header.tensors()) {
            TensorInfo info = entry.info();
            tensors.add(info);
            if (places.put(info.name(), new Place(file, entry.position(), info)) != null) {
                throw new FormatException(part + ": tensor " + Names.shown(info.name()) + " occurs twice");
            }
        }
        for (Map.Entry<String, String> other : header.unsupported().entrySet()) {
            if (places.containsKey(other.getKey()) || unsupported.put(other.getKey(), other.getValue()) != null) {
                throw new FormatException(part + ": tensor " + Names.shown(other.getKey()) + " occurs twice");
            }
        }
        header.metadata().forEach(metadata::putIfAbsent);
    }

    private void addShards(Json index) {
        Json map = index.get("weight_map");
        TreeSet<String> shards = new TreeSet<>();
        for (String tensor : map.keys()) {
            shards.add(map.get(tensor).asString());
        }
        for (String shard : shards) {
            if (!SHARD_NAME.matcher(shard).matches()) {
                throw map.error("names the shard \"" + Names.shown(shard) + "\", which is not a plain file name");
            }
            add(path.resolveSibling(shard));
        }
        for (String tensor : map.keys()) {
            Place place = places.get(tensor);
            String shard = map.get(tensor).asString();
            if (place != null ? !place.file().path().endsWith(shard) : !unsupported.containsKey(tensor)) {
                throw map.error("says that tensor " + Names.shown(tensor) + " is in " + Names.shown(shard)
                        + ", but it is not: fetch the shards again");
            }
        }
    }

    /** The strings of {@code __metadata__}; of several shards, the first that has a key wins. */
    public Map<String, String> metadata() {
        return Map.copyOf(metadata);
    }

    @Override
    public String description() {
        return path.toString();
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.copyOf(tensors);
    }

    /**
     * {@inheritDoc}
     *
     * @throws FormatException if the tensor is there, but of an element type that Jemma does not read
     */
    @Override
    public Optional<TensorInfo> find(String name) {
        String type = unsupported.get(name);
        if (type != null) {
            throw new FormatException(path + ": tensor " + Names.shown(name) + " has element type " + type
                    + ", which Jemma does not read; supported are F32, F16 and BF16");
        }
        return Optional.ofNullable(places.get(name)).map(Place::info);
    }

    /** Names of tensors of element types that Jemma does not read, with the type. */
    public Map<String, String> unsupported() {
        return Map.copyOf(unsupported);
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
