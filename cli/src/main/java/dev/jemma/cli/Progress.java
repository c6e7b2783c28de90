package dev.jemma.cli;

import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far a long piece of work is: a bar with rate and time left, redrawn in place on a terminal, or a plain line every
 * few seconds where nobody watches. Safe for use from several threads; close it when the work ends, well or not.
 */
public final class Progress implements AutoCloseable {
    /** What is counted. */
    public record Unit(String name, boolean bytes) {
        /** Bytes, shown as kB, MB, GB of powers of ten. */
        public static final Unit BYTES = new Unit("B", true);

        /** Whole things, such as tokens or requests; {@code plural} is their name. */
        public static Unit of(String plural) {
            return new Unit(plural, false);
        }

        String amount(double value) {
            return bytes ? Units.bytes((long) value) : String.format(Locale.ROOT, "%,.0f", value);
        }

        String rate(double perSecond) {
            return bytes
                    ? Units.bytes((long) perSecond) + "/s"
                    : String.format(Locale.ROOT, perSecond < 10 ? "%.1f %s/s" : "%,.0f %s/s", perSecond, name);
        }
    }

    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long LINE_NANOS = 5_000_000_000L;
    private static final int BAR_CELLS = 24;
    private static final int MIN_BAR_CELLS = 6;
    private static final double MIN_SECONDS_TO_GUESS = 1;

    private final Console console;
    private final Unit unit;
    private final LongSupplier clock;
    private final long startNanos;
    private String label;
    private long total;
    private long done;
    private long doneBefore;
    private long shownNanos;
    private boolean drawn;
    private boolean closed;

    Progress(Console console, String label, long total, Unit unit, LongSupplier clock) {
        this.console = console;
        this.label = label;
        this.total = total;
        this.unit = unit;
        this.clock = clock;
        this.startNanos = clock.getAsLong();
        this.shownNanos = startNanos;
    }

    /** Changes what is said to be going on. */
    public void label(String text) {
        synchronized (console) {
            label = text;
        }
    }

    /** Changes the amount of work, once it is known. */
    public void total(long amount) {
        synchronized (console) {
            total = amount;
        }
    }

    /** Starts from {@code amount} that an earlier run did: it counts as done, not towards the rate. */
    public void resumeAt(long amount) {
        synchronized (console) {
            doneBefore = amount;
            done = amount;
        }
    }

    /** {@code amount} more is done. */
    public void advance(long amount) {
        synchronized (console) {
            done += amount;
            show();
        }
    }

    /** {@code amount} is done altogether. */
    public void at(long amount) {
        synchronized (console) {
            done = amount;
            show();
        }
    }

    /** Takes the bar away and leaves one line with the amount, time and rate if anything was done. */
    @Override
    public void close() {
        synchronized (console) {
            if (closed) {
                return;
            }
            closed = true;
            clear();
            console.ended(this);
            if (done > doneBefore) {
                console.note(summary());
            }
        }
    }

    /** Takes the bar off the line, so that something else can be written there. */
    void clear() {
        if (drawn) {
            console.rawError("\r\033[K");
            drawn = false;
        }
    }

    private void show() {
        if (closed) {
            return;
        }
        long now = clock.getAsLong();
        boolean redraws = console.redraws();
        if (now - shownNanos < (redraws ? REDRAW_NANOS : LINE_NANOS)) {
            return;
        }
        shownNanos = now;
        if (redraws) {
            console.rawError("\r" + line(now, true) + "\033[K");
            drawn = true;
        } else {
            console.note(line(now, false));
        }
    }

    private String line(long now, boolean withBar) {
        double seconds = (now - startNanos) / 1e9;
        double rate = (done - doneBefore) / Math.max(seconds, 1e-9);
        String numbers = numbers(seconds, rate);
        int room = console.columns() - 1 - numbers.length();
        String name = withBar && label.length() > room && room > 0 ? label.substring(0, room) : label;
        StringBuilder text = new StringBuilder(name);
        int cells = Math.min(BAR_CELLS, room - name.length() - 3);
        if (withBar && total > 0 && cells >= MIN_BAR_CELLS) {
            int full = (int) (part() * cells);
            text.append(" [").repeat('#', full).repeat('.', cells - full).append(']');
        }
        return text.append(numbers).toString();
    }

    private double part() {
        return Math.clamp((double) done / total, 0.0, 1.0);
    }

    private String numbers(double seconds, double rate) {
        StringBuilder text = new StringBuilder();
        if (total > 0) {
            text.append(String.format(Locale.ROOT, " %3.0f%%", Math.floor(100 * part())));
            text.append(' ').append(unit.amount(done)).append(" of ").append(unit.amount(total));
        } else {
            text.append(' ').append(unit.amount(done));
        }
        text.append(", ").append(unit.rate(rate));
        if (total > 0 && rate > 0 && done < total && seconds >= MIN_SECONDS_TO_GUESS) {
            text.append(", ").append(Units.duration((total - done) / rate)).append(" left");
        }
        return text.toString();
    }

    private String summary() {
        double seconds = (clock.getAsLong() - startNanos) / 1e9;
        String ended = total > 0 && done < total ? " of " + unit.amount(total) : "";
        return label + ": " + unit.amount(done) + (unit.bytes() ? "" : " " + unit.name()) + ended + " in "
                + Units.duration(seconds) + " (" + unit.rate((done - doneBefore) / Math.max(seconds, 1e-9)) + ")";
    }
}
