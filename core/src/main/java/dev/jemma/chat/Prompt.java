package dev.jemma.chat;

import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A prompt under construction: control tokens and plain text, kept apart until the end, so that no text can pass for a
 * control token.
 */
final class Prompt {
    private record Part(String text, boolean isControl) {}

    private static final Pattern SPACE_SYMBOLS = Pattern.compile("(?=(?<!\u2581)\u2581{2})|(?<=\u2581{2})(?!\u2581)");

    private final List<Part> parts = new ArrayList<>();

    Prompt control(String piece) {
        parts.add(new Part(piece, true));
        return this;
    }

    // Text in one go is one text: its halves might share a token.
    Prompt text(String text) {
        if (!parts.isEmpty() && !parts.getLast().isControl()) {
            parts.set(parts.size() - 1, new Part(parts.getLast().text() + text, false));
        } else if (!text.isEmpty()) {
            parts.add(new Part(text, false));
        }
        return this;
    }

    int[] encode(Tokenizer tokenizer) {
        return parts.stream()
                .flatMapToInt(part -> part.isControl()
                        ? IntStream.of(id(part.text(), tokenizer))
                        : encodeText(part.text(), tokenizer))
                .toArray();
    }

    // The reference of chat prompts is the Hugging Face library, which takes written-out runs of U+2581 by themselves,
    // where SentencePiece would count the spaces beside them in.
    private static IntStream encodeText(String text, Tokenizer tokenizer) {
        return SPACE_SYMBOLS.splitAsStream(text).flatMapToInt(part -> IntStream.of(tokenizer.encode(part)));
    }

    /** The id of a control token. */
    static int id(String piece, Tokenizer tokenizer) {
        return find(piece, tokenizer)
                .orElseThrow(() -> new ChatException("the model's vocabulary has no control token " + piece
                        + ": it is not made for this chat template"));
    }

    /** The id of a control token, if the vocabulary has it. */
    static OptionalInt find(String piece, Tokenizer tokenizer) {
        OptionalInt id = tokenizer.vocabulary().find(piece);
        return id.isPresent() && tokenizer.special().isSpecial(id.getAsInt()) ? id : OptionalInt.empty();
    }

    @Override
    public String toString() {
        StringBuilder all = new StringBuilder();
        parts.forEach(part -> all.append(part.text()));
        return all.toString();
    }
}
