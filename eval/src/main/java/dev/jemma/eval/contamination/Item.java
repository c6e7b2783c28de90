package dev.jemma.eval.contamination;

import java.util.List;

/**
 * An item of a benchmark.
 *
 * @param benchmark the folder or file that it belongs to, such as {@code piqa}
 * @param name file and record, such as {@code piqa/validation.jsonl line 12}
 * @param texts its fields of text, each on its own
 */
record Item(String benchmark, String name, List<String> texts) {
    Item {
        texts = List.copyOf(texts);
    }
}
