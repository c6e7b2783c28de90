package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
    @TempDir
    Path temp;

    private Path file(String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        for (int i = 0; i < dataBytes; i++) {
            bytes.put((byte) i);
        }
        return Files.write(temp.resolve("x.safetensors"), bytes.array());
    }

    private static String tensor(String name, String dtype, String shape, int begin, int end) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, dtype, shape, begin, end);
    }

    @Test
    void tensorsAreListedByTheirPlaceAndReadFromIt() throws IOException {
        Path path = file(
                "{" + tensor("b", "F16", "[2]", 8, 12) + "," + tensor("a", "F32", "[1,2]", 0, 8)
                        + ",\"__metadata__\":{\"k\":\"v\"}}   ",
                12);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensors().stream().map(TensorInfo::name)).containsExactly("a", "b");
            TensorInfo b = file.find("b").orElseThrow();
            assertThat(b.type()).isEqualTo(DType.F16);
            byte[] bytes = new byte[4];
            file.read(b, 0, MemorySegment.ofArray(bytes));
            assertThat(bytes).containsExactly(8, 9, 10, 11);
            assertThat(file.metadata()).containsEntry("k", "v");
            assertThat(file.find("c")).isEmpty();
        }
    }

    @Test
    void anElementTypeThatIsNotReadMattersOnlyWhenTheTensorIsAskedFor() throws IOException {
        Path path = file("{" + tensor("vision", "I64", "[1]", 0, 8) + "," + tensor("a", "F32", "[1]", 8, 12) + "}", 12);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensors()).hasSize(1);
            assertThat(file.unsupported()).containsEntry("vision", "I64");
            assertThatThrownBy(() -> file.find("vision"))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("vision")
                    .hasMessageContaining("I64");
        }
    }

    @Test
    void headersThatContradictTheFileAreRefused() throws IOException {
        String a = tensor("a", "F32", "[2]", 0, 8);
        assertRefused("{" + a + "," + tensor("b", "F32", "[2]", 4, 12) + "}", "overlap");
        assertRefused("{" + a + "," + tensor("b", "I64", "[1]", 4, 12) + "}", "overlap");
        assertRefused("{" + a + "," + tensor("a", "F32", "[1]", 8, 12) + "}", "occurs twice");
        assertRefused("{" + tensor("a", "F32", "[3]", 0, 8) + "}", "of its shape");
        assertRefused("{" + tensor("a", "F32", "[-2]", 0, 8) + "}", "impossible shape");
        assertRefused("{" + tensor("a", "F32", "[4611686018427387904,4]", 0, 0) + "}", "impossible shape");
        assertRefused("{" + tensor("a", "F32", "[4]", 0, 16) + "}", "outside the file");
        assertRefused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "lacks");
        assertRefused("{\"a\":3}", "not as the safetensors format has it");
        assertRefused("[1]", "not as the safetensors format has it");
    }

    private void assertRefused(String header, String words) throws IOException {
        Path path = file(header, 12);
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("x.safetensors")
                .hasMessageContaining(words);
    }
}
