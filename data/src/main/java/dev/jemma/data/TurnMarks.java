package dev.jemma.data;

/**
 * Which tokens of a chat are targets: what the model says, and the end of its turn; not the header of the turn, nor the
 * line break after it. Turns are found by their control tokens, which no text can produce.
 */
final class TurnMarks {
    private TurnMarks() {}

    /**
     * @param ids a chat as its template encodes it
     * @param start id of {@code <start_of_turn>}
     * @param end id of {@code <end_of_turn>}
     * @param header ids of the line that opens the model's turn, as they stand in the prompt of inference
     */
    static boolean[] trained(int[] ids, int start, int end, int[] header) {
        boolean[] trained = new boolean[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] != start) {
                continue;
            }
            int first = i + 1 + common(ids, i + 1, header);
            int last = first;
            while (last < ids.length && ids[last] != end) {
                last++;
            }
            // only the model's header begins with these ids; a turn without a word has nothing to teach
            boolean models = first > i + 1 && last > first;
            for (int at = first; models && at <= last && at < ids.length; at++) {
                trained[at] = true;
            }
        }
        return trained;
    }

    private static int common(int[] ids, int from, int[] header) {
        int n = 0;
        while (n < header.length && from + n < ids.length && ids[from + n] == header[n]) {
            n++;
        }
        return n;
    }
}
