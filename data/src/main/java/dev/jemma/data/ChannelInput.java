package dev.jemma.data;

import dev.hardwood.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A Parquet file as its decoder sees it ({@link ParquetRows}), read through a channel and never mapped: the decoder hands
 * its bytes to native code, and a mapped file that somebody cuts meanwhile would end the process there, where a read just
 * fails. Ranges come as direct buffers, which native decoders take without another copy.
 */
final class ChannelInput implements InputFile {
    private final Path path;
    private final FileChannel channel;
    private final long length;

    /** Opens the file, whose length from now on is that of this moment. */
    ChannelInput(Path path) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(path);
        try {
            this.length = channel.size();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void open() {} // is open from the start

    /** @throws IOException also if the file has become shorter */
    @Override
    public ByteBuffer readRange(long offset, int bytes) throws IOException {
        if (offset < 0 || bytes < 0 || offset > length - bytes) {
            throw new EOFException("points to " + bytes + " bytes at " + offset + " of " + length);
        }
        ByteBuffer range = ByteBuffer.allocateDirect(bytes);
        while (range.hasRemaining()) {
            if (channel.read(range, offset + range.position()) < 0) {
                throw new EOFException("was cut while it was read");
            }
        }
        return range.flip();
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
