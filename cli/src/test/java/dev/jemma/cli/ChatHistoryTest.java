package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatHistoryTest {
    @TempDir
    Path home;

    @Test
    void entriesComeBackInOrderLineBreaksIncluded() {
        new ChatHistory(home.resolve("store/history")).add("first\nsecond \"line\"");
        new ChatHistory(home.resolve("store/history")).add("third ü");

        assertThat(new ChatHistory(home.resolve("store/history")).load())
                .containsExactly("first\nsecond \"line\"", "third ü");
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        Assumptions.assumeTrue(
                home.getFileSystem().supportedFileAttributeViews().contains("posix"));
        Path file = home.resolve("history");
        new ChatHistory(file).add("secret");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void anEntryThatBeginsWithASpaceIsNotKept() {
        ChatHistory history = new ChatHistory(home.resolve("history"));
        history.add(" secret");
        history.add("  ");

        assertThat(history.load()).isEmpty();
    }

    @Test
    void damagedLinesCostThemselvesAlone() throws IOException {
        Path file = Files.writeString(home.resolve("history"), "\"one\"\n{\"a\":1}\n\"half\n\"two\"\n");

        assertThat(new ChatHistory(file).load()).containsExactly("one", "two");
    }

    @Test
    void aLongHistoryIsCutToItsNewerEntries() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 2001; i++) {
            lines.add("\"entry " + i + "\"");
        }
        Path file = Files.write(home.resolve("history"), lines);

        assertThat(new ChatHistory(file).load()).hasSize(1000).endsWith("entry 2000");
        assertThat(Files.readAllLines(file)).hasSize(1000);
    }

    @Test
    void aFolderThatCannotBeWrittenKeepsNone() throws IOException {
        Path blocked = Files.writeString(home.resolve("file"), "not a folder");
        ChatHistory history = new ChatHistory(blocked.resolve("history"));
        history.add("entry");

        assertThat(history.load()).isEmpty();
    }
}
