package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged and hostile files end in a {@link FormatException} or a right load, and allocate no more than 16 bytes for each
 * byte present. {@code -Djemma.fuzz.mutants=20000} runs the long form, {@code -Djemma.fuzz.seed} another one.
 */
class HostileFilesTest {
    private static final int MUTANTS = Integer.getInteger("jemma.fuzz.mutants", 1000);
    private static final long SEED = Long.getLong("jemma.fuzz.seed", 20_251_123);
    private static final int HOSTILE_BYTES = 3 << 20;

    @TempDir
    Path temp;

    /** Loads the classes, so that their allocation is not counted. */
    @BeforeEach
    void warmUp() throws IOException {
        readGguf(write("warm.gguf", smallGguf()));
        readSafetensors(write("warm.safetensors", smallSafetensors()));
        readJson(write("warm.json", smallConfig()));
        for (String name : List.of("warm.gguf", "warm.safetensors", "warm.json")) {
            try {
                readJson(write(name, new byte[] {'{', '"', 'a', '"', ':', '1', 'x'}));
                readGguf(temp.resolve(name));
            } catch (FormatException e) {
                assertThat(e.getMessage()).contains("warm");
            }
        }
    }

    @Test
    void mutantsOfGgufFilesAreRefusedOrLoaded() throws IOException {
        mutate("m.gguf", smallGguf(), MUTANTS * 2 / 5, this::readGguf);
    }

    @Test
    void mutantsOfSafetensorsFilesAreRefusedOrLoaded() throws IOException {
        mutate("m.safetensors", smallSafetensors(), MUTANTS / 4, this::readSafetensors);
    }

