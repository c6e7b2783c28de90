package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as records: every format, where records stand, and files that are damaged or made to hurt. */
class ReadersTest {
    @TempDir
    Path folder;

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static List<String> texts(List<Row> rows) {
        return rows.stream()
                .map(row -> row.value().isString()
                        ? row.value().stringValue()
                        : row.value().path("text").asString())
                .toList();
    }

    private List<String> split(String text, TextSplit split) throws IOException {
        Path file = file("a.txt", utf8(text));
        DataOptions options = DataOptions.builder().split(split).build();
        return texts(Fixture.rows(DataFile.find(List.of(file)).getFirst(), options));
    }

    @Test
    void aTextFileIsOneDocumentOrSplitAtBlankLinesOrASeparator() throws IOException {
        String text = "\n\none\nmore\n\n \n\ntwo\n<|end|>\n\nthree\n  <|end|>  \n<|end|>\nfour\n";
        assertThat(split(text, new TextSplit.Whole())).containsExactly(text);
        assertThat(split(text, new TextSplit.BlankLines()))
                .containsExactly("one\nmore", "two\n<|end|>", "three\n  <|end|>  \n<|end|>\nfour");
        assertThat(split(text, new TextSplit.Separator("<|end|>")))
                .containsExactly("\n\none\nmore\n\n \n\ntwo", "\nthree", "four");
        assertThat(split("", new TextSplit.Whole())).isEmpty();
        assertThat(split("\uFEFFa\r\nb\r\n", new TextSplit.Whole())).containsExactly("a\nb\n");
        assertThat(split("a\r\n\r\nb\r\nc\rd\r\n", new TextSplit.BlankLines())).containsExactly("a", "b\nc\nd");
    }

    @Test
    void aHugeTextComesInPartsCutBetweenLines() throws IOException {
        String line = "x".repeat(999) + "\n";
        Path file = file("a.txt", utf8(line.repeat(10_000)));
        List<Row> rows = Fixture.rows(file);
        assertThat(rows).hasSize(3);
        assertThat(String.join("", texts(rows))).isEqualTo(line.repeat(10_000));
        assertThat(rows.get(1).place().number())
                .isEqualTo(rows.getFirst().value().stringValue().length() / 1000 + 1);
    }

    @Test
    void linesOfJsonAndArraysOfJsonComeFromPlainGzipAndZstdFiles() throws IOException {
        byte[] lines = utf8("{\"text\":\"one\"}\n\n  \n{\"text\":\"two\"}\r\n{\"text\":\"three\"}");
        byte[] array = utf8(" \n[{\"text\":\"one\"},\n{\"text\":\"two\"},{\"text\":\"three\"}]\n");
        for (byte[] content : List.of(lines, array)) {
            for (String name : List.of("a.jsonl", "a.json", "a.ndjson")) {
                Path plain = file(name, content);
                Path gz = file(name + ".gz", gzip(content));
                Path zst = file(name + ".zst", Zstd.compress(content));
                for (Path path : List.of(plain, gz, zst)) {
                    assertThat(texts(Fixture.rows(path))).containsExactly("one", "two", "three");
                }
            }
        }
        assertThat(Fixture.rows(file("b.jsonl", lines)).stream()
                        .map(row -> row.place().toString().replaceFirst(".*/", "")))
                .containsExactly("b.jsonl line 1", "b.jsonl line 4", "b.jsonl line 5");
        assertThat(Fixture.rows(file("b.json", array)).stream()
                        .map(row -> row.place().toString().replaceFirst(".*/", "")))
                .containsExactly("b.json line 2", "b.json line 3", "b.json line 3");
        assertThat(Fixture.rows(file("empty.jsonl", new byte[0]))).isEmpty();
        assertThat(Fixture.rows(file("empty.json", utf8("[]")))).isEmpty();
    }

    @Test
    void twoGzipFilesJoinedAreReadToTheEnd() throws IOException {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.write(gzip(utf8("{\"text\":\"one\"}\n")));
        both.write(gzip(utf8("{\"text\":\"two\"}\n")));
        assertThat(texts(Fixture.rows(file("a.jsonl.gz", both.toByteArray())))).containsExactly("one", "two");
    }

