package dev.jemma.serve;

import dev.jemma.infer.TokenLogprob;
import dev.jemma.serve.protocol.Wire;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Single tokens as OpenAI's answers show them beside log-probabilities. */
record TokenText(Tokenizer tokenizer) {
    /** Least log-probability that is sent: JSON has no −∞. */
    private static final float LEAST = -9999;

    /** The token as text; a token that is one byte of a character is {@code bytes:\xHH}. */
    String text(int id) {
        byte[] bytes = bytes(id);
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.contains("\uFFFD") && isByte(id) ? String.format(Locale.ROOT, "bytes:\\x%02x", bytes[0]) : text;
    }

    private boolean isByte(int id) {
        return id < tokenizer.vocabularySize() && tokenizer.vocabulary().type(id) == PieceType.BYTE;
    }

    private byte[] bytes(int id) {
        if (id >= tokenizer.vocabularySize() && !tokenizer.special().isSpecial(id)) {
            return new byte[0]; // a row of the embedding that no text uses
        }
        if (isByte(id)) {
            return new byte[] {(byte) Integer.parseInt(tokenizer.piece(id).substring(3, 5), 16)};
        }
        return tokenizer.decode(new int[] {id}, SpecialText.SHOW).getBytes(StandardCharsets.UTF_8);
    }

    /** An entry of a chat answer's log-probabilities. */
    ObjectNode chatEntry(TokenLogprob token) {
        ObjectNode entry = entry(token.id(), token.logprob());
        ArrayNode top = entry.putArray("top_logprobs");
        token.top().forEach(other -> top.add(entry(other.id(), other.logprob())));
        return entry;
    }

    /** The log-probabilities of a chat answer's choice, or of a piece of it; null if they were not asked for. */
    void chatEntries(ObjectNode choice, boolean asked, List<TokenLogprob> entries) {
        if (!asked) {
            choice.putNull("logprobs");
            return;
        }
        ObjectNode node = choice.putObject("logprobs");
        ArrayNode content = node.putArray("content");
        entries.forEach(entry -> content.add(chatEntry(entry)));
        node.putNull("refusal");
    }

    private ObjectNode entry(int id, float logprob) {
        ObjectNode entry = Wire.object();
        entry.put("token", text(id));
        entry.put("logprob", Math.max(LEAST, logprob));
        ArrayNode bytes = entry.putArray("bytes");
        for (byte b : bytes(id)) {
            bytes.add(b & 0xFF);
        }
        return entry;
    }

    /** The log-probabilities of a completion, token by token, as the older interface has them. */
    final class Table {
        private final ObjectNode node = Wire.object();
        private final ArrayNode tokens = node.putArray("tokens");
        private final ArrayNode logprobs = node.putArray("token_logprobs");
        private final ArrayNode top = node.putArray("top_logprobs");
        private final ArrayNode offsets = node.putArray("text_offset");
        private int offset;

        Table(int offset) {
            this.offset = offset;
        }

        /** The first token of a prompt, which nothing stands before. */
        Table first(int id) {
            row(id);
            logprobs.addNull();
            top.addNull();
            return this;
        }

        Table add(TokenLogprob token) {
            row(token.id());
            logprobs.add(Math.max(LEAST, token.logprob()));
            ObjectNode best = top.addObject();
            best.put(text(token.id()), Math.max(LEAST, token.logprob()));
            token.top().forEach(other -> best.put(text(other.id()), Math.max(LEAST, other.logprob())));
            return this;
        }

        private void row(int id) {
            String text = text(id);
            tokens.add(text);
            offsets.add(offset);
            offset += tokenizer.special().isSpecial(id) ? 0 : text.length();
        }

        /** Where in the text the next token begins. */
        int offset() {
            return offset;
        }

        ObjectNode node() {
            return node;
        }
    }
}
