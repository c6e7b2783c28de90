package dev.jemma.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run in a process of its own that is killed without warning at random moments and started again, until it is through:
 * it ends as if nothing had happened. {@code -Djemma.kills=N} kills more often.
 */
class KillTest {
    private static final long STEPS = 60;
    private static final int KILLS = Integer.getInteger("jemma.kills", 3);

    @TempDir
    Path folder;

    private static Process start(Path run, int threads) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "-cp",
                System.getProperty("java.class.path"),
                TinyRun.class.getName(),
                run.toString(),
                Long.toString(STEPS),
                Integer.toString(threads)));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(run.resolveSibling(run.getFileName() + ".log").toFile())
                .start();
    }

    private static long bytes(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    @Test
    void aKilledRunEndsWithTheBitsOfAnUndisturbedOne() throws Exception {
        Path calm = folder.resolve("calm");
        Path hunted = folder.resolve("hunted");
        assertThat(start(calm, 2).waitFor()).isZero();
        long seed = Long.getLong("jemma.kills.seed", System.nanoTime());
        Random random = new Random(seed);
        long total = bytes(calm.resolve("metrics.jsonl"));
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = start(hunted, 1 + kill % 3);
            // somewhere in the part of the run that belongs to this kill, by what the run has written so far
            long until = (long) (total * (kill + random.nextDouble()) / (KILLS + 1));
            while (process.isAlive() && bytes(hunted.resolve("metrics.jsonl")) < until) {
                process.waitFor(1, TimeUnit.MILLISECONDS);
            }
            process.waitFor(random.nextInt(12), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
        }
        assertThat(start(hunted, 2).waitFor())
                .as("seed %d: %s", seed, folder.resolve("hunted.log"))
                .isZero();
        assertThat(TrainerTest.remains(hunted)).as("seed %d", seed).isEqualTo(TrainerTest.remains(calm));
    }
}