    @Test
    void parquetIsReadInEveryCompression() {
        for (String name : List.of("text-snappy", "text-none")) {
            assertThat(texts(Fixture.rows(Fixture.resource("parquet/" + name + ".parquet"))))
                    .hasSize(6)
                    .startsWith("line 0 of a small table")
                    .endsWith("line 5 of a small table");
        }
        List<Row> chats = Fixture.rows(Fixture.resource("parquet/chats-zstd.parquet"));
        assertThat(chats).hasSize(5);
        assertThat(chats.get(4).value().get("messages").get(0).get("content").stringValue())
                .isEqualTo("question 4 ä");
        assertThat(chats.get(4).place().toString()).endsWith("chats-zstd.parquet row group 3, row 1");
        List<Row> gzip = Fixture.rows(Fixture.resource("parquet/instruction-gzip.parquet"));
        assertThat(gzip.get(1).find("input")).isEmpty();
        assertThat(gzip.get(1).text("output", Schema.INSTRUCTION)).isEqualTo("A cat");
    }

    @Test
    void foldersAreReadInSortedOrderWithoutHiddenFilesAndReadmes() throws IOException {
        Files.createDirectories(folder.resolve("data/b"));
        Fixture.write(folder.resolve("data/c.jsonl"), "{\"text\":\"3\"}");
        Fixture.write(folder.resolve("data/a.jsonl"), "{\"text\":\"1\"}");
        Fixture.write(folder.resolve("data/b/x.json"), "[{\"text\":\"2\"}]");
        Fixture.write(folder.resolve("data/.hidden.jsonl"), "{\"text\":\"no\"}");
        Fixture.write(folder.resolve("data/README.md"), "no");
        Fixture.write(folder.resolve("data/picture.png"), "no");
        assertThat(DataFile.find(List.of(folder.resolve("data"))).stream()
                        .map(file -> folder.relativize(file.path()).toString().replace('\\', '/')))
                .containsExactly("data/a.jsonl", "data/b/x.json", "data/c.jsonl");
        Files.createDirectories(folder.resolve("texts"));
        Fixture.write(folder.resolve("texts/b.txt"), "b");
        Fixture.write(folder.resolve("texts/a.md"), "a");
        assertThat(DataFile.find(List.of(folder.resolve("texts")))).hasSize(2);
    }

    @Test
    void filesThatAreNoDataAreToldWithWhatIsRead() throws IOException {
        Files.createDirectories(folder.resolve("empty"));
        for (Path wrong :
                List.of(folder.resolve("empty"), file("a.png", new byte[3]), folder.resolve("nowhere.jsonl"))) {
            assertThatThrownBy(() -> DataFile.find(List.of(wrong)))
                    .isInstanceOf(DataException.class)
                    .hasMessageStartingWith(wrong.toString());
        }
    }

    private void fails(String name, byte[] content, String... words) throws IOException {
        Path file = file(name, content);
        assertThatThrownBy(() -> Fixture.rows(file))
                .isInstanceOf(DataException.class)
                .message()
                .startsWith(file.toString())
                .contains(words)
                .doesNotContain("\n");
    }

    @Test
    void whatIsNoJsonIsToldWithItsLine() throws IOException {
        fails("a.jsonl", utf8("{\"text\":\"one\"}\n{\"text\":\n"), "line 2", "is not JSON");
        fails("b.jsonl", utf8("{\"text\":\"one\"}\nhello\n"), "line 2", "is not JSON");
        fails("c.json", utf8("[{\"text\":\"one\"},\n{\"text\" 1}]"), "line 2", "is not JSON");
        fails("d.json", utf8("[{\"text\":\"one\"},\n\n{\"text\":\"two\"}"), "line", "is not JSON");
        fails("e.json", utf8("[{\"text\":\"one\"}]\n{}"), "line 2", "follows the end");
    }

