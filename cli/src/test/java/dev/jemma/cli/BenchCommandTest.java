package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.cli.TinyModels.Outcome;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {
    private static final String MODEL = TinyModels.gguf("gemma3-Q4_0");

    @TempDir
    Path home;

    @Test
    void everyTestHasItsSamplesAndTheirMean() {
        Outcome run = TinyModels.run(
                home, "bench", MODEL, "-p", "16,32", "-g", "8", "-r", "3", "-w", "0", "--seed", "7", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode json = run.json();
        assertThat(json.get("environment").get("seed").asLong()).isEqualTo(7);
        assertThat(json.get("environment").get("model_sha256").asString()).hasSize(64);
        assertThat(json.get("parameters").asLong()).isEqualTo(224_192);
        JsonNode results = json.get("results");
        assertThat(results).extracting(r -> r.get("test").asString()).containsExactly("pp16", "pp32", "tg8");
        for (JsonNode result : results) {
            float[] samples = TinyModels.floats(result.get("samples"));
            assertThat(samples).hasSize(3);
            double mean = ((double) samples[0] + samples[1] + samples[2]) / 3;
            assertThat(mean).isPositive();
            assertThat(result.get("tokens_per_second").asDouble()).isCloseTo(mean, within(1e-3 * mean));
        }
    }

    @Test
    void meanAndDeviationAreThoseOfTheSamples() {
        BenchCommand.Result result = BenchCommand.Result.of("pp8", 8, 0, new double[] {2, 4, 4, 4, 5, 5, 7, 9});

        assertThat(result.tokensPerSecond()).isEqualTo(5);
        assertThat(result.deviation()).isCloseTo(Math.sqrt(32.0 / 7), within(1e-12));
        assertThat(BenchCommand.Result.of("pp8", 8, 0, new double[] {3}).deviation())
                .isZero();
    }

    @Test
    void theTableHasALineForEachTest() {
        Outcome run = TinyModels.run(home, "bench", MODEL, "-p", "8", "-g", "0", "-r", "1", "-w", "0");

        assertThat(run.out().lines())
                .hasSize(3)
                .last()
                .asString()
                .contains("| pp8 |")
                .contains("±");
    }

    @Test
    void impossibleTestsAreRefused() {
        assertThat(TinyModels.run(home, "bench", MODEL, "-p", "0", "-g", "0").err())
                .contains("nothing to measure");
        assertThat(TinyModels.run(home, "bench", MODEL, "-p", "-1").code()).isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "bench", MODEL, "-r", "0").code()).isEqualTo(Jemma.MISUSED);
        Outcome tooLong = TinyModels.run(home, "bench", MODEL, "-p", "512");
        assertThat(tooLong.code()).isEqualTo(Jemma.MISUSED);
        assertThat(tooLong.err()).contains("513").contains("256");
    }
}
