package dev.jemma.eval.math;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;

/**
 * An exact fraction in lowest terms, of bounded size: what would grow beyond is empty.
 *
 * @param over numerator
 * @param under denominator, above 0
 */
record Rational(BigInteger over, BigInteger under) {
    private static final int MAX_BITS = 1 << 15;
    private static final int MAX_EXPONENT = 1 << 15;

    static final Rational ONE = of(1);

    static Rational of(long value) {
        return new Rational(BigInteger.valueOf(value), BigInteger.ONE);
    }

    /** Empty if it is too large, or divides by 0. */
    static Optional<Rational> of(BigInteger over, BigInteger under) {
        if (under.signum() == 0 || over.bitLength() > 2 * MAX_BITS || under.bitLength() > 2 * MAX_BITS) {
            return Optional.empty();
        }
        BigInteger divisor = over.gcd(under).multiply(BigInteger.valueOf(under.signum()));
        Rational value = new Rational(over.divide(divisor), under.divide(divisor));
        boolean small = value.over.bitLength() <= MAX_BITS && value.under.bitLength() <= MAX_BITS;
        return small ? Optional.of(value) : Optional.empty();
    }

    static Optional<Rational> of(BigDecimal value) {
        return value.scale() > MAX_EXPONENT || value.scale() < -MAX_EXPONENT
                ? Optional.empty()
                : of(value.unscaledValue(), BigInteger.ONE)
                        .flatMap(top -> value.scale() >= 0
                                ? of(top.over, BigInteger.TEN.pow(value.scale()))
                                : of(top.over.multiply(BigInteger.TEN.pow(-value.scale())), BigInteger.ONE));
    }

    Optional<Rational> plus(Rational other) {
        return of(over.multiply(other.under).add(other.over.multiply(under)), under.multiply(other.under));
    }

    Optional<Rational> times(Rational other) {
        return of(over.multiply(other.over), under.multiply(other.under));
    }

    boolean isInteger() {
        return under.equals(BigInteger.ONE);
    }

    int signum() {
        return over.signum();
    }

    /** To an exact power: of integers, or where the root of a number that is not negative is a fraction too. */
    Optional<Rational> power(Rational exponent) {
        if (exponent.signum() == 0) {
            return Optional.of(ONE); // 0 to the power 0 is 1 in the reference
        }
        if (exponent.over.bitLength() > 16 || exponent.under.bitLength() > 10) {
            return Optional.empty();
        }
        int root = exponent.under.intValueExact();
        Optional<Rational> base = root == 1 ? Optional.of(this) : root(root);
        int n = exponent.over.intValueExact();
        return base.flatMap(b -> b.power(n));
    }

    private Optional<Rational> power(int n) {
        long bits = (long) Math.max(over.bitLength(), under.bitLength()) * Math.abs(n);
        if (bits > 2 * MAX_BITS) {
            return Optional.empty();
        }
        BigInteger a = over.pow(Math.abs(n));
        BigInteger b = under.pow(Math.abs(n));
        return n > 0 ? of(a, b) : of(b, a);
    }

    private Optional<Rational> root(int degree) {
        if (signum() < 0) {
            return Optional.empty();
        }
        return root(over, degree).flatMap(a -> root(under, degree).flatMap(b -> of(a, b)));
    }

    /** An integer's root, if that is one. */
    private static Optional<BigInteger> root(BigInteger value, int degree) {
        BigInteger low = BigInteger.ZERO;
        BigInteger high = BigInteger.ONE.shiftLeft(value.bitLength() / degree + 1);
        while (low.compareTo(high) < 0) {
            BigInteger middle = low.add(high).shiftRight(1);
            if (middle.pow(degree).compareTo(value) < 0) {
                low = middle.add(BigInteger.ONE);
            } else {
                high = middle;
            }
        }
        return low.pow(degree).equals(value) ? Optional.of(low) : Optional.empty();
    }

    Rational abs() {
        return new Rational(over.abs(), under);
    }

    /** The largest integer that is not above. */
    Rational floor() {
        BigInteger[] parts = over.divideAndRemainder(under);
        BigInteger whole = parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
        return new Rational(whole, BigInteger.ONE);
    }

    Rational negative() {
        return new Rational(over.negate(), under);
    }

    int compareTo(Rational other) {
        return over.multiply(other.under).compareTo(other.over.multiply(under));
    }
}
