package dev.jemma.data;

import java.util.List;
import java.util.Optional;

/**
 * What became of one document.
 *
 * @param hash of its content
 * @param examples none if it was dropped; several if it is a text that was cut, or a pair
 * @param truncated whether its end was cut off
 * @param dropped why it gives no example
 * @param pair a pair of answers, which is checked and counted only
 */
record Encoded(long hash, List<Example> examples, boolean truncated, Optional<Drop> dropped, boolean pair) {
    static Encoded kept(long hash, List<Example> examples, boolean truncated) {
        return new Encoded(hash, examples, truncated, Optional.empty(), false);
    }

    static Encoded dropped(Drop reason) {
        return new Encoded(0, List.of(), false, Optional.of(reason), false);
    }
}
