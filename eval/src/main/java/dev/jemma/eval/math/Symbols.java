package dev.jemma.eval.math;

import java.util.Set;
import java.util.TreeSet;

/** What occurs in an expression. */
final class Symbols {
    private Symbols() {}

    /** The unknowns, in order. */
    static Set<String> of(Node node) {
        Set<String> names = new TreeSet<>();
        collect(node, names);
        return names;
    }

    private static void collect(Node node, Set<String> names) {
        switch (node) {
            case Node.Sym(String name) -> names.add(name);
            case Node.Add(Node a, Node b) -> both(a, b, names);
            case Node.Mul(Node a, Node b) -> both(a, b, names);
            case Node.Pow(Node a, Node b) -> both(a, b, names);
            case Node.Call(var _, var arguments) -> arguments.forEach(one -> collect(one, names));
            case Node.Num _, Node.Infinity _, Node.Relation _ -> {}
        }
    }

    private static void both(Node a, Node b, Set<String> names) {
        collect(a, names);
        collect(b, names);
    }

    /** Whether it has no difference from anything: infinity, or a relation. */
    static boolean isBeyondNumbers(Node node) {
        return switch (node) {
            case Node.Infinity _, Node.Relation _ -> true;
            case Node.Add(Node a, Node b) -> isBeyondNumbers(a) || isBeyondNumbers(b);
            case Node.Mul(Node a, Node b) -> isBeyondNumbers(a) || isBeyondNumbers(b);
            case Node.Pow(Node a, Node b) -> isBeyondNumbers(a) || isBeyondNumbers(b);
            case Node.Call(var _, var arguments) -> arguments.stream().anyMatch(Symbols::isBeyondNumbers);
            case Node.Num _, Node.Sym _ -> false;
        };
    }
}
