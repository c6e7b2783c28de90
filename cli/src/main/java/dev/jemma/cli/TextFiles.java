package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.tokenizer.training.TextSource;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Plain text files as a source of training text: files as they are named, folders with all {@code .txt}, {@code .text}
 * and {@code .md} files in and below them, in the order of their names. Text is UTF-8 and handed over in parts of whole
 * lines; whatever ends a line becomes U+000A.
 */
final class TextFiles implements TextSource {
    private static final int PART_CHARACTERS = 1 << 20;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final List<Path> files;
    private final long bytes;
    private LongConsumer onRead = _ -> {};

    private TextFiles(List<Path> files) throws IOException {
        this.files = List.copyOf(files);
        long sum = 0;
        for (Path file : files) {
            sum += Files.size(file);
        }
        this.bytes = sum;
    }

    /** @throws MisuseException if one of them is not there, or a folder holds no text */
    static TextFiles of(List<Path> filesAndFolders) {
        try {
            List<Path> files = new ArrayList<>();
            for (Path path : filesAndFolders) {
                if (Files.isDirectory(path)) {
                    List<Path> found = in(path);
                    if (found.isEmpty()) {
                        throw new MisuseException(path + " holds no .txt, .text or .md file");
                    }
                    files.addAll(found);
                } else if (Files.isRegularFile(path)) {
                    files.add(path);
                } else {
                    throw new MisuseException(
                            path + (Files.exists(path) ? " is not a file" : ": no such file or folder"));
                }
            }
            return new TextFiles(files);
        } catch (IOException e) {
            throw new JemmaException("the text cannot be read: " + e, e);
        }
    }

    private static List<Path> in(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .filter(TextFiles::isText)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isText(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".txt") || name.endsWith(".text") || name.endsWith(".md");
    }

    List<Path> files() {
        return files;
    }

    /** Bytes of all files. */
    long bytes() {
        return bytes;
    }

    /** Has {@code listener} told how many bytes more were read, each time some were. */
    void onRead(LongConsumer listener) {
        onRead = listener;
    }

    @Override
    public void forEach(Consumer<String> texts) {
        for (Path file : files) {
            try (InputStream in = new Counted(Files.newInputStream(file));
                    Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
                read(file, reader, texts);
            } catch (IOException e) {
                throw new JemmaException(file + " cannot be read: " + e.getMessage(), e);
            }
        }
    }

    private static void read(Path file, Reader reader, Consumer<String> texts) throws IOException {
        char[] buffer = new char[PART_CHARACTERS];
        int filled = 0;
        boolean atStart = true;
        for (int more; (more = reader.read(buffer, filled, buffer.length - filled)) >= 0; ) {
            filled += more;
            if (filled < buffer.length) {
                continue;
            }
            int cut = cut(buffer);
            hand(file, buffer, cut, atStart, texts);
            atStart = false;
            System.arraycopy(buffer, cut, buffer, 0, filled - cut);
            filled -= cut;
        }
        hand(file, buffer, filled, atStart, texts);
    }

    // Behind the last line; before the last space of a line that is too long, or wherever no character is split.
    private static int cut(char[] full) {
        for (int at = full.length; at > 0; at--) {
            if (full[at - 1] == '\n') {
                return at;
            }
        }
        for (int at = full.length - 1; at > 0; at--) {
            if (full[at] == ' ') {
                return at;
            }
        }
        return Character.isHighSurrogate(full[full.length - 1]) ? full.length - 1 : full.length;
    }

    private static void hand(Path file, char[] buffer, int end, boolean atStart, Consumer<String> texts) {
        int start = atStart && end > 0 && buffer[0] == BYTE_ORDER_MARK ? 1 : 0;
        String text = new String(buffer, start, end - start);
        if (text.indexOf('\0') >= 0) {
            throw new JemmaException(file + " holds zero bytes, so it is no UTF-8 text; convert it, or leave it out");
        }
        if (text.indexOf('\r') >= 0) {
            text = text.replace("\r\n", "\n").replace('\r', '\n');
        }
        if (!text.isEmpty()) {
            texts.accept(text);
        }
    }

    private final class Counted extends FilterInputStream {
        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            onRead.accept(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            onRead.accept(Math.max(0, count));
            return count;
        }
    }
}
