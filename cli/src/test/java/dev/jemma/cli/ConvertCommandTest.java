package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import dev.jemma.format.GgufFile;
import dev.jemma.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
    @TempDir
    Path home;

    private String ids(Path model) {
        Outcome run = TinyModels.run(home, "tokenize", "-m", model.toString(), "naïve café — two  spaces\n漢字");
        assertThat(run.code()).as(run.err()).isZero();
        return run.out();
    }

    private String continuation(Path model) {
        Outcome run = TinyModels.run(home, "generate", "-m", model.toString(), "--exact", "-n", "12", "Hello");
        assertThat(run.code()).as(run.err()).isZero();
        return run.out();
    }

    @Test
    void thereAndBackAgainTheModelIsTheSame() {
        Path folder = TinyModels.folder(home, "gemma3");
        Path gguf = home.resolve("tiny.gguf");
        Path back = home.resolve("back");
        Path again = home.resolve("again.gguf");

        for (Path[] step : new Path[][] {{folder, gguf}, {gguf, back}, {back, again}}) {
            Outcome run = TinyModels.run(home, "convert", step[0].toString(), step[1].toString());
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.out()).contains(step[1].toString());
        }

        assertThat(ids(gguf)).isEqualTo(ids(folder)).isEqualTo(ids(back));
        assertThat(continuation(gguf)).isEqualTo(continuation(folder)).isEqualTo(continuation(back));
        assertThat(back.resolve("tokenizer_config.json")).exists();
        try (GgufFile one = GgufFile.open(gguf);
                GgufFile two = GgufFile.open(again)) {
            assertThat(two.metadata().strings("tokenizer.ggml.tokens"))
                    .isEqualTo(one.metadata().strings("tokenizer.ggml.tokens"));
        }
    }

    @Test
    void quantizeWritesTheTypeThatWasAskedFor() {
        Path target = home.resolve("q8.gguf");

        Outcome run = TinyModels.run(
                home, "quantize", TinyModels.gguf("gemma3-F32"), target.toString(), "--type", "q8_0", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("type").asString()).isEqualTo("Q8_0");
        assertThat(run.json().get("bytes").asLong()).isEqualTo(target.toFile().length());
        assertThat(run.json().get("environment").get("threads").asInt()).isPositive();
        assertThat(run.err()).doesNotContain("warning");
        try (GgufFile file = GgufFile.open(target)) {
            assertThat(file.find("blk.0.ffn_up.weight").orElseThrow().type()).isEqualTo(DType.Q8_0);
            assertThat(file.find("blk.0.attn_norm.weight").orElseThrow().type()).isEqualTo(DType.F32);
        }
        assertThat(ids(target)).isEqualTo(ids(Path.of(TinyModels.gguf("gemma3-F32"))));
    }

    @Test
    void aFolderCanBeQuantizedInOneStep() {
        Path folder = TinyModels.folder(home, "gemma2");
        Path target = home.resolve("q4.gguf");

        Outcome run = TinyModels.run(home, "convert", folder.toString(), target.toString(), "--type", "Q8_0");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(continuation(target)).startsWith("Hello");
    }

    @Test
    void whatIsQuantizedAlreadyIsWarnedOf() {
        Outcome run = TinyModels.run(
                home,
                "quantize",
                TinyModels.gguf("gemma3-Q4_0"),
                home.resolve("out.gguf").toString(),
                "--type",
                "Q8_0");

        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("quantized already").contains("Q4_0");
    }

    @Test
    void nothingIsReplacedUnlessForced() throws IOException {
        Path file = Files.writeString(home.resolve("there.gguf"), "precious");
        String source = TinyModels.gguf("gemma3-F32");

        Outcome refused = TinyModels.run(home, "quantize", source, file.toString(), "--type", "F16");
        assertThat(refused.code()).isEqualTo(Jemma.FAILED);
        assertThat(refused.err()).contains("--force");
        assertThat(file).hasContent("precious");
        assertThat(TinyModels.run(home, "quantize", source, file.toString(), "--type", "F16", "--force")
                        .code())
                .isZero();
        assertThat(GgufFile.looksLike(file)).isTrue();
    }

    @Test
    void aFolderIsReplacedOnlyIfItHoldsAModel() throws IOException {
        String source = TinyModels.gguf("gemma3-F32");
        Path papers = Files.createDirectories(home.resolve("papers"));
        Files.writeString(papers.resolve("thesis.txt"), "precious");
        Path model = TinyModels.folder(home, "gemma2");
        Files.writeString(model.resolve("old.txt"), "of the old model");

        Outcome refused = TinyModels.run(home, "convert", source, papers.toString(), "--force");
        Outcome unforced = TinyModels.run(home, "convert", source, model.toString());
        Outcome forced = TinyModels.run(home, "convert", source, model.toString(), "--force");

        assertThat(refused.code()).isEqualTo(Jemma.FAILED);
        assertThat(papers.resolve("thesis.txt")).hasContent("precious");
        assertThat(unforced.code()).isEqualTo(Jemma.FAILED);
        assertThat(forced.code()).as(forced.err()).isZero();
        assertThat(model.resolve("old.txt")).doesNotExist();
        assertThat(Files.readString(model.resolve("config.json"))).contains("gemma3_text");
        try (Stream<Path> left = Files.list(home)) {
            assertThat(left.map(path -> path.getFileName().toString())).noneMatch(name -> name.startsWith("."));
        }
    }

    @Test
    void impossibleWishesAreToldBeforeAnythingIsWritten() {
        String source = TinyModels.gguf("gemma3-F32");

        Outcome type =
                TinyModels.run(home, "quantize", source, home.resolve("a.gguf").toString(), "--type", "Q3_X");
        Outcome itself = TinyModels.run(home, "quantize", source, source, "--type", "F16", "--force");
        Outcome same =
                TinyModels.run(home, "convert", source, home.resolve("b.gguf").toString());
        Outcome one = TinyModels.run(home, "convert", source);

        assertThat(type.code()).isEqualTo(Jemma.MISUSED);
        assertThat(type.err()).contains("Q4_K_M");
        assertThat(itself.code()).isEqualTo(Jemma.MISUSED);
        assertThat(same.err()).contains("jemma quantize");
        assertThat(one.code()).isEqualTo(Jemma.MISUSED);
        assertThat(home.resolve("a.gguf")).doesNotExist();
    }
}
