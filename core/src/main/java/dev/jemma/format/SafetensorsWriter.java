package dev.jemma.format;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes tensors in safetensors form, as one {@code model.safetensors} or, beyond a given size, as shards with an index.
 * The tensors' bytes follow in the order in which they were declared. Files appear under their names only when
 * {@link #finish} succeeds. Not for use by several threads.
 */
public final class SafetensorsWriter implements AutoCloseable {
    /** The size at which the hub's own tools start a new shard. */
    public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

    private static final String BASE_NAME = "model";

    private final Path folder;
    private final String baseName;
    private final List<List<TensorInfo>> shards;
    private final List<OutputFile> files = new ArrayList<>();
    private final TensorSequence sequence;
    private final int[] shardOf;
    private final long totalBytes;

    private SafetensorsWriter(Path folder, String baseName, List<List<TensorInfo>> shards) {
        this.folder = folder;
        this.baseName = baseName;
        this.shards = shards;
        List<TensorInfo> all = shards.stream().flatMap(List::stream).toList();
        this.sequence = new TensorSequence(all);
        this.totalBytes = all.stream().mapToLong(TensorInfo::byteSize).sum();
        this.shardOf = new int[all.size()];
        int i = 0;
        for (int shard = 0; shard < shards.size(); shard++) {
            for (int n = shards.get(shard).size(); n > 0; n--) {
                shardOf[i++] = shard;
            }
        }
    }

    /**
     * Starts the file or files in {@code folder}.
     *
     * @param tensors of types F32, F16 and BF16
     * @param metadata strings for {@code __metadata__}
     * @param maxShardBytes a shard is closed before a tensor that would make it larger than this
     * @throws dev.jemma.JemmaException if a file cannot be written
     */
    public static SafetensorsWriter create(
            Path folder, List<TensorInfo> tensors, Map<String, String> metadata, long maxShardBytes) {
        return open(new SafetensorsWriter(folder, BASE_NAME, cut(tensors, maxShardBytes)), metadata);
    }

    /**
     * Starts one file {@code baseName.safetensors} in {@code folder}, of whatever size.
     *
     * @throws dev.jemma.JemmaException if it cannot be written
     */
    public static SafetensorsWriter single(
            Path folder, String baseName, List<TensorInfo> tensors, Map<String, String> metadata) {
        return open(new SafetensorsWriter(folder, baseName, List.of(List.copyOf(tensors))), metadata);
    }

    private static SafetensorsWriter open(SafetensorsWriter writer, Map<String, String> metadata) {
        try {
            for (int shard = 0; shard < writer.shards.size(); shard++) {
                OutputFile file = OutputFile.create(writer.folder.resolve(writer.name(shard)));
                writer.files.add(file);
                file.write(head(writer.shards.get(shard), metadata));
            }
            return writer;
        } catch (RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    private static List<List<TensorInfo>> cut(List<TensorInfo> tensors, long maxShardBytes) {
        List<List<TensorInfo>> shards = new ArrayList<>();
        List<TensorInfo> shard = new ArrayList<>();
        shards.add(shard);
        long bytes = 0;
        for (TensorInfo tensor : tensors) {
            if (!shard.isEmpty() && bytes + tensor.byteSize() > maxShardBytes) {
                shard = new ArrayList<>();
                shards.add(shard);
                bytes = 0;
            }
            shard.add(tensor);
            bytes += tensor.byteSize();
        }
        return shards;
    }

    private static byte[] head(List<TensorInfo> tensors, Map<String, String> metadata) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put("__metadata__", metadata);
        }
        long offset = 0;
        for (TensorInfo tensor : tensors) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("dtype", name(tensor.type()));
            fields.put("shape", tensor.shape());
            fields.put("data_offsets", List.of(offset, offset + tensor.byteSize()));
            header.put(tensor.name(), fields);
            offset += tensor.byteSize();
        }
        byte[] text = JsonText.compact(header);
        int padded = Math.ceilDiv(text.length, 8) * 8; // data start at a multiple of 8
        ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(padded).put(text);
        while (head.hasRemaining()) {
            head.put((byte) ' ');
        }
        return head.array();
    }

    private static String name(DType type) {
        return switch (type) {
            case F32, F16, BF16 -> type.name();
            default -> throw new IllegalArgumentException("safetensors cannot hold " + type);
        };
    }

    private String name(int shard) {
        return shards.size() == 1
                ? baseName + ".safetensors"
                : "%s-%05d-of-%05d.safetensors".formatted(baseName, shard + 1, shards.size());
    }

    /** Appends bytes of the tensor that is next in turn; a call never spans two tensors. */
    public void write(MemorySegment bytes) {
        int tensor = sequence.current();
        sequence.advance(bytes.byteSize());
        files.get(shardOf[tensor]).write(bytes);
    }

    /** Ends all files and puts them in place, the index last. */
    public void finish() {
        sequence.requireEnd();
        files.forEach(OutputFile::commit);
        if (shards.size() > 1) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (int shard = 0; shard < shards.size(); shard++) {
                for (TensorInfo tensor : shards.get(shard)) {
                    map.put(tensor.name(), name(shard));
                }
            }
            Map<String, Object> index = new LinkedHashMap<>();
            index.put("metadata", Map.of("total_size", totalBytes));
            index.put("weight_map", map);
            JsonText.write(folder.resolve(baseName + ".safetensors.index.json"), index);
        }
    }

    /** Deletes what was written unless {@link #finish} succeeded. */
    @Override
    public void close() {
        files.forEach(OutputFile::close);
    }
}
