package dev.jemma.data;

import dev.jemma.chat.ChatException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Documents to examples: text with {@code <bos>} and {@code <eos>}, chats by the chat template of inference, each within
 * the greatest length. Safe for use by several threads.
 */
final class SampleEncoder {
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final DataOptions options;
    private final Optional<Pattern> dropPattern;
    private final int maxLength;
    private final int[] modelHeader;

    SampleEncoder(Tokenizer tokenizer, ChatTemplate template, DataOptions options) {
        this.tokenizer = tokenizer;
        // Gemma 1 and 2 have the same turns and no system message: theirs goes where Gemma 3's goes.
        this.template = template == ChatTemplate.GEMMA ? ChatTemplate.GEMMA_3 : template;
        this.options = options;
        this.dropPattern = options.dropPattern();
        this.maxLength = options.maxLength().orElse(Integer.MAX_VALUE);
        this.modelHeader = tokenizer.encode(Role.MODEL.label() + "\n");
        if (tokenizer.special().bos() == SpecialTokens.ABSENT) {
            throw new DataException("the tokenizer has no <bos> piece to begin an example with");
        }
    }

    /** The examples of a document; {@code place} names it in errors. */
    Encoded encode(Sample sample, Place place) {
        if (dropPattern.isPresent() && sample.matches(dropPattern.get())) {
            return Encoded.dropped(Drop.MATCHED);
        }
        return switch (sample) {
            case Sample.Text(String text) -> text(text, sample.hash());
            case Sample.Chat(List<Message> messages) -> chat(messages, sample.hash(), place);
            case Sample.Pair _ -> new Encoded(sample.hash(), List.of(), false, Optional.empty(), true);
        };
    }

    private Encoded text(String text, long hash) {
        if (text.isBlank()) {
            return Encoded.dropped(Drop.EMPTY);
        }
        int[] ids = tokenizer.encode(text);
        int eos = tokenizer.special().eos();
        if (options.endOfText() && eos != SpecialTokens.ABSENT) {
            ids = Arrays.copyOf(ids, ids.length + 1);
            ids[ids.length - 1] = eos;
        }
        return Encoded.kept(hash, pieces(ids), false);
    }

    /** Pieces of nearly the same length, each with bos in front: none is left so short that it teaches nothing. */
    private List<Example> pieces(int[] ids) {
        int most = maxLength - 1;
        int count = Math.ceilDiv(ids.length, most);
        List<Example> pieces = new ArrayList<>(count);
        for (int piece = 0; piece < count; piece++) {
            int from = (int) ((long) ids.length * piece / count);
            int to = (int) ((long) ids.length * (piece + 1) / count);
            pieces.add(Example.text(tokenizer.withBos(Arrays.copyOfRange(ids, from, to))));
        }
        return pieces;
    }

    private Encoded chat(List<Message> messages, long hash, Place place) {
        int[] ids;
        try {
            ids = template.encode(tokenizer, messages, false);
        } catch (ChatException e) {
            throw place.error(String.valueOf(e.getMessage()), e);
        }
        boolean[] trained = TurnMarks.trained(
                ids, tokenizer.special().startOfTurn(), tokenizer.special().endOfTurn(), modelHeader);
        int end = end(trained, ids.length);
        if (end == 0) {
            throw new NothingTrained(place);
        }
        boolean truncated = end > maxLength;
        if (truncated) {
            if (options.dropLong()) {
                return Encoded.dropped(Drop.TOO_LONG);
            }
            end = end(trained, maxLength);
            if (end == 0) {
                return Encoded.dropped(Drop.PROMPT_TOO_LONG);
            }
        }
        Example example = new Example(Arrays.copyOf(ids, end), Arrays.copyOf(trained, end));
        return Encoded.kept(hash, List.of(example), truncated);
    }

    /** Tokens up to and with the last target: what follows it would be computed for nothing. */
    private static int end(boolean[] trained, int most) {
        int end = most;
        while (end > 0 && !trained[end - 1]) {
            end--;
        }
        return end;
    }

    /** A chat in which the model says nothing: an error, unless options say to drop it. */
    static final class NothingTrained extends DataException {
        private static final long serialVersionUID = 1L;

        NothingTrained(Place place) {
            super(place + ": has no answer to train on (no turn of the model, or an empty one); mend it, or drop such"
                    + " records with --drop-bad");
        }
    }
}
