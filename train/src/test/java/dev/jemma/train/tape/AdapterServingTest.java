package dev.jemma.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.adapter.AdapterFolder;
import dev.jemma.format.FormatException;
import dev.jemma.format.Json;
import dev.jemma.infer.Engine;
import dev.jemma.infer.EngineOptions;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.ScoreResult;
import dev.jemma.infer.TokenLogprob;
import dev.jemma.kernel.Precision;
import dev.jemma.model.Adapter;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters in the engine: several in one batch, each as if it were alone; and files that are not what they should be. */
class AdapterServingTest {
    private Rig rig;
    private Adapter lora;
    private Adapter rankStabilized;

    @BeforeEach
    void open() {
        rig = Rig.full("gemma3", "");
        lora = read("gemma3/lora_adapter");
        rankStabilized = read("gemma3/rslora_adapter");
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private Adapter read(String folder) {
        return AdapterFolder.read(Goldens.path(folder), rig.gemma.config(), rig.kernels, rig.arena);
    }

    private Engine engine(boolean prefixCache, int batchRows) {
        return new Engine(
                rig.gemma,
                EmbeddingHead.PLAIN,
                512,
                () -> {
                    throw new AssertionError("nothing is decoded");
                },
                rig.kernels,
                rig.workers,
                Precision.EXACT,
                new EngineOptions(256, 64L << 20, batchRows, 16, prefixCache));
    }

    /** All logits of a result, token by token. */
    private static float[] logits(ScoreResult result) {
        float[] all = new float[result.top().size() * 512];
        for (int t = 0; t < result.top().size(); t++) {
            for (TokenLogprob.Alternative token : result.top().get(t)) {
                all[t * 512 + token.id()] = token.logit();
            }
        }
        return all;
    }

    private static void assertSame(ScoreResult a, ScoreResult b) {
        assertThat(a.logprobs()).isEqualTo(b.logprobs());
        assertThat(logits(a)).isEqualTo(logits(b));
    }

    @Test
    void severalAdaptersShareABatchAndEachAnswersAsTheReference() {
        int[] ids = Goldens.rows(
                        Goldens.json("gemma3/rslora.json").get("inputs").get("input_ids"))
                .getFirst();
        List<ScoreRequest> requests = List.of(
                new ScoreRequest(ids, 1, 512, Optional.of(lora)),
                new ScoreRequest(ids, 1, 512),
                new ScoreRequest(ids, 1, 512, Optional.of(rankStabilized)),
                new ScoreRequest(ids, 1, 512, Optional.of(rankStabilized)));
        try (Engine engine = engine(true, 512);
                Engine small = engine(true, 3)) {
            List<ScoreResult> together = engine.score(requests);
            for (int i = 0; i < requests.size(); i++) {
                assertSame(
                        together.get(i), engine.score(List.of(requests.get(i))).getFirst());
                assertSame(
                        together.get(i), small.score(List.of(requests.get(i))).getFirst());
            }
            float[] wanted = Goldens.tensors("gemma3/lora.safetensors").get("logits_row0");
            assertThat(Goldens.maxDiff(logits(together.getFirst()), java.util.Arrays.copyOf(wanted, 15 * 512)))
                    .isLessThan(5e-5f);
            wanted = Goldens.tensors("gemma3/rslora.safetensors").get("logits_row0");
            assertThat(Goldens.maxDiff(logits(together.get(2)), java.util.Arrays.copyOf(wanted, 15 * 512)))
                    .isLessThan(5e-5f);
            assertThat(logits(together.get(1))).isNotEqualTo(logits(together.getFirst()));
            engine.useAdapter(lora);
            assertSame(engine.score(List.of(requests.get(1))).getFirst(), together.getFirst());
            assertSame(engine.score(List.of(requests.get(2))).getFirst(), together.get(2));
        }
    }

    @Test
    void keysOfOneAdapterAreNeverTakenForThoseOfAnother() {
        int[] ids = new Random(5).ints(70, 3, 512).toArray();
        List<Optional<Adapter>> order = List.of(
                Optional.empty(), Optional.of(lora), Optional.of(rankStabilized), Optional.of(lora), Optional.empty());
        List<ScoreResult> alone = new ArrayList<>();
        try (Engine engine = engine(false, 512)) {
            for (Optional<Adapter> adapter : order) {
                alone.addAll(engine.score(List.of(new ScoreRequest(ids, 50, 512, adapter))));
            }
        }
        try (Engine engine = engine(true, 512)) {
            for (int i = 0; i < order.size(); i++) {
                ScoreRequest request = new ScoreRequest(ids, 50, 512, order.get(i));
                assertSame(engine.score(List.of(request)).getFirst(), alone.get(i));
            }
        }
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() {
        assertThatThrownBy(() -> read("gemma1_mha_adapter_that_is_not_there")).isInstanceOf(FormatException.class);
        try (Rig other = Rig.full("gemma1_mha", "")) {
            assertThatThrownBy(() -> AdapterFolder.read(
                            Goldens.path("gemma3/lora_adapter"), other.gemma.config(), other.kernels, other.arena))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("made for another");
        }
    }

    private Path copy(Path folder) throws IOException {
        for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
            Files.write(folder.resolve(name), Files.readAllBytes(Goldens.path("gemma3/lora_adapter/" + name)));
        }
        return folder;
    }

    @Test
    void kindsThatWouldBeComputedWronglyAreRefusedByName(@TempDir Path folder) throws IOException {
        Path config = copy(folder).resolve("adapter_config.json");
        String plain = Files.readString(config);
        for (String setting : List.of("use_dora", "use_qalora", "fan_in_fan_out", "lora_bias")) {
            Files.writeString(config, plain.replace("\"" + setting + "\": false", "\"" + setting + "\": true"));
            assertThatThrownBy(() -> AdapterFolder.read(folder, rig.gemma.config(), rig.kernels, rig.arena))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(setting)
                    .hasMessageContaining("plain LoRA");
        }
        Files.writeString(config, plain.replace("\"alpha_pattern\": {}", "\"alpha_pattern\": {\"q_proj\": 3}"));
        assertThatThrownBy(() -> AdapterFolder.read(folder, rig.gemma.config(), rig.kernels, rig.arena))
                .hasMessageContaining("alpha_pattern");
        Files.writeString(config, plain.replace("\"LORA\"", "\"LOHA\""));
        assertThatThrownBy(() -> AdapterFolder.read(folder, rig.gemma.config(), rig.kernels, rig.arena))
                .hasMessageContaining("LOHA");
    }

    @Test
    void damagedFilesAreToldAndNeverCrash(@TempDir Path folder) throws IOException {
        Random random = new Random(3);
        int told = 0;
        for (int i = 0; i < 300; i++) {
            copy(folder);
            Path file = folder.resolve(i % 3 == 0 ? "adapter_config.json" : "adapter_model.safetensors");
            byte[] bytes = Files.readAllBytes(file);
            int head = Math.min(bytes.length, 4000);
            for (int n = 0; n < 1 + i % 4; n++) {
                bytes[random.nextInt(head)] = (byte) (32 + random.nextInt(95));
            }
            Files.write(file, i % 10 == 9 ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
            try {
                AdapterFolder.read(folder, rig.gemma.config(), rig.kernels, rig.arena);
            } catch (JemmaException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
                told++;
            }
        }
        assertThat(told).isGreaterThan(100);
        assertThat(Json.read(Goldens.path("gemma3/lora_adapter/adapter_config.json"))
                        .get("r")
                        .asInt())
                .isEqualTo(4);
    }
}
