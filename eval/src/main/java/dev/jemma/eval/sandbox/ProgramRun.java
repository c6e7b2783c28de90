package dev.jemma.eval.sandbox;

import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One program from start to end: feeds it to the interpreter, listens for the verdict, watches clock, memory and output,
 * and leaves no process behind. The thread that runs it is the parent that the process is bound to.
 */
final class ProgramRun {
    private static final Duration START = Duration.ofSeconds(30);
    private static final int POLL_MILLIS = 10;
    private static final long PAGE_BYTES = 4096; // what is read is a watch, not an account
    private static final int CHANNEL_BYTES = 1 << 16;
    private static final int TAIL_BYTES = 2000;
    private static final int CPU_TIME_ENDED = 128 + 24;

    private final Process process;
    private final SandboxLimits limits;
    private final String token;
    private final Bounded channel;
    private final Bounded printed;

    private ProgramRun(Process process, SandboxLimits limits, String token) {
        this.process = process;
        this.limits = limits;
        this.token = token;
        this.channel = new Bounded(process.getInputStream(), CHANNEL_BYTES, CHANNEL_BYTES);
        this.printed = new Bounded(process.getErrorStream(), limits.outputBytes(), TAIL_BYTES);
    }

    /** Reads a stream to its end or its limit, keeps the last bytes. */
    private static final class Bounded {
        private final long limit;
        private final byte[] ring;
        private long count;
        private long firstNanos;
        private final Thread thread;

        Bounded(InputStream in, long limit, int kept) {
            this.limit = limit;
            this.ring = new byte[kept];
            this.thread = Thread.ofVirtual().start(() -> read(in));
        }

        private void read(InputStream in) {
            byte[] buffer = new byte[4096];
            try {
                for (int n = in.read(buffer); n >= 0 && !full(); n = in.read(buffer)) {
                    keep(buffer, n);
                }
            } catch (IOException e) {
                keep(buffer, 0); // closed because the process was ended
            }
        }

        private synchronized void keep(byte[] bytes, int n) {
            if (count == 0 && n > 0) {
                firstNanos = System.nanoTime();
            }
            for (int i = 0; i < n; i++) {
                ring[(int) (count++ % ring.length)] = bytes[i];
            }
        }

        synchronized boolean full() {
            return count > limit;
        }

        synchronized boolean begun() {
            return count > 0;
        }

        synchronized long firstNanos() {
            return firstNanos;
        }

        synchronized String tail() {
            int n = (int) Math.min(count, ring.length);
            byte[] last = new byte[n];
            for (int i = 0; i < n; i++) {
                last[i] = ring[(int) ((count - n + i) % ring.length)];
            }
            return new String(last, StandardCharsets.UTF_8).strip();
        }

        void await() throws InterruptedException {
            thread.join(Duration.ofSeconds(1));
        }
    }

    /** Runs a program to its end. */
    static Verdict run(List<String> command, Path folder, SandboxLimits limits, String token, String program)
            throws InterruptedException {
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
            builder.environment().put("LANG", "C.UTF-8");
            builder.environment().put("HOME", "/tmp");
            process = builder.start();
        } catch (IOException e) {
            throw new EvalException("a sandbox cannot be started: " + e.getMessage(), e);
        }
        ProgramRun run = new ProgramRun(process, limits, token);
        try {
            Thread.ofVirtual().start(() -> run.feed(program));
            return run.await();
        } finally {
            run.end();
        }
    }

    private void feed(String program) {
        try (OutputStream out = process.getOutputStream()) {
            out.write((token + "\n").getBytes(StandardCharsets.US_ASCII));
            out.write(program.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            process.destroyForcibly(); // it ended before it had read: what it said tells why
        }
    }

    private Verdict await() throws InterruptedException {
        long started = System.nanoTime();
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            long now = System.nanoTime();
            if (!channel.begun()) {
                if (now - started > START.toNanos()) {
                    throw new EvalException("a sandbox did not start within " + START.toSeconds() + " s: " + said());
                }
                continue;
            }
            Duration time = Duration.ofNanos(now - channel.firstNanos());
            if (time.compareTo(limits.time()) > 0) {
                return new Verdict(
                        Outcome.TIMED_OUT, "ran for more than " + limits.time().toMillis() + " ms", time);
            }
            if (printed.full() || channel.full()) {
                return new Verdict(
                        Outcome.TOO_MUCH_OUTPUT, "printed more than " + limits.outputBytes() + " bytes", time);
            }
            if (residentBytes() > limits.memoryBytes()) {
                return new Verdict(Outcome.OUT_OF_MEMORY, "took more than " + limits.memoryBytes() + " bytes", time);
            }
        }
        long ended = System.nanoTime();
        channel.await();
        printed.await();
        if (!channel.begun()) {
            throw new EvalException("a sandbox did not start (exit code " + process.exitValue() + "): " + said());
        }
        return verdict(Duration.ofNanos(ended - channel.firstNanos()));
    }

    private String said() {
        String tail = printed.tail();
        return tail.isEmpty() ? "it said nothing" : tail.replaceAll("\\s+", " ");
    }

    private Verdict verdict(Duration time) {
        String said = channel.tail();
        int at = said.lastIndexOf(token + " ");
        String result = at < 0 ? "" : said.substring(at + token.length() + 1).strip();
        if (result.equals("passed")) {
            return new Verdict(Outcome.PASSED, "", time);
        }
        if (result.equals("memory")) {
            return new Verdict(Outcome.OUT_OF_MEMORY, "MemoryError", time);
        }
        if (result.startsWith("failed ")) {
            return new Verdict(Outcome.FAILED, result.substring("failed ".length()), time);
        }
        if (printed.full()) {
            return new Verdict(Outcome.TOO_MUCH_OUTPUT, "printed more than " + limits.outputBytes() + " bytes", time);
        }
        int exit = process.exitValue();
        if (exit == CPU_TIME_ENDED) {
            return new Verdict(Outcome.TIMED_OUT, "used up its processor time", time);
        }
        String early = "ended before its last line (exit code " + exit + ")";
        String tail = printed.tail();
        return new Verdict(Outcome.FAILED, tail.isEmpty() ? early : early + ": " + tail, time);
    }

    /** Resident memory of all its processes; what they share counts for each of them. */
    private long residentBytes() {
        return process.descendants().mapToLong(one -> residentBytes(one.pid())).sum();
    }

    private static long residentBytes(long pid) {
        try {
            String[] sizes = Files.readString(Path.of("/proc", Long.toString(pid), "statm"))
                    .split(" ");
            return Long.parseLong(sizes[1]) * PAGE_BYTES;
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return 0; // it has ended meanwhile
        }
    }

    /** Ends every process; when the first of a namespace goes, the system ends the others. */
    private void end() {
        List<ProcessHandle> all = process.descendants().toList();
        all.forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        boolean interrupted = Thread.interrupted();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        for (InputStream stream : List.of(process.getInputStream(), process.getErrorStream())) {
            try {
                stream.close();
            } catch (IOException e) {
                // nothing more is wanted from it
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
