package dev.jemma.cli;

import dev.jemma.machine.Machine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;

/**
 * What a result was made with: goes into every JSON output, so that a figure can be explained later.
 *
 * @param version of Jemma
 * @param jdk version and vendor of the Java that ran
 * @param os name, version and architecture
 * @param cpu the processor's name as the system tells it
 * @param provider the kernels in use
 * @param threads that computed
 * @param modelSha256 checksum of the model's file, if one was used and its checksum is known
 * @param seed of the random numbers, if any were drawn
 */
public record Environment(
        String version,
        String jdk,
        String os,
        String cpu,
        String provider,
        int threads,
        Optional<String> modelSha256,
        Optional<Long> seed) {

    /** The environment of a command that computes nothing: no provider, one thread. */
    public static Environment plain() {
        return plain(Optional.empty());
    }

    /** The environment of a command that looks at a model and computes nothing. */
    static Environment plain(Optional<String> modelSha256) {
        return of("none", 1, modelSha256, Optional.empty());
    }

    /** The environment of a run with so many threads, this model and seed. */
    public static Environment of(int threads, Optional<String> modelSha256, Optional<Long> seed) {
        return of(Provider.name(), threads, modelSha256, seed);
    }

    private static Environment of(String provider, int threads, Optional<String> modelSha256, Optional<Long> seed) {
        return new Environment(
                jemmaVersion(),
                Runtime.version() + " " + System.getProperty("java.vendor"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                Machine.detect().cpu().model(),
                provider,
                threads,
                modelSha256,
                seed);
    }

    static String jemmaVersion() {
        Properties properties = new Properties();
        try (InputStream in = Environment.class.getResourceAsStream("version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }
}
