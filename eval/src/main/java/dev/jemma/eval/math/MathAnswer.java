package dev.jemma.eval.math;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether two answers in LaTeX are equal, as the reference decides it: both must be expressions that sympy can read, and
 * their difference must simplify to 0. Two equal texts that are no expressions, such as {@code (3,4]}, are not equal
 * here; {@link MinervaMath#matches} compares texts first.
 *
 * <p>We read what sympy reads ({@link LatexParser}) and then compare values: exactly, as fractions, at random fractions
 * for the unknowns, or where there are roots or functions in floating point at random complex numbers. A decimal is what
 * it says: 0.333 is not 1/3. Known differences: sympy sometimes does not find that an expression with nested
 * roots is 0, or takes more than its five seconds, and then says unequal where we say equal; constants that
 * differ by less than 10⁻¹⁰ of their size are equal here if they hold roots or functions.
 */
public final class MathAnswer {
    private static final int POINTS = 4;
    private static final long SEED = 0x6A656D6D61L;
    private static final double NEAR = 1e-10;

    private MathAnswer() {}

    /**
     * Whether the difference of two expressions is 0.
     *
     * @param a LaTeX, normalised by {@link MinervaMath#normalize}
     * @param b the same
     */
    public static boolean equal(String a, String b) {
        Optional<Node> left = LatexParser.parse(a);
        Optional<Node> right = LatexParser.parse(b);
        return left.isPresent() && right.isPresent() && equal(left.get(), right.get());
    }

    /** Whether it is an expression. */
    public static boolean isExpression(String latex) {
        return LatexParser.parse(latex).isPresent();
    }

    private static boolean equal(Node a, Node b) {
        if (Symbols.isBeyondNumbers(a) || Symbols.isBeyondNumbers(b)) {
            return false;
        }
        Random random = new Random(SEED);
        Set<String> names = new TreeSet<>(Symbols.of(a));
        names.addAll(Symbols.of(b));
        int points = names.isEmpty() ? 1 : POINTS;
        boolean told = false;
        for (int i = 0; i < points; i++) {
            Optional<Boolean> exact = exactly(a, b, names, random);
            if (exact.isPresent() && !exact.get()) {
                return false;
            }
            told |= exact.isPresent();
        }
        if (told) {
            return true;
        }
        boolean finite = false;
        for (int i = 0; i < points; i++) {
            Map<String, Complex> values = new HashMap<>();
            for (String name : names) {
                values.put(name, new Complex(coordinate(random), coordinate(random)));
            }
            NearValue near = new NearValue(values);
            Complex x = near.of(a);
            Complex y = near.of(b);
            if (x.isFinite() && y.isFinite()) {
                finite = true;
                if (x.minus(y).abs() > NEAR * Math.max(1e-3, Math.max(x.abs(), y.abs()))) {
                    return false;
                }
            } else if (x.isFinite() || y.isFinite()) {
                return false;
            }
        }
        return finite || (a.equals(b) && !dividesByZero(a));
    }

    /** Empty where a value is no fraction, or too large a one. */
    private static Optional<Boolean> exactly(Node a, Node b, Set<String> names, Random random) {
        Map<String, Rational> values = new HashMap<>();
        for (String name : names) {
            BigInteger over = new BigInteger(16, random).setBit(4);
            values.put(name, new Rational(random.nextBoolean() ? over : over.negate(), BigInteger.ONE));
        }
        ExactValue exact = new ExactValue(values);
        return exact.of(a).flatMap(x -> exact.of(b).map(x::equals));
    }

    private static double coordinate(Random random) {
        double size = 0.4 + random.nextDouble();
        return random.nextBoolean() ? size : -size;
    }

    /** A number too large to be evaluated may equal itself; one that does not exist does not. */
    private static boolean dividesByZero(Node node) {
        return switch (node) {
            case Node.Pow(Node base, Node exponent) -> dividesByZero(base) || dividesByZero(exponent) || isZero(base);
            case Node.Add(Node x, Node y) -> dividesByZero(x) || dividesByZero(y);
            case Node.Mul(Node x, Node y) -> dividesByZero(x) || dividesByZero(y);
            case Node.Call(var _, var arguments) -> arguments.stream().anyMatch(MathAnswer::dividesByZero);
            case Node.Num _, Node.Sym _, Node.Infinity _, Node.Relation _ -> false;
        };
    }

    private static boolean isZero(Node node) {
        return new ExactValue(Map.of())
                .of(node)
                .filter(value -> value.signum() == 0)
                .isPresent();
    }
}
