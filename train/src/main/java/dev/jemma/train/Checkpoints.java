package dev.jemma.train;

import dev.jemma.JemmaException;
import dev.jemma.format.FormatException;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.tensor.DType;
import dev.jemma.train.optimizer.StateTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The checkpoints of a run. Each is a folder {@code step-N} with {@code weights.safetensors},
 * {@code optimizer.safetensors} and {@code state.json}, which carries the checksums of the others. A checkpoint is written
 * under another name, made durable, then renamed; so under its own name it is whole, or was damaged since, which the
 * checksums tell.
 */
final class Checkpoints {
    private static final int VERSION = 1;
    private static final String STATE = "state.json";
    private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");
    private static final String PARTIAL = ".partial";

    private final Path folder;

    Checkpoints(Path folder) {
        this.folder = folder;
    }

    /** One that was found whole. */
    record Found(long step, Path path, Json state) {}

    /** Deletes what an interrupted run left half-written or half-deleted. */
    void clean() {
        try (Stream<Path> entries = Files.list(folder)) {
            entries.filter(p -> p.getFileName().toString().endsWith(PARTIAL)).forEach(RunFolder::delete);
        } catch (IOException e) {
            throw new TrainException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Steps of all checkpoints, the newest first. */
    List<Long> steps() {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(p -> NAME.matcher(p.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(m -> Long.parseLong(m.group(1)))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (IOException e) {
            throw new TrainException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Whether there is one of this step. */
    boolean has(long step) {
        return Files.isDirectory(path(step));
    }

    Path path(long step) {
        return folder.resolve("step-%08d".formatted(step));
    }

    /** The newest that is whole; damaged ones are told and passed over. */
    Optional<Found> newest(TrainObserver observer) {
        for (long step : steps()) {
            try {
                return Optional.of(verified(step));
            } catch (JemmaException e) {
                observer.note("checkpoint of step " + step + " is passed over: " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    /** Checks sizes and checksums of a checkpoint. */
    Found verified(long step) {
        Path path = path(step);
        Json state = Json.read(path.resolve(STATE));
        if (state.get("version").asInt() != VERSION) {
            throw state.get("version").error("should be " + VERSION);
        }
        Json content = state.get("state");
        if (!state.get("checksum").asString().equals(checksum(JsonText.compact(content.raw())))) {
            throw new FormatException(path.resolve(STATE) + " is damaged: its checksum is another one");
        }
        Json files = content.get("files");
        for (String name : files.keys()) {
            String now = checksum(path.resolve(name));
            if (!now.equals(files.get(name).asString())) {
                throw new FormatException(path.resolve(name) + " is damaged: its checksum is " + now);
            }
        }
        return new Found(step, path, content);
    }

    /** Writes a checkpoint; the state's fields come back from {@link #newest}. */
    void write(long step, Map<String, List<StateTensor>> tensors, Map<String, Object> state) {
        Path partial = folder.resolve(path(step).getFileName() + PARTIAL);
        try {
            if (Files.exists(partial)) {
                RunFolder.delete(partial);
            }
            Map<String, Object> files = new LinkedHashMap<>();
            for (Map.Entry<String, List<StateTensor>> file : tensors.entrySet()) {
                writeTensors(partial, file.getKey(), file.getValue());
                String name = file.getKey() + ".safetensors";
                files.put(name, checksum(partial.resolve(name)));
            }
            Map<String, Object> content = new LinkedHashMap<>(state);
            content.put("files", files);
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("version", VERSION);
            json.put("checksum", checksum(JsonText.compact(content)));
            json.put("state", content);
            JsonText.write(partial.resolve(STATE), json);
            sync(partial);
            if (Files.exists(path(step))) {
                remove(step);
            }
            Files.move(partial, path(step), StandardCopyOption.ATOMIC_MOVE);
            sync(folder);
        } catch (IOException e) {
            throw new TrainException(partial + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static void writeTensors(Path folder, String name, List<StateTensor> tensors) {
        List<TensorInfo> infos = tensors.stream()
                .map(t -> TensorInfo.of(t.name(), DType.F32, t.shape()))
                .toList();
        try (SafetensorsWriter writer = SafetensorsWriter.single(folder, name, infos, Map.of());
                Arena arena = Arena.ofConfined()) {
            for (StateTensor tensor : tensors) {
                float[] row = new float[tensor.cols()];
                MemorySegment bytes = arena.allocate(4L * row.length, 4);
                for (int r = 0; r < tensor.rows(); r++) {
                    tensor.access().read(r, row);
                    MemorySegment.copy(row, 0, bytes, ValueLayout.JAVA_FLOAT, 0, row.length);
                    writer.write(bytes);
                }
            }
            writer.finish();
        }
    }

    /**
     * Loads tensors of a checkpoint.
     *
     * @throws FormatException if one is missing or of another shape
     */
    static void read(Path checkpoint, String name, List<StateTensor> tensors) {
        try (SafetensorsFile file = SafetensorsFile.open(checkpoint.resolve(name + ".safetensors"));
                Arena arena = Arena.ofConfined()) {
            for (StateTensor tensor : tensors) {
                TensorInfo info = file.find(tensor.name())
                        .filter(i -> i.shape().equals(tensor.shape()) && i.type() == DType.F32)
                        .orElseThrow(() -> new FormatException(file.description() + " holds no " + tensor.name() + " "
                                + tensor.shape() + "; it belongs to another model or another kind of run"));
                float[] row = new float[tensor.cols()];
                MemorySegment bytes = arena.allocate(4L * row.length, 4);
                for (int r = 0; r < tensor.rows(); r++) {
                    file.read(info, 4L * r * row.length, bytes);
                    MemorySegment.copy(bytes, ValueLayout.JAVA_FLOAT, 0, row, 0, row.length);
                    tensor.access().write(r, row);
                }
            }
        }
    }

    /** Deletes all but the newest {@code keep} and the best. */
    void prune(int keep, OptionalLong best) {
        List<Long> steps = new ArrayList<>(steps());
        for (long step : steps.subList(Math.min(keep, steps.size()), steps.size())) {
            if (best.isEmpty() || best.getAsLong() != step) {
                remove(step);
            }
        }
    }

    private void remove(long step) {
        Path gone = folder.resolve(".removed-" + path(step).getFileName() + PARTIAL);
        try {
            Files.move(path(step), gone, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new TrainException(path(step) + " cannot be deleted: " + e.getMessage(), e);
        }
        RunFolder.delete(gone);
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (java.nio.file.AccessDeniedException e) {
            // a system where folders cannot be opened makes renames durable by itself
        }
    }

    private static String checksum(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return "crc32c:%08x:%d".formatted(sum.getValue(), bytes.length);
    }

    private static String checksum(Path file) {
        CRC32C sum = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        long size = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                size += buffer.remaining();
                sum.update(buffer);
                buffer.clear();
            }
        } catch (IOException e) {
            throw new FormatException(file + " cannot be read: " + e.getMessage());
        }
        return "crc32c:%08x:%d".formatted(sum.getValue(), size);
    }
}
