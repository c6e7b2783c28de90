package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelInputTest {
    @TempDir
    Path folder;

    private static void cut(Path path, long length) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(length);
        }
    }

    @Test
    void rangesAreTheBytesOfTheFileAndNoneReachesBeyondIt() throws IOException {
        byte[] bytes = new byte[10_000];
        new Random(1).nextBytes(bytes);
        Path path = Files.write(folder.resolve("a"), bytes);
        try (InputFile input = new ChannelInput(path)) {
            input.open();
            assertThat(input.length()).isEqualTo(bytes.length);
            assertThat(input.readRange(17, 5000)).isEqualTo(ByteBuffer.wrap(bytes, 17, 5000));
            assertThat(input.readRange(0, bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));
            assertThat(input.readRange(bytes.length, 0).remaining()).isZero();
            long[][] outside = {{-1, 1}, {0, 10_001}, {9_999, 2}, {Long.MAX_VALUE, Integer.MAX_VALUE}, {0, -1}};
            for (long[] range : outside) {
                assertThatThrownBy(() -> input.readRange(range[0], (int) range[1]))
                        .isInstanceOf(EOFException.class)
                        .hasMessageContaining("of 10000");
            }
        }
    }

    @Test
    void aFileThatIsCutWhileItIsReadIsAnException() throws IOException {
        Path path = Files.write(folder.resolve("a"), new byte[10_000]);
        try (InputFile input = new ChannelInput(path)) {
            cut(path, 4_000);
            assertThat(input.readRange(0, 4_000).remaining()).isEqualTo(4_000);
            assertThatThrownBy(() -> input.readRange(0, 4_001))
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("cut");
        }
    }

    // A mapped file ends the process here, or throws an error of the virtual machine.
    @ParameterizedTest
    @ValueSource(strings = {"chats-zstd", "text-snappy", "instruction-gzip", "text-none"})
    void aParquetFileThatIsCutBehindItsReadersBackIsAnException(String name) throws IOException {
        Path path = Files.copy(Fixture.resource("parquet/" + name + ".parquet"), folder.resolve("cut.parquet"));
        try (InputFile input = new ChannelInput(path);
                ParquetFileReader reader = ParquetFileReader.open(input)) {
            cut(path, 0);
            assertThatThrownBy(() -> {
                        try (RowReader rows = reader.buildRowReader().build()) {
                            while (rows.hasNext()) {
                                rows.next();
                            }
                        }
                    })
                    .isInstanceOf(Exception.class)
                    .hasStackTraceContaining("was cut while it was read");
        }
    }

    @Test
    void theDecoderLoadsNoLibraryThatItHappensToFind() {
        Fixture.rows(Fixture.resource("parquet/instruction-gzip.parquet"));
        assertThat(System.getProperty("hardwood.uselibdeflate")).isEqualTo("false");
    }
}
