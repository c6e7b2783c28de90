package dev.jemma.eval;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps answers in a file, by what was asked of whom, so that a run that was ended goes on where it was. Lines of JSON,
 * only ever appended; a last line that was cut off is dropped, as are lines that cannot be read. One run at a time.
 */
public final class AnswerCache implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final FileChannel channel;
    private final Map<String, Answer> answers = new HashMap<>();

    @SuppressWarnings("MustBeClosedChecker") // close() closes the channel, and with it the lock
    private AnswerCache(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        if (channel.tryLock() == null) {
            throw busy(file);
        }
        read();
    }

    /**
     * Opens a file, or begins it.
     *
     * @throws EvalException if it cannot be used, or another run uses it
     */
    public static AnswerCache open(Path file) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            try {
                return new AnswerCache(file, channel);
            } catch (OverlappingFileLockException e) {
                channel.close();
                throw busy(file);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new EvalException(file + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private static EvalException busy(Path file) {
        return new EvalException(file + " is in use by another evaluation; wait for it, or choose another --out");
    }

    private void read() throws IOException {
        long whole = 0;
        long at = 0;
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        var line = new java.io.ByteArrayOutputStream();
        channel.position(0);
        while (channel.read(buffer) >= 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                at++;
                if (b == '\n') {
                    take(line.toString(StandardCharsets.UTF_8));
                    line.reset();
                    whole = at;
                } else {
                    line.write(b);
                }
            }
            buffer.clear();
        }
        channel.truncate(whole);
        channel.position(whole);
    }

    private void take(String line) {
        try {
            JsonNode node = JSON.readTree(line);
            answer(node).ifPresent(answer -> answers.put(node.path("key").asString(), answer));
        } catch (JacksonException e) {
            return; // its request is simply asked again
        }
    }

    private static Optional<Answer> answer(JsonNode node) {
        if (node.path("text").isString()) {
            return Optional.of(new Answer.Text(node.path("text").asString()));
        }
        if (!node.path("sum").isNumber()) {
            return Optional.empty();
        }
        double sum = node.path("sum").asDouble();
        return Optional.of(
                node.has("tokens")
                        ? new Answer.Rolled(sum, node.path("tokens").asLong())
                        : new Answer.Likelihood(sum, node.path("greedy").asBoolean()));
    }

    /** Number of answers kept. */
    public int size() {
        return answers.size();
    }

    /** The answer to a request, if it is known. */
    public Optional<Answer> find(String key) {
        return Optional.ofNullable(answers.get(key));
    }

    /** Keeps an answer; it is in the file when this returns. */
    public void put(String key, Answer answer) {
        answers.put(key, answer);
        ObjectNode node = JSON.createObjectNode().put("key", key);
        switch (answer) {
            case Answer.Likelihood(double sum, boolean greedy) ->
                node.put("sum", sum).put("greedy", greedy);
            case Answer.Rolled(double sum, long tokens) -> node.put("sum", sum).put("tokens", tokens);
            case Answer.Text(String text) -> node.put("text", text);
        }
        try {
            ByteBuffer line = StandardCharsets.UTF_8.encode(JSON.writeValueAsString(node) + "\n");
            while (line.hasRemaining()) {
                channel.write(line);
            }
        } catch (IOException e) {
            throw new EvalException(file + " cannot be written: " + e.getMessage() + "; make room", e);
        }
    }

    /** What an answer depends on, in 64 hexadecimal digits. */
    public static String key(String identity, Request request) {
        MessageDigest digest = sha256();
        add(digest, identity);
        switch (request) {
            case Request.LogLikelihood(Prompt prompt, String continuation) -> {
                add(digest, "likelihood");
                add(digest, prompt);
                add(digest, continuation);
            }
            case Request.Rolling(String text, int window) -> {
                add(digest, "rolling " + window);
                add(digest, text);
            }
            case Request.Generate(Prompt prompt, var stops, int maxTokens, Sampling sampling, int sample) -> {
                add(digest, "generate " + maxTokens + " " + sampling + " " + sample + " " + stops.size());
                stops.forEach(stop -> add(digest, stop));
                add(digest, prompt);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Prompt prompt) {
        switch (prompt) {
            case Prompt.Plain(String text) -> add(digest, text);
            case Prompt.Chat(var messages) -> {
                add(digest, "chat " + messages.size());
                messages.forEach(message -> {
                    add(digest, message.role().label());
                    add(digest, message.content());
                });
            }
        }
    }

    /** A text with its length in front, so that "ab", "c" and "a", "bc" differ. */
    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new EvalException(file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
