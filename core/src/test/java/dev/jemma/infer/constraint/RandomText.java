package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Texts of a grammar, by chance for a while and then to the nearest end. */
final class RandomText {
    private RandomText() {}

    /** A text that takes so many bytes by chance before it heads for its end. */
    static String of(Grammar grammar, Random random, int free) {
        Expressions e = grammar.expressions();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int state = grammar.start();
        for (int i = 0; i < free; i++) {
            int[] table = e.table(state);
            int[] ways = Arrays.stream(table).filter(n -> n != 0).distinct().toArray();
            if (ways.length == 0 || e.nullable(state) && random.nextInt(5) == 0) {
                break;
            }
            int way = ways[random.nextInt(ways.length)];
            int b;
            do {
                b = random.nextInt(256);
            } while (table[b] != way);
            text.write(b);
            state = way;
        }
        text.writeBytes(nearestEnd(grammar, state));
        return text.toString(UTF_8);
    }

    /** The shortest way to the end of a text. */
    static byte[] nearestEnd(Grammar grammar, int from) {
        Expressions e = grammar.expressions();
        Map<Integer, byte[]> seen = new HashMap<>(Map.of(from, new byte[0]));
        Deque<Integer> queue = new ArrayDeque<>(seen.keySet());
        while (!queue.isEmpty()) {
            int state = queue.remove();
            if (e.nullable(state)) {
                return seen.get(state);
            }
            int[] table = e.table(state);
            for (int b = 0; b < 256; b++) {
                if (table[b] != 0 && !seen.containsKey(table[b])) {
                    byte[] path = Arrays.copyOf(seen.get(state), seen.get(state).length + 1);
                    path[path.length - 1] = (byte) b;
                    seen.put(table[b], path);
                    queue.add(table[b]);
                }
            }
        }
        throw new AssertionError("a dead end: nothing that is allowed here ever ends");
    }
}
