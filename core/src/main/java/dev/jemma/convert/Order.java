package dev.jemma.convert;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order of tensors in our GGUF files: embedding, layer by layer, and what follows the layers. */
final class Order {
    private static final Pattern LAYER = Pattern.compile("blk\\.(\\d+)\\..*");

    static final Comparator<String> BY_LAYER =
            Comparator.comparingLong(Order::rank).thenComparing(name -> name);

    private Order() {}

    private static long rank(String name) {
        Matcher layer = LAYER.matcher(name);
        if (layer.matches()) {
            return Long.parseLong(layer.group(1));
        }
        return name.startsWith("token_embd") ? -1 : Long.MAX_VALUE;
    }
}
