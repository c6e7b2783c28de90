package dev.jemma.eval.math;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether two expressions of an answer are the same number, or the same function of their unknowns. Beside a decimal
 * six places count; a percentage is also what it counts, if both are whole numbers. Unknowns that are real are tried at
 * real numbers, others at complex ones.
 */
final class SameNumber {
    private static final int PLACES = 6;
    private static final int POINTS = 5;
    private static final long SEED = 0x6A656D6D61L;
    private static final double NEAR = 1e-12;

    private SameNumber() {}

    static boolean of(Node a, Node b) {
        Node x = Nodes.withoutPercent(a);
        Node y = Nodes.withoutPercent(b);
        if (Nodes.isInteger(x) && Nodes.isInteger(y) && x.equals(y)) {
            return true;
        }
        if ((Nodes.isDecimal(x) || Nodes.isDecimal(y)) && !isWhole(a) && !isWhole(b)) {
            Optional<BigDecimal> p = rounded(a);
            if (p.isPresent() && p.equals(rounded(b))) {
                return true;
            }
        }
        return equal(a, b);
    }

    /** Beside a whole number a decimal is what it says: 0.9999999 is not 1. */
    private static boolean isWhole(Node node) {
        return !Nodes.isDecimal(Nodes.withoutPercent(node))
                && new ExactValue(Map.of()).of(node).filter(Rational::isInteger).isPresent();
    }

    /** Rounded, where it is a real number. */
    private static Optional<BigDecimal> rounded(Node node) {
        Optional<BigDecimal> exact = new ExactValue(Map.of())
                .of(node)
                .map(value -> new BigDecimal(value.over())
                        .divide(new BigDecimal(value.under()), PLACES, RoundingMode.HALF_EVEN));
        if (exact.isPresent()) {
            return exact.map(SameNumber::plain);
        }
        var real = Spans.real(node);
        return real.isPresent() && Double.isFinite(real.getAsDouble())
                ? Optional.of(plain(new BigDecimal(real.getAsDouble()).setScale(PLACES, RoundingMode.HALF_EVEN)))
                : Optional.empty();
    }

    private static BigDecimal plain(BigDecimal value) {
        return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    /** Whether their difference is 0 wherever it is looked at. */
    static boolean equal(Node a, Node b) {
        if (Symbols.isBeyondNumbers(a) || Symbols.isBeyondNumbers(b)) {
            return false;
        }
        Set<String> names = new TreeSet<>(Symbols.of(a));
        names.addAll(Symbols.of(b));
        names.removeIf(Constants::isConstant);
        Random random = new Random(SEED);
        int points = names.isEmpty() ? 1 : POINTS;
        boolean told = false;
        for (int i = 0; i < points; i++) {
            Map<String, Rational> values = new HashMap<>();
            for (String name : names) {
                long value = 17L + random.nextInt(1 << 15);
                values.put(name, Rational.of(random.nextBoolean() ? value : -value));
            }
            ExactValue exact = new ExactValue(values);
            Optional<Boolean> same = exact.of(a).flatMap(x -> exact.of(b).map(x::equals));
            if (same.isPresent() && !same.get()) {
                return false;
            }
            told |= same.isPresent();
        }
        if (told) {
            return true;
        }
        boolean finite = false;
        for (int i = 0; i < points; i++) {
            Map<String, Complex> values = new HashMap<>(Constants.VALUES);
            for (String name : names) {
                boolean real = !name.endsWith(ExpressionReader.COMPLEX);
                values.put(name, new Complex(coordinate(random), real ? 0 : coordinate(random)));
            }
            NearValue near = new NearValue(values);
            Complex x = near.of(a);
            Complex y = near.of(b);
            if (x.isFinite() != y.isFinite()) {
                return false;
            }
            if (x.isFinite()) {
                finite = true;
                if (x.minus(y).abs() > NEAR * Math.max(1e-3, Math.max(x.abs(), y.abs()))) {
                    return false;
                }
            }
        }
        return finite;
    }

    private static double coordinate(Random random) {
        double size = 0.4 + random.nextDouble();
        return random.nextBoolean() ? size : -size;
    }

    /** Whether one is a multiple of the other by a number that is not 0. */
    static boolean multiple(Node a, Node b) {
        Set<String> names = new TreeSet<>(Symbols.of(a));
        names.removeIf(Constants::isConstant);
        Map<String, Complex> values = new HashMap<>(Constants.VALUES);
        Random random = new Random(SEED);
        names.forEach(name -> values.put(name, new Complex(coordinate(random), 0)));
        Complex ratio = new NearValue(values).of(a).over(new NearValue(values).of(b));
        if (!ratio.isFinite() || ratio.abs() == 0) {
            return false;
        }
        for (int i = 0; i < POINTS; i++) {
            names.forEach(name -> values.put(name, new Complex(coordinate(random), 0)));
            NearValue near = new NearValue(values);
            Complex x = near.of(a);
            Complex y = near.of(b).times(ratio);
            if (!x.isFinite() || !(x.minus(y).abs() <= 1e-9 * Math.max(1e-3, Math.max(x.abs(), y.abs())))) {
                return false;
            }
        }
        return true;
    }
}
