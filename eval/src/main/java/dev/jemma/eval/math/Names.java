package dev.jemma.eval.math;

import java.util.List;
import java.util.Optional;

/** Whether a side of an equation is made of names alone, so that the other side is what is asked for. */
final class Names {
    private Names() {}

    static boolean only(Value value) {
        return switch (value) {
            case Value.Expression(Node node) -> only(node);
            case Value.Row(List<Value> elements) -> elements.stream().allMatch(Names::only);
            default -> false;
        };
    }

    private static boolean only(Node node) {
        return switch (node) {
            case Node.Sym _ -> Constants.unknown(node).isPresent();
            case Node.Add(Node a, Node b) -> only(a) && only(b);
            case Node.Mul(Node a, Node b) -> only(a) && only(b);
            case Node.Pow(Node a, Node b) -> only(a) && (b.equals(Node.of(-1)) || only(b));
            case Node.Call(var _, var arguments) -> arguments.stream().allMatch(Names::only);
            case Node.Num _, Node.Infinity _, Node.Relation _ -> false;
        };
    }

    /** The name of an unknown that a value is. */
    static Optional<String> of(Node node) {
        return Constants.unknown(node).map(name -> name.replace(ExpressionReader.COMPLEX, ""));
    }
}
