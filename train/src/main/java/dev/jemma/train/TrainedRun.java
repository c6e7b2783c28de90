package dev.jemma.train;

import dev.jemma.format.HfFolder;
import dev.jemma.format.Json;
import dev.jemma.model.Adapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What a run has made, for those who use it elsewhere: one checkpoint's weights, and what they belong to. Its checksums
 * were held when it was opened; nothing of the run is changed.
 *
 * @param folder of the run
 * @param step steps that were made
 * @param weights a safetensors file: all weights of a model, or the matrices of an adapter under PEFT's names
 * @param adapter how the adapter scales, if the run trained one
 * @param base what the run says that it started from, as its user named it
 */
public record TrainedRun(
        Path folder, long step, Path weights, Optional<Adapter.Scaling> adapter, Optional<String> base) {
    /** The line of {@code config.yaml} that names the model that a run starts from: its folder, file or name. */
    public static final String BASE = "model";

    private static final long MAX_CONFIG_BYTES = 1 << 20;
    /** Member of a checkpoint's state. */
    private static final String ADAPTER = "adapter";

    /** Whether a folder looks like that of a run. */
    public static boolean isIn(Path folder) {
        return Files.isDirectory(folder.resolve("checkpoints"));
    }

    /**
     * Opens a run at one of its checkpoints.
     *
     * @throws dev.jemma.JemmaException if the folder is none of a run, or the checkpoint is not there or damaged
     */
    public static TrainedRun open(Path folder, CheckpointChoice choice) {
        if (!isIn(folder)) {
            throw new TrainException(folder + " is not the folder of a training run: it holds no checkpoints");
        }
        Checkpoints checkpoints = new Checkpoints(folder.resolve("checkpoints"));
        Checkpoints.Found found = find(folder, checkpoints, choice);
        return new TrainedRun(
                folder,
                found.step(),
                found.path().resolve(Trainer.WEIGHTS + ".safetensors"),
                found.state().find(ADAPTER).map(TrainedRun::scaling),
                base(folder));
    }

    private static Checkpoints.Found find(Path folder, Checkpoints checkpoints, CheckpointChoice choice) {
        List<Long> steps = checkpoints.steps();
        if (steps.isEmpty()) {
            throw new TrainException(folder + " holds no checkpoint yet");
        }
        if (choice instanceof CheckpointChoice.AtStep(long step)) {
            return at(folder, checkpoints, steps, step);
        }
        Checkpoints.Found last = checkpoints
                .newest(TrainObserver.NONE)
                .orElseThrow(() -> new TrainException("no checkpoint of " + folder + " is whole; the newest is "
                        + checkpoints.path(steps.getFirst())));
        OptionalLong best = last.state().integer("best_step");
        return choice instanceof CheckpointChoice.Best && best.isPresent()
                ? at(folder, checkpoints, steps, best.getAsLong())
                : last;
    }

    private static Checkpoints.Found at(Path folder, Checkpoints checkpoints, List<Long> steps, long step) {
        if (!steps.contains(step)) {
            throw new TrainException(
                    folder + " holds no checkpoint of step " + step + "; there are those of steps " + steps);
        }
        return checkpoints.verified(step);
    }

    /** What a checkpoint's state keeps of an adapter. */
    static void describe(Adapter adapter, Map<String, Object> state) {
        Adapter.Scaling scaling = adapter.scaling();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("rank", scaling.rank());
        json.put("alpha", scaling.alpha());
        json.put("rank_stabilized", scaling.rankStabilized());
        state.put(ADAPTER, json);
    }

    private static Adapter.Scaling scaling(Json json) {
        return new Adapter.Scaling(
                json.get("rank").asInt(),
                json.get("alpha").asDouble(),
                json.get("rank_stabilized").asBool());
    }

    /** What the settings name; else the model in the run's own folder, which a run from nothing leaves there. */
    private static Optional<String> base(Path folder) {
        Path own = folder.resolve("model");
        return named(folder.resolve("config.yaml"))
                .or(() -> Optional.of(own).filter(HfFolder::looksLike).map(Path::toString));
    }

    private static Optional<String> named(Path config) {
        if (!Files.isRegularFile(config)) {
            return Optional.empty();
        }
        try {
            if (Files.size(config) > MAX_CONFIG_BYTES) {
                throw new TrainException(config + " is too large for the settings of a run");
            }
            LoadSettings settings =
                    LoadSettings.builder().setAllowRecursiveKeys(false).build();
            Object value = new Load(settings).loadFromString(Files.readString(config));
            return Objects.requireNonNullElse(value, Map.of()) instanceof Map<?, ?> map
                            && map.get(BASE) instanceof String base
                    ? Optional.of(base)
                    : Optional.empty();
        } catch (IOException e) {
            throw new TrainException(config + " cannot be read: " + e.getMessage(), e);
        } catch (YamlEngineException e) {
            throw new TrainException(config + " is not YAML: " + firstLine(e), e);
        }
    }

    private static String firstLine(YamlEngineException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