    @Test
    void wrongEncodingsAreToldNotReplaced() throws IOException {
        fails(
                "a.jsonl",
                "{\"text\":\"caf\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1),
                "line 1",
                "UTF-8",
                "iconv");
        fails("a.txt", "one\ntwo\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1), "line 3", "UTF-8");
        fails("b.txt", ("\uFEFF" + "hello\n").getBytes(StandardCharsets.UTF_16LE), "UTF-16");
        fails("c.json", "[{\"text\":\"caf\u00e9 x\"}]\n".getBytes(StandardCharsets.ISO_8859_1), "line 1");
    }

    @Test
    void compressedDataThatIsCutOffOrDamagedIsTold() throws IOException {
        String lines = "{\"text\":\"a line that repeats itself not quite\"}\n".repeat(2000);
        byte[] gz = gzip(utf8(lines + new Random(1).nextLong()));
        byte[] zst = Zstd.compress(utf8(lines + new Random(1).nextLong()));
        fails("a.jsonl.gz", Arrays.copyOf(gz, gz.length / 2), "ends too early");
        fails("a.jsonl.zst", Arrays.copyOf(zst, zst.length / 2), "ends too early");
        fails("b.jsonl.gz", utf8("no gzip at all"), "damaged");
        fails("b.jsonl.zst", utf8("no zstd at all"), "damaged");
        fails("c.json.gz", Arrays.copyOf(gzip(utf8("[" + "1,".repeat(100_000) + "2]")), 100), "ends too early");
        gz[gz.length / 2] ^= 0x55;
        fails("d.jsonl.gz", gz, "damaged");
    }

    /** A file that would not end: a record of two gigabytes, made as it is read. */
    private static InputStream endless(String begin, char fill) {
        byte[] head = utf8(begin);
        return new InputStream() {
            private long at;

            @Override
            public int read() {
                return at++ < head.length ? head[(int) at - 1] : fill;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                for (int i = 0; i < length; i++) {
                    buffer[offset + i] = (byte) read();
                }
                return length;
            }
        };
    }

    @Test
    void aLineWithoutEndIsGivenUpAtItsBound() {
        try (LineReader lines = new LineReader(endless("ok\n", 'x'), "a.jsonl", Input.MAX_RECORD_BYTES)) {
            assertThat(lines.next()).contains("ok");
            assertThatThrownBy(lines::next)
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("a.jsonl line 2")
                    .hasMessageContaining("longer than 64 MiB");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[{\"text\":\"", "[{\"a\":1},{\"text\":[", "[{"})
    void anElementWithoutEndIsGivenUpAtItsBound(String begin) {
        InputStream in = begin.endsWith("\"") ? endless(begin, 'x') : repeated(begin);
        try (JsonArrayReader reader = new JsonArrayReader(in, "a.json")) {
            assertThatThrownBy(() -> {
                        while (reader.next().isPresent()) {}
                    })
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("a.json line 1");
        }
    }

    /** Members without end behind this beginning. */
    private static InputStream repeated(String begin) {
        byte[] part =
                utf8(begin.endsWith("{") ? "\"k\":\"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\"," : "12345678901234567,");
        byte[] head = utf8(begin);
        return new InputStream() {
            private long at;

            @Override
            public int read() {
                long here = at++;
                return here < head.length ? head[(int) here] : part[(int) ((here - head.length) % part.length)];
            }
        };
    }

    @Test
    void deepNestingIsGivenUp() throws IOException {
        String deep = "{\"a\":".repeat(5000) + "1" + "}".repeat(5000);
        fails("a.jsonl", utf8("{\"text\":\"ok\"}\n" + deep + "\n"), "line 2", "deeply nested");
        fails("a.json", utf8("[" + "[".repeat(100_000)), "line 1", "deeply nested");
    }

    @Test
    void aParquetFileThatIsNoneOrLacksTheColumnsIsTold() throws IOException {
        fails("a.parquet", new byte[0], "Parquet");
        fails("b.parquet", utf8("PAR1 this is not a file of that kind PAR1"), "Parquet");
        Path text = Fixture.resource("parquet/text-none.parquet");
        DataOptions other = DataOptions.builder().schema(Schema.MESSAGES).build();
        assertThatThrownBy(() -> Fixture.rows(DataFile.find(List.of(text)).getFirst(), other))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("text, n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chats-zstd", "text-snappy", "instruction-gzip", "text-none"})
    void aDamagedParquetFileNeverDoesWorseThanFail(String name) throws IOException {
        byte[] good = Files.readAllBytes(Fixture.resource("parquet/" + name + ".parquet"));
        Random random = new Random(name.hashCode());
        int failed = 0;
        for (int round = 0; round < 60; round++) {
            byte[] bad = round % 3 == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
            for (int i = 0; i <= round % 4 && bad.length > 0; i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            Path file = file("bad.parquet", bad);
            // some make the decoder wait for ever
            try (ParquetReader reader =
                    new ParquetReader(file, Schema.columns(DataOptions.DEFAULTS), _ -> {}, Duration.ofMillis(300))) {
                while (reader.next().isPresent()) {}
            } catch (DataException e) {
                assertThat(e.getMessage()).startsWith(file.toString());
                failed++;
            }
        }
        assertThat(failed).isGreaterThan(20);
    }
}
