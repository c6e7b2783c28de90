package dev.jemma.cli;

import dev.jemma.chat.Message;
import dev.jemma.data.Example;
import dev.jemma.data.Preference;
import dev.jemma.data.Preparation;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prepared training data for people: examples with the trained parts marked, counts, and a histogram of lengths. */
final class PreparedText {
    private static final String TRAINED = "\033[32m";
    private static final String PLAIN = "\033[0m";
    private static final int BAR_CELLS = 40;

    private final Console console;
    private final Tokenizer tokenizer;

    PreparedText(Console console, Tokenizer tokenizer) {
        this.console = console;
        this.tokenizer = tokenizer;
    }

    /** An example as text; what is trained is green, or in square brackets. */
    void example(Example example) {
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (int i = 1; i <= example.length(); i++) {
            if (i == example.length() || example.trained()[i] != example.trained()[from]) {
                int[] ids = Arrays.copyOfRange(example.tokens(), from, i);
                String part = ModelText.shown(console, tokenizer.decode(ids, SpecialText.SHOW));
                text.append(example.trained()[from] ? trained(part) : part);
                from = i;
            }
        }
        console.println(
                String.format(Locale.ROOT, "--- %,d tokens, %,d trained", example.length(), example.trainedTokens()));
        console.println(text);
    }

    private String trained(String part) {
        return console.colour() ? TRAINED + part + PLAIN : "[" + part + "]";
    }

    /** A preference pair. */
    void pair(Preference pair) {
        console.println("--- pair");
        turns("prompt", pair.prompt());
        turns("chosen", pair.chosen());
        turns("rejected", pair.rejected());
    }

    private void turns(String title, List<Message> messages) {
        for (Message message : messages) {
            console.println(title + ", " + message.role().label() + ": "
                    + ModelText.shown(console, message.content().strip()));
        }
    }

    /** The counts, reasons and lengths. */
    void counts(Preparation counts) {
        line("files", counts.files());
        line("records", counts.records());
        counts.schemas().forEach((name, files) -> line("  " + name + " (files)", files));
        if (counts.pairs() > 0) {
            line("preference pairs", counts.pairs());
        }
        line("examples kept", counts.examples() + counts.heldOut());
        line("truncated", counts.truncated());
        line("dropped", counts.allDropped());
        for (Map.Entry<String, Long> one : counts.dropped().entrySet()) {
            line("  " + one.getKey(), one.getValue());
        }
        line("tokens", counts.tokens());
        line("  trained", counts.trainedTokens());
        if (counts.heldOut() > 0) {
            line("held out", counts.heldOut());
            line("  tokens", counts.heldOutTokens());
        }
        line("longest", counts.longest());
        histogram(counts.lengths());
    }

    private void line(String name, long count) {
        console.println(String.format(Locale.ROOT, "%-40s %,15d", name, count));
    }

    private void histogram(List<Long> lengths) {
        long most = lengths.stream().mapToLong(Long::longValue).max().orElse(0);
        long limit = Preparation.FIRST_LENGTH;
        for (long count : lengths) {
            int cells = most == 0 ? 0 : (int) Math.ceilDiv(count * BAR_CELLS, most);
            console.println(String.format(Locale.ROOT, "up to %,10d tokens %,12d %s", limit, count, "#".repeat(cells))
                    .stripTrailing());
            limit *= 2;
        }
    }
}
