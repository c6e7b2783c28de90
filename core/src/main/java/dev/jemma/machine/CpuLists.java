package dev.jemma.machine;

import java.util.BitSet;

/** Linux's lists of processor numbers, such as {@code 0-3,8,10-11}. */
final class CpuLists {
    /** No machine has more; a damaged file must not make us build a huge set. */
    private static final int MOST = 1 << 16;

    private CpuLists() {}

    /** The numbers of a list; parts that are no numbers are passed over. */
    static BitSet parse(String list) {
        BitSet set = new BitSet();
        for (String part : list.split(",")) {
            int dash = part.indexOf('-');
            int first = number(dash < 0 ? part : part.substring(0, dash));
            int last = dash < 0 ? first : number(part.substring(dash + 1));
            if (first >= 0 && last >= first && last < MOST) {
                set.set(first, last + 1);
            }
        }
        return set;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
