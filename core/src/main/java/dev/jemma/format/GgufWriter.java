package dev.jemma.format;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a GGUF file, version 3: the head at once, then the tensors' bytes in the order in which they were declared. The
 * file appears under its name only when {@link #finish} succeeds. Not for use by several threads.
 */
public final class GgufWriter implements AutoCloseable {
    private static final int MAGIC = 0x4655_4747; // "GGUF"
    private static final int VERSION = 3;

    private final OutputFile file;
    private final TensorSequence sequence;
    private final long alignment;

    private GgufWriter(OutputFile file, List<TensorInfo> tensors, long alignment) {
        this.file = file;
        this.sequence = new TensorSequence(tensors);
        this.alignment = alignment;
    }

    /**
     * Starts a file with these keys, in their order, and these tensors.
     *
     * @throws dev.jemma.JemmaException if the file cannot be written
     */
    public static GgufWriter create(Path target, GgufMetadata metadata, List<TensorInfo> tensors) {
        long alignment = metadata.integer("general.alignment").orElse(32);
        Head head = new Head();
        head.i32(MAGIC);
        head.i32(VERSION);
        head.i64(tensors.size());
        head.i64(metadata.values().size());
        metadata.values().forEach((key, value) -> {
            head.string(key);
            head.value(value);
        });
        long offset = 0;
        for (TensorInfo tensor : tensors) {
            head.string(tensor.name());
            head.i32(tensor.shape().size());
            tensor.shape().reversed().forEach(head::i64); // stored fastest first
            head.i32(tensor.type().ggmlId());
            head.i64(offset);
            offset = Math.ceilDiv(offset + tensor.byteSize(), alignment) * alignment;
        }
        OutputFile file = OutputFile.create(target);
        try {
            file.write(head.toByteArray());
            file.pad(alignment);
            return new GgufWriter(file, tensors, alignment);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Appends bytes of the tensor that is next in turn; a call never spans two tensors. */
    public void write(MemorySegment bytes) {
        boolean ended = sequence.advance(bytes.byteSize());
        file.write(bytes);
        if (ended) {
            file.pad(alignment);
        }
    }

    /** Ends the file and puts it in place. */
    public void finish() {
        sequence.requireEnd();
        file.commit();
    }

    /** Deletes what was written unless {@link #finish} succeeded. */
    @Override
    public void close() {
        file.close();
    }

    /** The head, little-endian. */
    private static final class Head extends ByteArrayOutputStream {
        private final ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

        void number(long bits, int bytes) {
            number.putLong(0, bits);
            write(number.array(), 0, bytes);
        }

        void i32(long bits) {
            number(bits, 4);
        }

        void i64(long bits) {
            number(bits, 8);
        }

        void string(String s) {
            byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
            i64(utf8.length);
            writeBytes(utf8);
        }

        void value(GgufValue value) {
            i32(value.type().id());
            switch (value) {
                case GgufValue.Text text -> string(text.value());
                case GgufValue.Whole whole -> number(whole.value(), whole.type().bytes());
                case GgufValue.Flag flag -> number(flag.value() ? 1 : 0, 1);
                case GgufValue.Real(GgufType type, double x) ->
                    number(
                            type == GgufType.F32 ? Float.floatToRawIntBits((float) x) : Double.doubleToRawLongBits(x),
                            type.bytes());
                case GgufValue.Numbers numbers -> {
                    i32(numbers.elementType().id());
                    i64(numbers.size());
                    writeBytes(numbers.bytes());
                }
                case GgufValue.Texts texts -> {
                    i32(GgufType.STRING.id());
                    i64(texts.values().size());
                    texts.values().forEach(this::string);
                }
            }
        }
    }
}
