package dev.jemma.eval.math;

import java.math.BigDecimal;
import java.util.List;

/** An expression. Letters are unknowns, π, e and i too: the reference knows no constants. */
sealed interface Node {
    /** A number, as it is written. */
    record Num(BigDecimal value) implements Node {}

    /** An unknown. */
    record Sym(String name) implements Node {}

    /** Infinity: a difference from it is never 0. */
    record Infinity() implements Node {}

    /** a + b. */
    record Add(Node left, Node right) implements Node {}

    /** a · b. */
    record Mul(Node left, Node right) implements Node {}

    /** a to the power b. */
    record Pow(Node base, Node exponent) implements Node {}

    /** A function, known or not. */
    record Call(String name, List<Node> arguments) implements Node {
        public Call {
            arguments = List.copyOf(arguments);
        }
    }

    /** An equation or inequality: has a form, but no difference from anything. */
    record Relation() implements Node {}

    /** An integer. */
    static Node of(long value) {
        return new Num(BigDecimal.valueOf(value));
    }

    /** −a. */
    static Node negative(Node a) {
        return new Mul(of(-1), a);
    }

    /** 1 / a. */
    static Node inverse(Node a) {
        return new Pow(a, of(-1));
    }
}
