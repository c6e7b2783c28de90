package dev.jemma.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Lines of UTF-8, each of a bounded length. Bytes that are no UTF-8 are an error, not a replacement character; a byte
 * order mark in front is left out.
 */
final class LineReader implements AutoCloseable {
    private final InputStream in;
    private final String file;
    private final int maxBytes;
    private final byte[] buffer = new byte[1 << 16];
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private byte[] line = new byte[1 << 10];
    private int start;
    private int end;
    private long number;

    LineReader(InputStream in, String file, int maxBytes) {
        this.in = in;
        this.file = file;
        this.maxBytes = maxBytes;
    }

    /** Number of the line that {@link #next} gave last, from 1. */
    long number() {
        return number;
    }

    /** The next line without its line break (LF, or CR LF); empty at the end. */
    Optional<String> next() {
        int length = 0;
        boolean any = false;
        number++;
        while (true) {
            if (start == end) {
                start = 0;
                end = fill();
                if (end <= 0) {
                    end = 0;
                    return any ? Optional.of(text(length)) : Optional.empty();
                }
            }
            any = true;
            int stop = start;
            while (stop < end && buffer[stop] != '\n') {
                stop++;
            }
            length = append(length, stop);
            boolean whole = stop < end;
            start = whole ? stop + 1 : end;
            if (whole) {
                return Optional.of(text(length));
            }
        }
    }

    private int fill() {
        try {
            return in.read(buffer, 0, buffer.length);
        } catch (IOException e) {
            throw Input.failure(file + " line " + number, e);
        }
    }

    private int append(int length, int stop) {
        int more = stop - start;
        if (more > maxBytes - length) {
            throw new DataException(file + " line " + number + ": is longer than " + (maxBytes >> 20)
                    + " MiB; break the file into lines of one record each");
        }
        if (line.length < length + more) {
            line = Arrays.copyOf(line, Math.max(length + more, Math.min(2 * line.length, maxBytes)));
        }
        System.arraycopy(buffer, start, line, length, more);
        return length + more;
    }

    private String text(int length) {
        int from = 0;
        if (number == 1 && length >= 2) {
            int mark = (line[0] & 0xFF) << 8 | (line[1] & 0xFF);
            if (mark == 0xFEFF || mark == 0xFFFE) {
                throw new DataException(file + ": is UTF-16; convert it to UTF-8 (iconv -f utf-16 -t utf-8)");
            }
            if (mark == 0xEFBB && length >= 3 && (line[2] & 0xFF) == 0xBF) {
                from = 3;
            }
        }
        int to = length > from && line[length - 1] == '\r' ? length - 1 : length;
        try {
            return decoder.decode(ByteBuffer.wrap(line, from, to - from)).toString();
        } catch (CharacterCodingException e) {
            throw new DataException(
                    file + " line " + number + ": is not UTF-8; convert the file (iconv -f latin1 -t utf-8, say)", e);
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw Input.failure(file, e);
        }
    }
}
