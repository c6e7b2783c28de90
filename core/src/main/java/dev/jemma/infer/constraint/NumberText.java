package dev.jemma.infer.constraint;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * Numbers of JSON within bounds, as expressions over their digits. Without bounds a number has at most 18 digits before
 * the point, 17 behind it and two in its exponent, so that it fits a double and a whole one 64 bits; with bounds it has
 * no exponent.
 */
final class NumberText {
    private static final int WHOLE_DIGITS = 18;
    private static final int FRACTION_DIGITS = 17;
    /** Largest step whose multiples are told by an automaton of so many states. */
    private static final int MAX_STEP = 1000;

    /** One end of a range. */
    record Bound(BigDecimal value, boolean open) {
        Bound negated() {
            return new Bound(value.negate(), open);
        }
    }

    private final Expressions e;
    private final int digit;
    private final int digits; // any number of them
    private final int anyFraction;

    NumberText(Expressions e) {
        this.e = e;
        digit = e.bytes('0', '9');
        digits = e.repeat(digit, 0, Expressions.UNLIMITED);
        anyFraction = e.optional(e.sequence(e.bytes('.', '.'), digit, digits));
    }

    /** Any number. */
    int any() {
        int sign = e.optional(e.bytes(ByteSet.range('+', '+').or(ByteSet.range('-', '-'))));
        int exponent =
                e.sequence(e.bytes(ByteSet.range('e', 'e').or(ByteSet.range('E', 'E'))), sign, e.repeat(digit, 1, 2));
        return e.sequence(e.optional(e.bytes('-', '-')), whole(), fraction(FRACTION_DIGITS), e.optional(exponent));
    }

    private int whole() {
        return e.choice(e.bytes('0', '0'), e.sequence(e.bytes('1', '9'), e.repeat(digit, 0, WHOLE_DIGITS - 1)));
    }

    private int fraction(int most) {
        return most == 0 ? Expressions.EMPTY : e.optional(e.sequence(e.bytes('.', '.'), e.repeat(digit, 1, most)));
    }

    /** Whole numbers within bounds that are multiples of {@code step}, 1 for all. */
    int integers(Optional<Bound> least, Optional<Bound> most, int step) {
        return signed(least, most, 0, step);
    }

    /** Numbers within bounds with at most so many digits behind the point. */
    int decimals(Optional<Bound> least, Optional<Bound> most, int fractionDigits) {
        return signed(least, most, fractionDigits, 1);
    }

    static int checkedStep(BigDecimal step) {
        if (step.signum() <= 0
                || step.stripTrailingZeros().scale() > 0
                || step.compareTo(BigDecimal.valueOf(MAX_STEP)) > 0) {
            throw new ConstraintException("is supported for whole numbers from 1 to " + MAX_STEP
                    + ", and for numbers as 0.1, 0.01 and so on");
        }
        return step.intValueExact();
    }

    static int fractionDigits() {
        return FRACTION_DIGITS;
    }

    private int signed(Optional<Bound> least, Optional<Bound> most, int fractionDigits, int step) {
        int any = Expressions.NOTHING;
        if (most.isEmpty() || most.get().value.signum() >= 0) {
            any = magnitude(least.filter(b -> b.value.signum() >= 0), most, fractionDigits, step);
        }
        if (least.isEmpty() || least.get().value.signum() < 0) {
            Bound zero = new Bound(BigDecimal.ZERO, true); // there is no -0
            Optional<Bound> from = Optional.of(
                    most.map(Bound::negated).filter(b -> b.value.signum() > 0).orElse(zero));
            int negative = magnitude(from, least.map(Bound::negated), fractionDigits, step);
            any = e.choice(any, e.sequence(e.bytes('-', '-'), negative));
        }
        return any;
    }

