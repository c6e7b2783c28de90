package dev.jemma.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir
    private Path folder;

    private List<Doc> rows(String file, String content) throws IOException {
        Files.createDirectories(folder.resolve("set"));
        Files.writeString(folder.resolve("set").resolve(file), content);
        List<Doc> rows = new DataFolder(folder).rows(List.of("set/absent", "set/test"));
        Files.delete(folder.resolve("set").resolve(file));
        return rows;
    }

    @Test
    void everyFormatGivesTheSameRows() throws IOException {
        List<List<Doc>> all = List.of(
                rows("test.jsonl", "{\"q\": \"a, b\", \"n\": 1}\n\n{\"q\": \"c\", \"n\": 2}\n"),
                rows("test.json", "[{\"q\": \"a, b\", \"n\": 1},\n {\"q\": \"c\", \"n\": 2}]"),
                rows("test.json", "{\"examples\": [{\"q\": \"a, b\", \"n\": 1},\n {\"q\": \"c\", \"n\": 2}]}"),
                rows("test.json", "{\"q\": \"a, b\", \"n\": 1}\n{\"q\": \"c\", \"n\": 2}\n"),
                rows("test.csv", "q,n\r\n\"a, b\",1\r\nc,2\r\n"));
        for (List<Doc> rows : all) {
            assertThat(rows).extracting(doc -> doc.text("q")).containsExactly("a, b", "c");
            assertThat(rows).extracting(doc -> doc.integer("n")).containsExactly(1, 2);
            assertThat(rows).extracting(Doc::index).containsExactly(0, 1);
        }
    }

    @Test
    void quotesOfCsvMayHoldAnything() throws IOException {
        assertThat(rows("test.csv", "\uFEFFq\n\"two\nlines, \"\"quoted\"\"\"\n"))
                .extracting(doc -> doc.text("q"))
                .containsExactly("two\nlines, \"quoted\"");
        assertThatThrownBy(() -> rows("test.csv", "a,b\n1\n"))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("row 1: has 1 values, but there are 2 columns");
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> new DataFolder(folder).rows(List.of("piqa/validation")))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining(folder.resolve("piqa/validation").toString())
                .hasMessageContaining("--data");
    }

    @Test
    void damagedFilesAreToldNotThrown() throws IOException {
        assertThatThrownBy(() -> rows("test.json", "{\"examples\": ")).hasMessageContaining("is not JSON");
        Files.delete(folder.resolve("set/test.json"));
        assertThatThrownBy(() -> rows("test.jsonl", "{\"a\": 1}\nnope\n")).hasMessageContaining("line 2");
        Files.delete(folder.resolve("set/test.jsonl"));
        assertThatThrownBy(() -> rows("test.parquet", "PAR1 but not really"))
                .isInstanceOf(dev.jemma.JemmaException.class)
                .hasMessageContaining("test.parquet");
    }

    @Test
    void fieldsSayWhatTheyLack() throws IOException {
        Doc doc = rows("test.jsonl", "{\"a\": [1, {}], \"b\": 1.5, \"c\": null}\n")
                .getFirst();
        assertThatThrownBy(() -> doc.text("c")).hasMessageContaining("line 1: needs the field \"c\"");
        assertThatThrownBy(() -> doc.texts("a")).hasMessageContaining("\"a\" must be a list of texts");
        assertThatThrownBy(() -> doc.integer("b")).hasMessageContaining("\"b\" must be a whole number");
        assertThatThrownBy(() -> doc.text("a")).hasMessageContaining("\"a\" must be text");
    }
}
