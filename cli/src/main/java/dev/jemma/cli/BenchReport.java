package dev.jemma.cli;

import dev.jemma.kernel.KvType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code jemma bench} found, as it prints it.
 *
 * @param kvType what keys and values were kept as
 * @param machine limits of the machine; empty if they were not measured
 * @param peakResidentBytes the most memory that the process held at any time until the last run, if the system tells
 */
record BenchReport(
        Environment environment,
        Optional<MachineProbe> machine,
        String model,
        String architecture,
        KvType kvType,
        long modelBytes,
        long parameters,
        int warmUps,
        OptionalLong peakResidentBytes,
        List<Result> results) {
    /**
     * One test's figures.
     *
     * @param tokensPerSecond mean over the samples, all rows together
     * @param deviation standard deviation of the samples
     * @param bandwidthShare bytes that must be read at this rate, as a part of what the machine reads at most
     * @param arithmeticShare multiply-adds at this rate, as a part of what the machine does at most in float32
     * @param samples tokens per second of each run
     */
    record Result(
            String test,
            int promptTokens,
            int generatedTokens,
            int depth,
            int rows,
            double tokensPerSecond,
            double deviation,
            Optional<Double> bandwidthShare,
            Optional<Double> arithmeticShare,
            double[] samples) {
        static Result of(BenchTest test, double[] samples, BenchCosts costs, Optional<MachineProbe> machine) {
            double mean = Arrays.stream(samples).average().orElse(0);
            return new Result(
                    test.name(),
                    test.prompt(),
                    test.generate(),
                    test.depth(),
                    test.rows(),
                    mean,
                    deviation(samples, mean),
                    machine.map(m -> mean * costs.bytesPerToken(test) / m.readBytesPerSecond()),
                    machine.map(m -> mean * costs.multiplyAddsPerToken(test) / m.multiplyAddsPerSecond()),
                    samples);
        }

        /** Of a sample: the sum of squares is divided by one less than their number. */
        static double deviation(double[] samples, double mean) {
            double squares =
                    Arrays.stream(samples).map(s -> (s - mean) * (s - mean)).sum();
            return samples.length > 1 ? Math.sqrt(squares / (samples.length - 1)) : 0;
        }
    }

    /** A Markdown table, and a line about the machine. */
    String table() {
        StringBuilder text = new StringBuilder(String.format(
                "| model | size | parameters | kernels | threads | test | tokens/s | bandwidth | arithmetic |%n"
                        + "|---|---:|---:|---|---:|---|---:|---:|---:|%n"));
        for (Result result : results) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s %s | %s | %.2f M | %s | %d | %s%s | %.2f ± %.2f | %s | %s |%n",
                    architecture,
                    model,
                    Units.bytes(modelBytes),
                    parameters / 1e6,
                    environment.provider(),
                    environment.threads(),
                    result.test(),
                    kvType == KvType.F32 ? "" : " " + kvType,
                    result.tokensPerSecond(),
                    result.deviation(),
                    percent(result.bandwidthShare()),
                    percent(result.arithmeticShare())));
        }
        peakResidentBytes.ifPresent(
                bytes -> text.append(String.format("%nPeak resident memory: %s.%n", Units.bytes(bytes))));
        machine.ifPresent(m -> text.append(String.format(
                Locale.ROOT,
                "%nThis machine with %d threads: reads %s/s, %.0f billion float32 multiply-adds/s.%n",
                environment.threads(),
                Units.bytes((long) m.readBytesPerSecond()),
                m.multiplyAddsPerSecond() / 1e9)));
        return text.toString();
    }

    private static String percent(Optional<Double> share) {
        return share.map(s -> String.format(Locale.ROOT, "%.0f %%", 100 * s)).orElse("–");
    }
}