    /** Numbers of 0 or more without their sign. */
    private int magnitude(Optional<Bound> least, Optional<Bound> most, int fractionDigits, int step) {
        Automaton all = automaton(e.sequence(whole(), fraction(fractionDigits)));
        if (least.isPresent()) {
            all = Automaton.both(all, automaton(beyond(least.get(), true)), "a number");
        }
        if (most.isPresent() && all.start() >= 0) {
            all = Automaton.both(all, automaton(beyond(most.get(), false)), "a number");
        }
        if (step > 1 && all.start() >= 0) {
            all = Automaton.both(all, automaton(multiples(step)), "a number");
        }
        return e.lexical(all, all.start());
    }

    private Automaton automaton(int expression) {
        return Automaton.of(e, expression, "a number");
    }

    /** Texts of numbers of at least this value, or at most; more texts may match that are no numbers. */
    private int beyond(Bound bound, boolean above) {
        String[] parts = bound.value.stripTrailingZeros().toPlainString().split("\\.");
        String whole = parts[0];
        String fraction = parts.length > 1 ? parts[1] : "";
        int n = whole.length();
        int any = above
                ? e.sequence(e.repeat(digit, n + 1, Expressions.UNLIMITED), anyFraction)
                : n == 1 ? Expressions.NOTHING : e.sequence(e.repeat(digit, 1, n - 1), anyFraction);
        for (int i = 0; i < n; i++) {
            any = e.choice(
                    any,
                    e.sequence(
                            literal(whole.substring(0, i)),
                            beyond(whole.charAt(i), above),
                            e.repeat(digit, n - 1 - i, n - 1 - i),
                            anyFraction));
        }
        int same = above ? fractionAbove(fraction, bound.open) : fractionBelow(fraction, bound.open);
        return e.choice(any, e.sequence(literal(whole), same));
    }

    private int literal(String text) {
        return e.literal(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    private int beyond(char than, boolean above) {
        if (than == (above ? '9' : '0')) {
            return Expressions.NOTHING;
        }
        return above ? e.bytes(than + 1, '9') : e.bytes('0', than - 1);
    }

    private int fractionAbove(String than, boolean open) {
        int end = open // behind equal digits
                ? e.sequence(e.repeat(e.bytes('0', '0'), 0, Expressions.UNLIMITED), e.bytes('1', '9'), digits)
                : digits;
        if (than.isEmpty()) {
            return open ? e.sequence(e.bytes('.', '.'), end) : anyFraction;
        }
        int any = end;
        for (int i = than.length() - 1; i >= 0; i--) {
            char c = than.charAt(i);
            any = e.choice(e.sequence(beyond(c, true), digits), e.sequence(e.bytes(c, c), any));
        }
        return e.sequence(e.bytes('.', '.'), any);
    }

    private int fractionBelow(String than, boolean open) {
        int zeros = e.repeat(e.bytes('0', '0'), 0, Expressions.UNLIMITED);
        if (than.isEmpty()) {
            return open ? Expressions.NOTHING : e.optional(e.sequence(e.bytes('.', '.'), e.bytes('0', '0'), zeros));
        }
        int any = open ? Expressions.NOTHING : zeros;
        for (int i = than.length() - 1; i >= 0; i--) {
            char c = than.charAt(i);
            any = e.choice(e.sequence(beyond(c, false), digits), e.sequence(e.bytes(c, c), any));
            any = i == 0 ? any : e.optional(any); // fewer digits are less
        }
        return e.optional(e.sequence(e.bytes('.', '.'), any));
    }

    /** Digits of the multiples of {@code step}: what counts is the remainder so far. */
    private int multiples(int step) {
        int[] remainder = new int[step];
        for (int r = 0; r < step; r++) {
            remainder[r] = e.reference(r == 0);
        }
        for (int r = 0; r < step; r++) {
            int any = r == 0 ? Expressions.EMPTY : Expressions.NOTHING;
            for (int d = 0; d < 10; d++) {
                any = e.choice(any, e.sequence(e.bytes('0' + d, '0' + d), remainder[(10 * r + d) % step]));
            }
            e.define(remainder[r], any);
        }
        return remainder[0];
    }
}
