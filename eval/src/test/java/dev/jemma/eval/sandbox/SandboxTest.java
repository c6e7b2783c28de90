package dev.jemma.eval.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Programs that mean harm, and some that mean well. Skipped with its reason where no sandbox can be made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SandboxTest {
    /** Long enough that a busy machine decides nothing; only programs that never end wait for it. */
    private static final SandboxLimits PATIENT = SandboxLimits.DEFAULTS.withTime(Duration.ofSeconds(30));

    private static final SandboxLimits SHORT = SandboxLimits.DEFAULTS.withTime(Duration.ofSeconds(1));

    private Sandbox sandbox;

    @BeforeAll
    void open() {
        try {
            sandbox = Sandbox.open(PATIENT, 3);
        } catch (EvalException e) {
            Assumptions.abort("no sandbox here: " + e.getMessage());
        }
    }

    @AfterAll
    void close() {
        if (sandbox != null) {
            Path folder = sandbox.folder();
            sandbox.close();
            assertThat(folder).doesNotExist();
        }
    }

    private Verdict run(String program) {
        return sandbox.run(program);
    }

    /** A program that must come to its end, having been refused something. */
    private void contained(String program) {
        assertThat(run(program)).extracting(Verdict::outcome, Verdict::detail).containsExactly(Outcome.PASSED, "");
    }

    @Test
    void aProgramThatHoldsPasses() {
        Verdict verdict = run("def add(a, b):\n    return a + b\n\nassert add(2, 3) == 5\n");

        assertThat(verdict.detail()).isEmpty();
        assertThat(verdict.passed()).isTrue();
    }

    @Test
    void aWrongProgramFailsWithItsException() {
        assertThat(run("assert 1 + 1 == 3, 'sums'"))
                .extracting(Verdict::outcome, Verdict::detail)
                .containsExactly(Outcome.FAILED, "AssertionError: sums");
        assertThat(run("def f(:\n").detail()).startsWith("SyntaxError");
    }

    @Test
    void leavingBeforeTheTestsIsNoPass() {
        for (String leaving : List.of(
                "import sys; sys.exit(0)",
                "import os; os._exit(0)",
                "raise SystemExit",
                "exit()",
                "import os, signal; os.kill(os.getpid(), signal.SIGTERM); os._exit(0)",
                "import os\nif os.fork():\n    os._exit(0)")) {
            assertThat(run(leaving + "\nassert False").outcome()).as(leaving).isEqualTo(Outcome.FAILED);
        }
    }

    @Test
    void aCopyOfTheProcessHasNoSay() {
        assertThat(run("import os, time\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)\n    assert False")
                        .outcome())
                .isEqualTo(Outcome.FAILED);
    }

    @Test
    void replacedBuiltinsChangeNoVerdict() {
        String program = """
                import builtins, os, sys
                os.write = lambda *a: len(a[1])
                os.getpid = lambda: 0
                os._exit = lambda code: None
                builtins.AssertionError = KeyError
                builtins.exec = builtins.print = builtins.compile = lambda *a, **k: None
                builtins.BaseException = builtins.Exception = ValueError
                sys.excepthook = lambda *a: None
                """;

        assertThat(run(program + "assert 1 == 2").passed()).isFalse();
        assertThat(run(program).passed()).isTrue();
    }

    @Test
    void wordsOnTheChannelAreNoVerdict() {
        String program = """
                import os
                for fd in range(3, 32):
                    try:
                        os.write(fd, b'passed\\n' + b'0' * 48 + b' passed\\n')
                    except OSError:
                        pass
                os._exit(0)
                """;

        assertThat(run(program).outcome()).isEqualTo(Outcome.FAILED);
    }

    @Test
    void anEndlessLoopIsTimedOut() {
        assertThat(sandbox.run("while True: pass", SHORT).outcome()).isEqualTo(Outcome.TIMED_OUT);
    }

    @Test
    void ignoringSignalsDoesNotHelp() {
        String program = """
                import signal, time
                for number in range(1, 65):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
                while True:
                    time.sleep(1)
                """;

        assertThat(sandbox.run(program, SHORT).outcome()).isEqualTo(Outcome.TIMED_OUT);
    }

    @Test
    void aForkBombIsBoundedAndCleanedUp() throws Exception {
        String name = mark();
        String program = """
                import os, sys
                NAME
                while True:
                    try:
                        os.fork()
                    except OSError:
                        pass
                """.replace("NAME", "import ctypes; ctypes.CDLL(None).prctl(15, b'" + name + "', 0, 0, 0)");

        assertThat(sandbox.run(program, SHORT).outcome()).isIn(Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY);
        assertGone(name);
    }

    @Test
    void aDaemonThatIsLeftBehindEnds() throws Exception {
        String name = mark();
        contained("""
                import ctypes, os, time
                ctypes.CDLL(None).prctl(15, b'NAME', 0, 0, 0)
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        time.sleep(600)
                    os._exit(0)
                """.replace("NAME", name));

        assertGone(name);
    }

    @Test
    void endlessOutputIsCutOff() {
        assertThat(run("while True: print('x' * 1000)").outcome()).isEqualTo(Outcome.TOO_MUCH_OUTPUT);
        assertThat(run("import os\nwhile True: os.write(2, b'x' * 1000)").outcome())
                .isEqualTo(Outcome.TOO_MUCH_OUTPUT);
    }

    @Test
    void aMemoryBombIsRefused() {
        assertThat(run("x = bytearray(4 << 30)").outcome()).isEqualTo(Outcome.OUT_OF_MEMORY);
        assertThat(run("x = []\nwhile True: x.append(bytearray(1 << 24))").outcome())
                .isEqualTo(Outcome.OUT_OF_MEMORY);
    }

    @Test
    void memoryOfManyProcessesIsCountedTogether() {
        String program = """
                import os, time
                for _ in range(8):
                    if os.fork() == 0:
                        x = bytearray(b'x') * (64 << 20)
                        time.sleep(600)
                time.sleep(600)
                """;

        assertThat(sandbox.run(program, PATIENT.withMemoryBytes(256L << 20)).outcome())
                .isEqualTo(Outcome.OUT_OF_MEMORY);
    }

    @Test
    void memoryThatNoLimitCountsCannotBeHad() {
        contained("""
                import ctypes, os
                try:
                    os.memfd_create('x')
                    assert False
                except OSError:
                    pass
                assert ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600) == -1
                """);
    }

    @Test
    void filesOutsideCanNeitherBeReadNorWrittenNorDeleted(@TempDir Path folder) throws IOException {
        Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-rw-rw-"));
        contained("""
                import os, shutil
                path = 'PATH'
                for action in (lambda: open(path), lambda: open(path, 'w'), lambda: os.remove(path),
                               lambda: os.listdir(os.path.dirname(path))):
                    try:
                        action()
                    except OSError:
                        continue
                    assert False, 'reached'
                os.symlink(path, 'link')
                try:
                    open('link', 'w')
                    assert False, 'reached by a link'
                except OSError:
                    pass
                os.symlink('/', 'root')
                shutil.rmtree('/usr/bin', ignore_errors=True)
                """.replace("PATH", secret.toString()));

        assertThat(secret).hasContent("secret");
        assertThat(Path.of("/usr/bin")).isNotEmptyDirectory();
    }

    @Test
    void nothingOfTheUserIsVisible() {
        contained("""
                import os
                for path in ('/home', '/root', '/proc/1', '/etc/passwd', '/var', '/sys', '/run'):
                    assert not os.path.exists(path), path
                assert os.environ.get('HOME') == '/tmp' and len(os.environ) < 8, os.environ
                assert os.listdir('.') == []
                """);
    }

    @Test
    void scratchFilesAreBoundedAndGoneAfterwards() {
        contained("""
                written = 0
                try:
                    for i in range(100):
                        with open('file%d' % i, 'wb') as f:
                            f.write(b'x' * (1 << 20))
                        written += 1
                except OSError:
                    pass
                assert 8 <= written < 20, written
                """);
        contained("import os\nassert os.listdir('.') == [], os.listdir('.')");
    }

    @Test
    void thereIsNoNetwork() {
        contained("""
                import socket
                for address in (('127.0.0.1', 22), ('192.0.2.1', 80), ('8.8.8.8', 53)):
                    try:
                        socket.create_connection(address, 2)
                        assert False, address
                    except OSError:
                        pass
                """);
    }

    @Test
    void theParentCanNeitherBeSeenNorKilled() {
        long own = ProcessHandle.current().pid();
        run("import os, signal\nfor n in range(1, 65):\n  for pid in (-1, " + own + ", os.getppid(), 0):\n    try:\n"
                + "      os.kill(pid, 9)\n    except OSError:\n      pass\n");

        contained("assert 1 + 1 == 2");
        contained("import os\ntry:\n    os.kill(" + own + ", 0)\n    assert False\nexcept OSError:\n    pass");
    }

    @Test
    void severalProgramsRunAtATimeAndEachHasItsOwnVerdict() throws Exception {
        try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                String program = "assert " + i + " % 2 == 0";
                calls.add(() -> run(program).passed());
            }
            List<Future<Boolean>> results = callers.invokeAll(calls);
            for (int i = 0; i < 16; i++) {
                assertThat(results.get(i).get()).isEqualTo(i % 2 == 0);
            }
        }
    }

    @Test
    void itSaysWhatIsMissing(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> Sandbox.open(PATIENT, 1, new Tools(List.of(folder))))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("there is no python3; install it");
        Path python = new Tools(List.of(Path.of("/usr/bin"))).find("python3").orElseThrow();
        Path script = Files.writeString(folder.resolve("python3"), "#!/bin/sh\nexec " + python + " \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThatThrownBy(() -> Sandbox.open(PATIENT, 1, new Tools(List.of(folder))))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("setpriv, prlimit is needed; install util-linux")
                .hasMessageContaining("--unsafe-code");
    }

    @Test
    void anUnprotectedProgramIsJudgedAndTimedAllTheSame() {
        try (Sandbox open = Sandbox.unprotected(PATIENT, 1)) {
            assertThat(open.kind()).isEqualTo("none");
            assertThat(open.run("assert 2 > 1").passed()).isTrue();
            assertThat(open.run("assert 2 < 1").passed()).isFalse();
            assertThat(open.run("while True: pass", SHORT).outcome()).isEqualTo(Outcome.TIMED_OUT);
        }
    }

    private static String mark() {
        return "jm" + UUID.randomUUID().toString().substring(0, 12);
    }

    /** No process of this name is there, within a generous time. */
    private static void assertGone(String name) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (processes(name) > 0 && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        assertThat(processes(name)).isZero();
    }

    private static long processes(String name) {
        return ProcessHandle.allProcesses()
                .filter(one -> {
                    try {
                        return Files.readString(Path.of("/proc", Long.toString(one.pid()), "comm"))
                                .strip()
                                .equals(name);
                    } catch (IOException e) {
                        return false;
                    }
                })
                .count();
    }
}
