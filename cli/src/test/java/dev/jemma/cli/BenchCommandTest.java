package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.cli.TinyModels.Outcome;
import dev.jemma.machine.Machine;
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
                home,
                "bench",
                MODEL,
                "-p",
                "16,32",
                "-g",
                "8",
                "-r",
                "3",
                "-w",
                "0",
                "--seed",
                "7",
                "--no-probe",
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode json = run.json();
        assertThat(json.get("environment").get("seed").asLong()).isEqualTo(7);
        assertThat(json.get("environment").get("model_sha256").asString()).hasSize(64);
        assertThat(json.get("parameters").asLong()).isEqualTo(224_192);
        if (Machine.peakResidentBytes().isPresent()) {
            assertThat(json.get("peak_resident_bytes").asLong())
                    .isGreaterThan(json.get("model_bytes").asLong())
                    .isLessThanOrEqualTo(Machine.peakResidentBytes().getAsLong());
        }
        assertThat(json.get("kv_type").asString()).isEqualTo("F32");
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
    void deviationIsThatOfASample() {
        assertThat(BenchReport.Result.deviation(new double[] {2, 4, 4, 4, 5, 5, 7, 9}, 5))
                .isCloseTo(Math.sqrt(32.0 / 7), within(1e-12));
        assertThat(BenchReport.Result.deviation(new double[] {3}, 3)).isZero();
    }

    @Test
    void sharesOfTheMachineStandBesideTheFigures() {
        Outcome run = TinyModels.run(home, "bench", MODEL, "-p", "16", "-g", "8", "-r", "1", "-w", "0", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode machine = run.json().get("machine");
        double bytesPerSecond = machine.get("read_bytes_per_second").asDouble();
        double multiplyAdds = machine.get("multiply_adds_per_second").asDouble();
        assertThat(bytesPerSecond).isBetween(1e8, 1e13);
        assertThat(multiplyAdds).isBetween(1e8, 1e14);
        JsonNode generated = run.json().get("results").get(1);
        double rate = generated.get("tokens_per_second").asDouble();
        double weights = run.json().get("model_bytes").asDouble();
        assertThat(generated.get("bandwidth_share").asDouble())
                .isGreaterThan(rate * weights / bytesPerSecond) // keys and values are read too
                .isLessThan(2 * rate * weights / bytesPerSecond);
        assertThat(generated.get("arithmetic_share").asDouble())
                .isGreaterThan(rate * 224_192 / multiplyAdds)
                .isLessThan(2 * rate * 224_192 / multiplyAdds);
    }

    @Test
    void sequencesAreMeasuredTogetherAndAtDepth() {
        Outcome run = TinyModels.run(
                home,
                "bench",
                MODEL,
                "-p",
                "0",
                "-g",
                "8",
                "-b",
                "1,4",
                "-d",
                "0,40",
                "-r",
                "1",
                "-w",
                "0",
                "--no-probe",
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode results = run.json().get("results");
        assertThat(results)
                .extracting(r -> r.get("test").asString())
                .containsExactly("tg8", "tg8x4", "tg8@d40", "tg8@d40x4");
        assertThat(results).allSatisfy(r -> {
            assertThat(r.get("tokens_per_second").asDouble()).isPositive();
            assertThat(r.has("bandwidth_share") && !r.get("bandwidth_share").isNull())
                    .isFalse();
        });
        assertThat(results.get(3).get("rows").asInt()).isEqualTo(4);
        assertThat(results.get(3).get("depth").asInt()).isEqualTo(40);
    }

    @Test
    void randomWeightsOfAShapeAreMeasuredAndTheFileIsKeptOnRequest() {
        Path file = home.resolve("kept/tiny.gguf");
        Outcome run = TinyModels.run(
                home,
                "bench",
                "--random",
                "tiny",
                "--type",
                "Q8_0",
                "--keep",
                file.toString(),
                "-p",
                "8",
                "-g",
                "4",
                "-r",
                "1",
                "-w",
                "0",
                "--no-probe",
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("model").asString()).isEqualTo("tiny-Q8_0-random");
        assertThat(run.json().get("results")).hasSize(2);
        assertThat(file).exists();
        assertThat(TinyModels.run(home, "bench", "--random", "tiny", "--keep", file.toString())
                        .err())
                .contains("exists");
        assertThat(TinyModels.run(home, "bench", file.toString(), "-p", "8", "-g", "0", "-r", "1", "--no-probe")
                        .code())
                .isZero();
    }

    @Test
    void theTableHasALineForEachTest() {
        Outcome run = TinyModels.run(home, "bench", MODEL, "-p", "8", "-g", "0", "-r", "1", "-w", "0", "--no-probe");

        assertThat(run.out().lines().filter(line -> line.startsWith("|")))
                .hasSize(3)
                .last()
                .asString()
                .contains("| pp8 |")
                .contains("±");
        assertThat(run.out().contains("Peak resident memory: "))
                .isEqualTo(Machine.peakResidentBytes().isPresent());
    }

    @Test
    void impossibleTestsAreRefused() {
        assertThat(TinyModels.run(home, "bench", MODEL, "-p", "0", "-g", "0").err())
                .contains("nothing to measure");
        assertThat(TinyModels.run(home, "bench", MODEL, "-p", "-1").code()).isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "bench", MODEL, "-r", "0").code()).isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "bench", MODEL, "-b", "0").code()).isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "bench", MODEL, "--type", "Q4_0").code())
                .isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "bench", MODEL, "--random", "tiny").code())
                .isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "bench", "--random", "gemma-9q").err()).contains("gemma3-270m");
        Outcome tooLong = TinyModels.run(home, "bench", MODEL, "-p", "512");
        assertThat(tooLong.code()).isEqualTo(Jemma.MISUSED);
        assertThat(tooLong.err()).contains("513").contains("256");
    }

    @Test
    void stepsOfTrainingAreTimedThroughTheTrainer() {
        Outcome run =
                TinyModels.run(home, "bench", MODEL, "--train", "full", "-r", "2", "-w", "1", "--seed", "7", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode steps = run.json().get("steps");
        assertThat(steps).hasSize(2);
        assertThat(steps).allSatisfy(step -> {
            assertThat(step.get("rows").asInt()).isEqualTo(512);
            assertThat(step.get("targets").asInt()).isEqualTo(512);
            assertThat(step.get("seconds").asDouble()).isPositive();
            assertThat(step.get("loss").asDouble()).isBetween(1.0, 30.0);
        });
        assertThat(run.json().get("tokens_per_second").asDouble()).isPositive();
    }
}
