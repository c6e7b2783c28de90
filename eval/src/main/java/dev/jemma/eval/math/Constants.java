package dev.jemma.eval.math;

import java.util.Map;
import java.util.Optional;

/** Names that stand for a number of their own; no name that is read from a text begins with a space. */
final class Constants {
    static final Node PI = new Node.Sym(" pi");
    static final Node E = new Node.Sym(" e");
    static final Node GAMMA = new Node.Sym(" gamma");
    static final Node I = new Node.Sym(" i");

    /** Their values. */
    static final Map<String, Complex> VALUES = Map.of(
            " pi",
            Complex.of(Math.PI),
            " e",
            Complex.of(Math.E),
            " gamma",
            Complex.of(0.5772156649015329),
            " i",
            Complex.I);

    private Constants() {}

    static boolean isConstant(String name) {
        return VALUES.containsKey(name);
    }

    /** An unknown. */
    static Optional<String> unknown(Node node) {
        return node instanceof Node.Sym(String name) && !isConstant(name) ? Optional.of(name) : Optional.empty();
    }
}
