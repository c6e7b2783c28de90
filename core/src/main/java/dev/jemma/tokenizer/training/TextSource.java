package dev.jemma.tokenizer.training;

import java.util.function.Consumer;

/** Where training text comes from. Read once, from one thread, in an order that does not change between runs. */
@FunctionalInterface
public interface TextSource {
    /**
     * Hands over all texts, one after another. A text holds whole lines: one that ends without a line break ends its
     * last line. Texts of about a million characters are best; each is in memory as a whole.
     */
    void forEach(Consumer<String> texts);
}
