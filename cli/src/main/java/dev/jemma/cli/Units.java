package dev.jemma.cli;

import java.util.Locale;

/** Amounts as people read them. Bytes are in powers of ten, as disks and networks count. */
public final class Units {
    private static final String[] BYTES = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

    private Units() {}

    /** 253113024 is "253 MB", 1500 is "1.5 kB". */
    public static String bytes(long count) {
        double value = count;
        int step = 0;
        while (Math.abs(value) >= 999.5 && step < BYTES.length - 1) {
            value /= 1000;
            step++;
        }
        boolean fine = step > 0 && Math.abs(value) < 9.95;
        return String.format(Locale.ROOT, fine ? "%.1f %s" : "%.0f %s", value, BYTES[step]);
    }

    /** 0.42 is "0.4 s", 75 is "1 min 15 s", 8000 is "2 h 13 min". */
    public static String duration(double seconds) {
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        if (whole < 3600) {
            return whole / 60 + " min " + whole % 60 + " s";
        }
        return whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
}
