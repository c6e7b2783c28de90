package dev.jemma.eval.math;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The exact value of an expression at rational values of its unknowns, where that is a fraction of bounded size. */
final class ExactValue {
    private static final int MAX_FACTORIAL = 1000;

    private final Map<String, Rational> unknowns;

    ExactValue(Map<String, Rational> unknowns) {
        this.unknowns = unknowns;
    }

    Optional<Rational> of(Node node) {
        return switch (node) {
            case Node.Num(var value) -> Rational.of(value);
            case Node.Sym(String name) -> Optional.ofNullable(unknowns.get(name));
            case Node.Add(Node a, Node b) -> of(a).flatMap(x -> of(b).flatMap(x::plus));
            case Node.Mul(Node a, Node b) -> of(a).flatMap(x -> of(b).flatMap(x::times));
            case Node.Pow(Node a, Node b) -> of(a).flatMap(x -> of(b).flatMap(y -> power(node, x, y)));
            case Node.Call(String name, List<Node> arguments) -> call(name, arguments);
            case Node.Infinity _, Node.Relation _ -> Optional.empty();
        };
    }

    /** A root of an unknown is no fraction elsewhere: what holds at one point would not hold in general. */
    private static Optional<Rational> power(Node node, Rational base, Rational exponent) {
        return exponent.isInteger() || Symbols.of(node).isEmpty() ? base.power(exponent) : Optional.empty();
    }

    private Optional<Rational> call(String name, List<Node> arguments) {
        if (!name.equals("percent")
                && arguments.stream().anyMatch(one -> !Symbols.of(one).isEmpty())) {
            return Optional.empty(); // a function of an unknown is complex in general
        }
        Optional<Rational> first = of(arguments.getFirst());
        return switch (name) {
            case "abs" -> first.map(Rational::abs);
            case "conjugate" -> first;
            case "ratio" ->
                first.flatMap(a -> of(arguments.get(1))
                        .flatMap(b -> b.signum() == 0
                                ? Optional.empty()
                                : b.power(Rational.of(-1)).flatMap(a::times)));
            case "percent" ->
                first.flatMap(value -> Rational.of(value.over(), value.under().multiply(BigInteger.valueOf(100))));
            case "floor" -> first.map(Rational::floor);
            case "ceiling" -> first.map(value -> value.negative().floor().negative());
            case "factorial" -> first.flatMap(ExactValue::factorial);
            case "binomial" -> first.flatMap(n -> of(arguments.get(1)).flatMap(k -> binomial(n, k)));
            default -> Optional.empty();
        };
    }

    private static Optional<Rational> factorial(Rational n) {
        if (!n.isInteger() || n.signum() < 0 || n.compareTo(Rational.of(MAX_FACTORIAL)) > 0) {
            return Optional.empty();
        }
        BigInteger product = BigInteger.ONE;
        for (int i = 2; i <= n.over().intValueExact(); i++) {
            product = product.multiply(BigInteger.valueOf(i));
        }
        return Rational.of(product, BigInteger.ONE);
    }

    private static Optional<Rational> binomial(Rational n, Rational k) {
        if (!n.isInteger() || !k.isInteger() || k.compareTo(Rational.of(MAX_FACTORIAL)) > 0) {
            return Optional.empty();
        }
        if (k.signum() < 0) {
            return Optional.of(Rational.of(0));
        }
        Optional<Rational> product = Optional.of(Rational.ONE);
        for (int i = 0; i < k.over().intValueExact(); i++) {
            Optional<Rational> factor =
                    Rational.of(n.over().subtract(BigInteger.valueOf(i)), BigInteger.valueOf(i + 1L));
            product = product.flatMap(p -> factor.flatMap(p::times));
        }
        return product;
    }
}
