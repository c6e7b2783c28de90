package dev.jemma.eval.math;

import java.util.List;
import java.util.Map;

/** The value of an expression in floating point, at complex values of its unknowns. */
final class NearValue {
    private final Map<String, Complex> unknowns;

    NearValue(Map<String, Complex> unknowns) {
        this.unknowns = unknowns;
    }

    /** Not a number where there is no value. */
    Complex of(Node node) {
        return switch (node) {
            case Node.Num(var value) -> Complex.of(value.doubleValue());
            case Node.Sym(String name) -> unknowns.getOrDefault(name, Complex.NONE);
            case Node.Add(Node a, Node b) -> of(a).plus(of(b));
            case Node.Mul(Node a, Node b) -> of(a).times(of(b));
            case Node.Pow(Node a, Node b) -> of(a).power(of(b));
            case Node.Call(String name, List<Node> arguments) ->
                call(name, arguments.stream().map(this::of).toList());
            case Node.Infinity _, Node.Relation _ -> Complex.NONE;
        };
    }

    private static Complex call(String name, List<Complex> arguments) {
        Complex z = arguments.getFirst();
        Complex one = Complex.ONE;
        return switch (name) {
            case "abs" -> Complex.of(z.abs());
            case "ratio" -> z.over(arguments.get(1));
            case "percent" -> z.over(Complex.of(100));
            case "conjugate" -> new Complex(z.re(), -z.im());
            case "floor" -> new Complex(Math.floor(z.re()), Math.floor(z.im()));
            case "ceiling" -> new Complex(Math.ceil(z.re()), Math.ceil(z.im()));
            case "exp" -> z.exp();
            case "log" -> z.log();
            case "sin" -> z.sin();
            case "cos" -> z.cos();
            case "tan" -> z.sin().over(z.cos());
            case "csc" -> one.over(z.sin());
            case "sec" -> one.over(z.cos());
            case "cot" -> z.cos().over(z.sin());
            case "asin" -> z.asin();
            case "acos" -> Complex.of(Math.PI / 2).minus(z.asin());
            case "atan" -> z.atan();
            case "acsc" -> one.over(z).asin();
            case "asec" -> Complex.of(Math.PI / 2).minus(one.over(z).asin());
            case "acot" -> one.over(z).atan();
            case "sinh" -> Complex.I.times(z).sin().times(new Complex(0, -1));
            case "cosh" -> Complex.I.times(z).cos();
            case "tanh" ->
                Complex.I
                        .times(z)
                        .sin()
                        .times(new Complex(0, -1))
                        .over(Complex.I.times(z).cos());
            case "asinh" -> z.plus(z.times(z).plus(one).sqrt()).log();
            case "acosh" ->
                z.plus(z.plus(one).sqrt().times(z.minus(one).sqrt())).log();
            case "atanh" -> one.plus(z).log().minus(one.minus(z).log()).times(Complex.of(0.5));
            default -> unknown(name, arguments);
        };
    }

    /** A function that nothing is known of: a fixed smooth one, with coefficients from its name. */
    private static Complex unknown(String name, List<Complex> arguments) {
        Complex sum = Complex.of(0.1 + (name.hashCode() & 0xFFFF) / 65536.0);
        double coefficient = 0.3 + ((name.hashCode() >>> 16) & 0xFFFF) / 65536.0;
        for (Complex one : arguments) {
            sum = sum.plus(one.times(Complex.of(coefficient)));
            coefficient = coefficient * 0.7 + 0.1;
        }
        return sum.cos().plus(Complex.of(arguments.size()));
    }
}