    @Test
    void mutantsOfAnIndexAreRefusedOrLoadedAndNeverLeaveTheFolder() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("model"));
        try (SafetensorsWriter writer = SafetensorsWriter.create(folder, smallTensors(), Map.of(), 100)) {
            for (TensorInfo tensor : smallTensors()) {
                writer.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()]));
            }
            writer.finish();
        }
        byte[] index = Files.readAllBytes(folder.resolve("model.safetensors.index.json"));
        long shards;
        try (var files = Files.list(folder)) {
            shards = files.mapToLong(path -> path.toFile().length()).sum();
        }
        Mutations mutations = new Mutations(SEED);
        for (int i = 0; i < MUTANTS * 3 / 20; i++) {
            byte[] mutant = mutations.of(index);
            Path path = write("model/model.safetensors.index.json", mutant);
            Allocation.check("mutant " + i, mutant.length + shards, () -> readSafetensors(path));
        }
    }

    @Test
    void mutantsOfConfigurationsAreRefusedOrLoaded() throws IOException {
        mutate("config.json", smallConfig(), MUTANTS / 5, this::readJson);
    }

    private void mutate(String name, byte[] original, int mutants, Consumer<Path> reader) throws IOException {
        Mutations mutations = new Mutations(SEED);
        for (int i = 0; i < mutants; i++) {
            byte[] mutant = mutations.of(original);
            Path path = write(name, mutant);
            Allocation.check(name + " mutant " + i + " of seed " + SEED, mutant.length, () -> reader.accept(path));
        }
    }

    // --- files that ask for as much memory as their bytes can ---

    @Test
    void jsonOfManyTinyThingsStaysWithinItsMemory() throws IOException {
        for (String thing :
                List.of("[]", "{}", "[1]", "\"\"", "999", "0.5", "[[[[]]]]", "{\"a\":{}}", "\"\\u00e4\"", "\"ab\"")) {
            String text = repeat(thing + ",", HOSTILE_BYTES);
            byte[] bytes = ("[" + text + "0]").getBytes(StandardCharsets.UTF_8);
            Path path = write("many.json", bytes);
            Allocation.check("elements " + thing, bytes.length, () -> readJson(path));
        }
    }

    @Test
    void jsonOfManyFieldsStaysWithinItsMemory() throws IOException {
        for (String value : List.of("1", "\"\"", "{}", "[1]")) {
            String text = IntStream.range(0, HOSTILE_BYTES / 9)
                    .mapToObj(i -> "\"" + Integer.toString(i, 36) + "\":" + value)
                    .collect(Collectors.joining(",", "{", "}"));
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            Path path = write("fields.json", bytes);
            Allocation.check("fields " + value, bytes.length, () -> readJson(path));
        }
    }

    @Test
    void jsonOfEndlessDepthOrNumbersIsRefused() throws IOException {
        for (String text : List.of(
                "[".repeat(1 << 20), "{\"a\":".repeat(1 << 18), "9".repeat(1 << 20), "0." + "9".repeat(1 << 20))) {
            Path path = write("deep.json", text.getBytes(StandardCharsets.UTF_8));
            Allocation.check("deep", text.length(), () -> {
                try {
                    readJson(path);
                    throw new AssertionError("was read");
                } catch (FormatException e) {
                    assertThat(e.getMessage()).contains("deep.json");
                }
            });
        }
    }

    @Test
    void safetensorsOfManyTinyTensorsStayWithinTheirMemory() throws IOException {
        for (String fields : List.of(
                "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}",
                "{\"dtype\":\"I8\",\"data_offsets\":[0,0]}",
                "{\"dtype\":\"F32\",\"shape\":[0,0,0,0,0,0,0,0],\"data_offsets\":[0,0]}")) {
            checkSafetensors(IntStream.range(0, HOSTILE_BYTES / fields.length())
                    .mapToObj(i -> "\"" + Integer.toString(i, 36) + "\":" + fields)
                    .collect(Collectors.joining(",", "{", "}")));
        }
        checkSafetensors(IntStream.range(0, HOSTILE_BYTES / 9)
                .mapToObj(i -> "\"" + Integer.toString(i, 36) + "\":\"\"")
                .collect(Collectors.joining(",", "{\"__metadata__\":{", "}}")));
    }

    private void checkSafetensors(String header) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        byte[] file = ByteBuffer.allocate(8 + text.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
        Path path = write("many.safetensors", file);
        Allocation.check(header.substring(0, 80), file.length, () -> readSafetensors(path));
    }

    @Test
    void ggufOfManyTinyThingsStaysWithinItsMemory() throws IOException {
        int keys = HOSTILE_BYTES / 16;
        Little many = new Little().gguf(0, keys);
        for (int i = 0; i < keys; i++) {
            many.string(Integer.toString(i, 36)).u32(7).u8(1);
        }
        checkGguf("keys", many);

        int strings = HOSTILE_BYTES / 8;
        Little empty = new Little().gguf(0, 1).string("k").u32(9).u32(8).u64(strings);
        for (int i = 0; i < strings; i++) {
            empty.u64(0);
        }
        checkGguf("empty strings", empty);

        Little bytes = new Little().gguf(0, 1).string("k").u32(9).u32(0).u64(HOSTILE_BYTES);
        bytes.writeBytes(new byte[HOSTILE_BYTES]);
        checkGguf("an array of bytes", bytes);

        for (int dims = 0; dims <= 4; dims++) {
            int tensors = HOSTILE_BYTES / (30 + 8 * dims);
            Little infos = new Little().gguf(tensors, 0);
            for (int i = 0; i < tensors; i++) {
                infos.string(Integer.toString(i, 36)).u32(dims);
                for (int d = 0; d < dims; d++) {
                    infos.u64(d == 0 ? 0 : 1000 + i);
                }
                infos.u32(30).u64(0);
            }
            infos.writeBytes(new byte[64]);
            checkGguf("tensors of " + dims + " dimensions", infos);
        }
    }

    @Test
    void ggufCountsBeyondTheFileAreRefusedBeforeAnythingIsMade() throws IOException {
        for (long count : new long[] {1L << 20, Integer.MAX_VALUE, 1L << 40, Long.MAX_VALUE, -1}) {
            for (int element = 0; element <= 12; element++) {
                checkRefused(
                        new Little().gguf(0, 1).string("k").u32(9).u32(element).u64(count));
            }
            checkRefused(new Little().gguf(0, count));
            checkRefused(new Little().gguf(count, 0));
            checkRefused(new Little().gguf(0, 1).u64(count).u8('k'));
            checkRefused(new Little()
                    .gguf(1, 0)
                    .string("t")
                    .u32(2)
                    .u64(count)
                    .u64(count)
                    .u32(0)
                    .u64(0));
            checkRefused(
                    new Little().gguf(1, 0).string("t").u32(1).u64(1).u32(0).u64(count & -32));
        }
    }

    private void checkRefused(Little gguf) throws IOException {
        Path path = write("refused.gguf", gguf.toByteArray());
        Allocation.check("refused", gguf.size(), () -> {
            try {
                readGguf(path);
                throw new AssertionError("was read");
            } catch (FormatException e) {
                assertThat(e.getMessage()).contains("refused.gguf");
            }
        });
    }

    private void checkGguf(String what, Little gguf) throws IOException {
        Path path = write("many.gguf", gguf.toByteArray());
        Allocation.check(what, gguf.size(), () -> {
            try (GgufFile file = GgufFile.open(path)) {
                assertThat(file.tensors().size() + file.metadata().keys().size())
                        .isPositive();
            }
        });
    }

    @Test
    void oldNewAndForeignFilesAreNamedForWhatTheyAre() throws IOException {
        assertMessage(new Little().u32(0x46554747).u32(0x0300_0000), "big-endian");
        assertMessage(new Little().u32(0x46554747).u32(1), "version 1");
        assertMessage(new Little().u32(0x46554747).u32(4), "version 4");
        assertMessage(new Little().u32(0x67676d6c).u32(3), "not a GGUF file");
        assertMessage(
                new Little().gguf(1, 0).string("t").u32(1).u64(256).u32(34).u64(0), "TQ1_0");
        assertMessage(new Little().gguf(1, 0).string("t").u32(1).u64(31).u32(8).u64(0), "multiple of the 32");
        Little twice = new Little().gguf(0, 2);
        twice.string("k").u32(7).u8(1).string("k").u32(7).u8(1);
        assertMessage(twice, "occurs twice");
    }

    private void assertMessage(Little gguf, String words) throws IOException {
        Path path = write("x.gguf", gguf.toByteArray());
        try {
            readGguf(path);
        } catch (FormatException e) {
            assertThat(e.getMessage()).contains("x.gguf").contains(words);
            return;
        }
        throw new AssertionError("was read, but should say: " + words);
    }

    // --- readers: everything that a loader would touch ---

    private void readGguf(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            for (String key : file.metadata().keys()) {
                if (file.metadata().value(key).orElseThrow() instanceof GgufValue.Texts texts) {
                    for (String text : texts.values()) {
                        assertThat(text).isNotNull();
                    }
                }
            }
            readTensors(file);
        }
    }

    private void readSafetensors(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            readTensors(file);
        }
    }

    private static void readTensors(TensorFile file) {
        byte[] buffer = new byte[256];
        float[] values = new float[256];
        for (TensorInfo info : file.tensors()) {
            long block = Math.min(info.byteSize(), info.type().blockBytes());
            if (block > 0) { // first and last block
                file.read(info, 0, MemorySegment.ofArray(buffer).asSlice(0, block));
                file.read(
                        info,
                        info.byteSize() - block,
                        MemorySegment.ofArray(buffer).asSlice(0, block));
                Quants.decode(
                        info.type(),
                        MemorySegment.ofArray(buffer),
                        0,
                        values,
                        0,
                        info.type().blockElements());
            }
        }
    }

    private void readJson(Path path) {
        walk(Json.read(path).raw());
    }

    private static void walk(Object value) {
        if (value instanceof List<?> list && !list.isEmpty()) {
            list.forEach(HostileFilesTest::walk);
        } else if (value instanceof Map<?, ?> fields && fields.containsKey("hidden_size")) {
            fields.forEach((key, field) -> walk(field));
        }
    }

    // --- the files that are damaged ---

    private byte[] smallGguf() throws IOException {
        GgufMetadata head = GgufMetadata.builder("small")
                .string("general.architecture", "gemma3")
                .u32("gemma3.block_count", 2)
                .f32("gemma3.rope.freq_base", 1e6)
                .bool("tokenizer.ggml.add_bos_token", true)
                .strings("tokenizer.ggml.tokens", List.of("<pad>", "<eos>", "<bos>", "a", "b", "▁c"))
                .floats("tokenizer.ggml.scores", new float[6])
                .ints("tokenizer.ggml.token_type", new int[6])
                .build();
        List<TensorInfo> tensors = List.of(
                new TensorInfo("token_embd.weight", DType.Q8_0, List.of(6L, 64L), 6 * 68),
                new TensorInfo("blk.0.attn_q.weight", DType.Q4_K, List.of(2L, 256L), 288),
                new TensorInfo("output_norm.weight", DType.F32, List.of(64L), 256));
        Path path = temp.resolve("small.gguf");
        try (GgufWriter writer = GgufWriter.create(path, head, tensors)) {
            for (TensorInfo tensor : tensors) {
                writer.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()]));
            }
            writer.finish();
        }
        return Files.readAllBytes(path);
    }

    private static List<TensorInfo> smallTensors() {
        return List.of(
                new TensorInfo("model.embed_tokens.weight", DType.F32, List.of(6L, 4L), 96),
                new TensorInfo("model.norm.weight", DType.BF16, List.of(4L), 8),
                new TensorInfo("model.layers.0.mlp.up_proj.weight", DType.F16, List.of(8L, 4L), 64));
    }

    private byte[] smallSafetensors() throws IOException {
        Path folder = temp.resolve("small");
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(folder, smallTensors(), Map.of("format", "pt"), 1 << 20)) {
            for (TensorInfo tensor : smallTensors()) {
                writer.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()]));
            }
            writer.finish();
        }
        return Files.readAllBytes(folder.resolve("model.safetensors"));
    }

    private static byte[] smallConfig() {
        return """
                {"architectures": ["Gemma3ForCausalLM"], "attn_logit_softcapping": null, "hidden_size": 640,
                 "layer_types": ["sliding_attention", "full_attention"], "rms_norm_eps": 1e-06, "use_cache": true,
                 "rope_parameters": {"full_attention": {"rope_theta": 1000000.0}, "sliding_attention": {}}}
                """.getBytes(StandardCharsets.UTF_8);
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Files.write(temp.resolve(name), bytes);
    }

    private static String repeat(String text, int bytes) {
        return text.repeat(bytes / text.length());
    }

    /** Bytes as GGUF has them. */
    private static final class Little extends ByteArrayOutputStream {
        Little gguf(long tensors, long keys) {
            return u32(0x46554747).u32(3).u64(tensors).u64(keys);
        }

        Little u8(int value) {
            write(value);
            return this;
        }

        Little u32(long value) {
            for (int i = 0; i < 4; i++) {
                write((int) (value >> (8 * i)));
            }
            return this;
        }

        Little u64(long value) {
            return u32(value).u32(value >> 32);
        }

        Little string(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            u64(utf8.length);
            writeBytes(utf8);
            return this;
        }
    }
}
