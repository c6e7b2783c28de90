package dev.jemma.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * Writes examples into shards, one after another; {@code docs/formats.md} draws the layout. A token is four bytes, its
 * highest bit set if it is a target.
 */
final class ShardWriter implements AutoCloseable {
    static final long MAGIC = 0x4448_5341_4D4D_454AL; // "JEMMASHD", little-endian
    static final int HEADER_BYTES = 64;
    static final int TRAINED = 1 << 31;

    /** Tokens after which a new shard begins: 128 MiB. */
    static final long SHARD_TOKENS = 32L << 20;

    private final Path folder;
    private final String prefix;
    private final long shardTokens;
    private final List<ShardIndex.Entry> done = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    private java.util.Optional<AtomicFile> file = java.util.Optional.empty();
    private CRC32C crc = new CRC32C();
    private long[] offsets = new long[1 << 10]; // of examples, in tokens; [examples + 1] in use
    private int examples;

    ShardWriter(Path folder, String prefix, long shardTokens) {
        this.folder = folder;
        this.prefix = prefix;
        this.shardTokens = shardTokens;
    }

    void add(Example example) {
        AtomicFile to = file.orElseGet(this::begin);
        int[] tokens = example.tokens();
        boolean[] trained = example.trained();
        for (int i = 0; i < tokens.length; i++) {
            room(to, Integer.BYTES);
            buffer.putInt(trained[i] ? tokens[i] | TRAINED : tokens[i]);
        }
        if (examples + 2 > offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * offsets.length);
        }
        offsets[examples + 1] = offsets[examples] + tokens.length;
        examples++;
        if (offsets[examples] >= shardTokens) {
            end(to);
        }
    }

    /** Ends the last shard; what was written, in order. */
    List<ShardIndex.Entry> finish() {
        file.ifPresent(this::end);
        return done;
    }

    private AtomicFile begin() {
        AtomicFile begun = AtomicFile.create(folder.resolve(name()));
        file = java.util.Optional.of(begun);
        begun.write(ByteBuffer.allocate(HEADER_BYTES));
        crc = new CRC32C();
        examples = 0;
        return begun;
    }

    private String name() {
        return String.format(Locale.ROOT, "%s-%05d.bin", prefix, done.size());
    }

    private void end(AtomicFile to) {
        long tokens = offsets[examples];
        if (tokens % 2 != 0) {
            room(to, Integer.BYTES);
            buffer.putInt(0); // offsets begin at a multiple of eight
        }
        for (int i = 0; i <= examples; i++) {
            room(to, Long.BYTES);
            buffer.putLong(offsets[i]);
        }
        flush(to);
        to.writeFirst(ByteBuffer.allocate(HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, MAGIC)
                .putInt(8, ShardIndex.VERSION)
                .putLong(16, examples)
                .putLong(24, tokens)
                .putLong(32, crc.getValue()));
        to.commit();
        done.add(new ShardIndex.Entry(name(), bytes(examples, tokens), examples, tokens, crc.getValue()));
        file = java.util.Optional.empty();
    }

    /** Size of a shard. */
    static long bytes(long examples, long tokens) {
        return HEADER_BYTES + offsetsAt(tokens) + Long.BYTES * (examples + 1);
    }

    /** Where offsets begin, behind the header. */
    static long offsetsAt(long tokens) {
        return Integer.BYTES * (tokens + tokens % 2);
    }

    private void room(AtomicFile to, int bytes) {
        if (buffer.remaining() < bytes) {
            flush(to);
        }
    }

    private void flush(AtomicFile to) {
        buffer.flip();
        crc.update(buffer.duplicate());
        to.write(buffer);
        buffer.clear();
    }

    @Override
    public void close() {
        file.ifPresent(AtomicFile::close);
    }
}
