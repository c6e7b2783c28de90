package dev.jemma.eval.math;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** Expressions with a form of their own: numbers with a sign, fractions of two integers, hundredths. */
final class Nodes {
    private Nodes() {}

    /** −a; of a number or fraction again one. */
    static Node negative(Node a) {
        if (a instanceof Node.Num(BigDecimal value)) {
            return new Node.Num(value.negate());
        }
        if (a instanceof Node.Call(String name, List<Node> parts) && name.equals("ratio")) {
            return new Node.Call(name, List.of(negative(parts.getFirst()), parts.get(1)));
        }
        return Node.negative(a);
    }

    /** A fraction of two integers. */
    static Node ratio(Node over, Node under) {
        return new Node.Call("ratio", List.of(over, under));
    }

    /** So many hundredths. */
    static Node percent(Node number) {
        return new Node.Call("percent", List.of(number));
    }

    /** What a percentage counts, or else the number itself. */
    static Node withoutPercent(Node node) {
        return node instanceof Node.Call(String name, List<Node> parts) && name.equals("percent")
                ? parts.getFirst()
                : node;
    }

    static boolean isInteger(Node node) {
        return node instanceof Node.Num(BigDecimal value) && value.scale() <= 0;
    }

    static boolean isDecimal(Node node) {
        return node instanceof Node.Num(BigDecimal value) && value.scale() > 0;
    }

    /** A fraction or an integer, as a number of its own and not as something to be worked out. */
    static Optional<Rational> rational(Node node) {
        if (node instanceof Node.Num(BigDecimal value)) {
            return value.scale() <= 0 ? Rational.of(value) : Optional.empty();
        }
        return node instanceof Node.Call(String name, List<Node> parts) && name.equals("ratio")
                ? rational(parts.getFirst())
                        .flatMap(
                                over -> rational(parts.get(1)).flatMap(under -> Rational.of(over.over(), under.over())))
                : Optional.empty();
    }

    /** A number of its own: integer, decimal, fraction. */
    static boolean isNumber(Node node) {
        return node instanceof Node.Num || rational(node).isPresent();
    }

    /** The fraction as a number of its own. */
    static Node of(Rational value) {
        Node over = new Node.Num(new BigDecimal(value.over()));
        return value.isInteger() ? over : ratio(over, new Node.Num(new BigDecimal(value.under())));
    }
}
