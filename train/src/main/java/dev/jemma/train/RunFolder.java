package dev.jemma.train;

import dev.jemma.format.JsonText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of a run: {@code config.yaml} (what ran), {@code metrics.jsonl} (a line a step), {@code checkpoints},
 * {@code samples}.
 */
public final class RunFolder {
    private static final String METRICS = "metrics.jsonl";

    private final Path path;

    private RunFolder(Path path) {
        this.path = path;
    }

    /**
     * A run's folder, made if it is not there.
     *
     * @throws TrainException if it cannot be made
     */
    public static RunFolder open(Path path) {
        try {
            Files.createDirectories(path.resolve("checkpoints"));
            Files.createDirectories(path.resolve("samples"));
        } catch (IOException e) {
            throw new TrainException(path + " cannot be used as the folder of a run: " + e, e);
        }
        return new RunFolder(path);
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Its checkpoints. */
    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    /** Its metrics: one JSON object a line. */
    public Path metrics() {
        return path.resolve(METRICS);
    }

    /** Replaces {@code config.yaml}. */
    void config(Map<String, Object> values) {
        write(path.resolve("config.yaml"), YamlText.of(values));
    }

    /** Adds the text that the model of a step wrote. */
    void sample(long step, String text) {
        write(path.resolve("samples").resolve("step-%08d.txt".formatted(step)), text);
    }

    private static void write(Path file, String text) {
        try {
            Path partial = file.resolveSibling("." + file.getFileName() + ".part");
            Files.writeString(partial, text, StandardCharsets.UTF_8);
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new TrainException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Adds a line to the metrics. */
    void metric(Map<String, Object> fields) {
        byte[] line =
                (new String(JsonText.compact(fields), StandardCharsets.UTF_8) + "\n").getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(metrics(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            ByteBuffer buffer = ByteBuffer.wrap(line);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new TrainException(metrics() + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Bytes of the metrics, all of them on the disk. */
    long metricsBytes() {
        try (FileChannel channel = FileChannel.open(metrics(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.force(true);
            return channel.size();
        } catch (IOException e) {
            throw new TrainException(metrics() + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Cuts what was written to the metrics after a checkpoint. */
    void cutMetrics(long bytes) {
        try (FileChannel channel = FileChannel.open(metrics(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        } catch (IOException e) {
            throw new TrainException(metrics() + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Deletes a folder with all that is in it. */
    static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> paths = all.sorted(Comparator.reverseOrder()).toList();
            for (Path p : paths) {
                Files.deleteIfExists(p);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new TrainException(folder + " cannot be deleted: " + e.getMessage(), e);
        }
    }
}
