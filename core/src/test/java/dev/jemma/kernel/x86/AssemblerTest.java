package dev.jemma.kernel.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every instruction form, against recorded encodings and, where it is installed, against objdump. */
class AssemblerTest {
    private static final String RECORDED = "encodings.txt";

    @Test
    void everyFormGivesTheRecordedBytes() throws IOException {
        try (InputStream in = AssemblerTest.class.getResourceAsStream(RECORDED)) {
            assertThat(in).as(RECORDED).isNotNull();
            List<String> recorded = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            assertThat(Instructions.all().stream()
                            .map(line -> line.hex() + " " + line.text())
                            .toList())
                    .isEqualTo(recorded);
        }
    }

    @Test
    void objdumpReadsWhatWasWritten(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/objdump")), "objdump is not installed");
        List<Instructions.Line> lines = Instructions.all();
        Path file = folder.resolve("code.bin");
        Files.write(
                file,
                HexFormat.of()
                        .parseHex(String.join(
                                "", lines.stream().map(Instructions.Line::hex).toList())));
        Process objdump = new ProcessBuilder(
                        "/usr/bin/objdump",
                        "-D",
                        "-b",
                        "binary",
                        "-mi386:x86-64",
                        "-M",
                        "intel",
                        "--no-show-raw-insn",
                        file.toString())
                .start();
        List<String> told = new String(objdump.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.matches("\\s+[0-9a-f]+:.*"))
                .map(AssemblerTest::plain)
                .toList();
        assertThat(objdump.waitFor()).isZero();
        assertThat(told).hasSameSizeAs(lines);
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < told.size(); i++) {
            if (!told.get(i).equals(lines.get(i).text())) {
                wrong.add(lines.get(i) + " is " + told.get(i));
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** The instruction as the test writes it: no address, no sizes of memory operands. */
    private static String plain(String line) {
        return line.replaceFirst("^\\s*[0-9a-f]+:\\s*", "")
                .replaceAll("(ZMMWORD|YMMWORD|XMMWORD|QWORD|DWORD|WORD|BYTE) PTR ", "")
                .replaceAll("DWORD BCST (\\[[^]]*\\])", "$1{bcst}")
                .replaceAll("\\{1to(8|16)\\}", "{bcst}")
                .replace("{vex} ", "")
                .replaceAll("\\s*#.*", "")
                .replaceAll("\\s+", " ")
                .strip();
    }

    @Test
    void constantsLieBehindTheCodeOnACacheLine() {
        Assembler a = new Assembler();
        a.vmovups(new Operand.Vec(1, 256), a.constant(0x01020304));
        a.ret();
        byte[] code = a.finish();
        assertThat(code).hasSize(128);
        assertThat(code).startsWith(HexFormat.of().parseHex("c4e17c100d37000000c3"));
        assertThat(code).endsWith(HexFormat.of().parseHex("0403020104030201"));
    }
}
