package dev.jemma.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** A shard in mapped memory. It is read through once when it is opened, so that no damaged one is used. */
final class ShardFile {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int CHUNK_BYTES = 64 << 20;

    private final Path file;
    private final MemorySegment bytes;
    private final ShardIndex.Entry entry;
    private final long offsetsAt;
    private final int vocabulary;

    private ShardFile(Path file, MemorySegment bytes, ShardIndex.Entry entry, int vocabulary) {
        this.file = file;
        this.bytes = bytes;
        this.entry = entry;
        this.vocabulary = vocabulary;
        this.offsetsAt = ShardWriter.HEADER_BYTES + ShardWriter.offsetsAt(entry.tokens());
    }

    /** @throws DataException if the file is not what the index says */
    static ShardFile open(Path folder, ShardIndex.Entry entry, int vocabulary, Arena arena) {
        if (!entry.file().matches("(shard|eval)-\\d{5,9}\\.bin")) {
            throw new DataException(folder.resolve(ShardIndex.NAME) + ": is damaged: a shard cannot have that name;"
                    + " prepare the data again");
        }
        Path path = folder.resolve(entry.file());
        try (FileChannel channel = FileChannel.open(path)) {
            boolean sane = entry.examples() >= 1
                    && entry.tokens() >= 2
                    && entry.examples() < Integer.MAX_VALUE
                    && entry.tokens() < Long.MAX_VALUE / 16;
            if (!sane
                    || channel.size() != entry.bytes()
                    || entry.bytes() != ShardWriter.bytes(entry.examples(), entry.tokens())) {
                throw damaged(path, "it has " + channel.size() + " bytes, not " + entry.bytes());
            }
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            ShardFile shard = new ShardFile(path, mapped, entry, vocabulary);
            shard.check();
            return shard;
        } catch (IOException e) {
            throw Input.failure(path.toString(), e);
        }
    }

    private void check() {
        boolean header = bytes.get(LONG, 0) == ShardWriter.MAGIC
                && bytes.get(INT, 8) == ShardIndex.VERSION
                && bytes.get(LONG, 16) == entry.examples()
                && bytes.get(LONG, 24) == entry.tokens()
                && bytes.get(LONG, 32) == entry.crc32c();
        if (!header) {
            throw damaged(file, "its header is another one");
        }
        CRC32C crc = new CRC32C();
        for (long at = ShardWriter.HEADER_BYTES; at < bytes.byteSize(); at += CHUNK_BYTES) {
            long length = Math.min(CHUNK_BYTES, bytes.byteSize() - at);
            crc.update(bytes.asSlice(at, length).asByteBuffer());
        }
        if (crc.getValue() != entry.crc32c()) {
            throw damaged(file, "its checksum is another one");
        }
        long before = 0;
        for (long i = 0; i <= entry.examples(); i++) {
            long offset = offset(i);
            if (i == 0 ? offset != 0 : offset < before + 2 || offset > entry.tokens()) {
                throw damaged(file, "example " + i + " ends where it cannot");
            }
            before = offset;
        }
        if (before != entry.tokens()) {
            throw damaged(file, "tokens are left over");
        }
    }

    private static DataException damaged(Path file, String how) {
        return new DataException(file + ": is damaged (" + how + "); prepare the data again");
    }

    private long offset(long index) {
        return bytes.get(LONG, offsetsAt + Long.BYTES * index);
    }

    long examples() {
        return entry.examples();
    }

    long tokens() {
        return entry.tokens();
    }

    Example get(long index) {
        long first = offset(index);
        int length = Math.toIntExact(offset(index + 1) - first);
        int[] tokens = new int[length];
        boolean[] trained = new boolean[length];
        for (int i = 0; i < length; i++) {
            int word = bytes.get(INT, ShardWriter.HEADER_BYTES + Integer.BYTES * (first + i));
            tokens[i] = word & ~ShardWriter.TRAINED;
            trained[i] = word < 0;
            if (tokens[i] >= vocabulary) {
                throw damaged(file, "token " + tokens[i] + " is outside the vocabulary");
            }
        }
        return new Example(tokens, trained);
    }
}
