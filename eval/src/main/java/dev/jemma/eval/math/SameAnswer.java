package dev.jemma.eval.math;

import dev.jemma.JemmaException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether an answer says what the right one says. The right one sets the form: x = 3 and 3 are the same, but 2x = 6 and 3
 * are not; a pair is a set of two if the right answer is one; (1, 2) is a pair or an interval, as the other has it.
 */
final class SameAnswer {
    /** Nothing can be compared with what does not exist, such as a division by 0. */
    static final class Impossible extends JemmaException {
        private static final long serialVersionUID = 1L;

        Impossible() {
            super("there is nothing to compare with");
        }
    }

    private SameAnswer() {}

    static boolean of(Value gold, Value answer) {
        try {
            return same(gold, answer);
        } catch (Impossible | StackOverflowError e) {
            return false;
        }
    }

    private static boolean same(Value rightAnswer, Value other) {
        boolean assigned = isAssignment(rightAnswer);
        Value gold = assigned ? shortened(rightAnswer) : rightAnswer;
        Value answer = isAssignment(other) ? shortened(other) : other;
        if (isEquation(answer) && !isEquation(gold)) {
            answer = last(answer).right();
        } else if (assigned && !isEquation(answer)) {
            gold = last(gold).right();
        }
        if (isRelation(gold) && isSet(answer)) {
            Optional<Spans> solved = Spans.of(gold);
            Value set = answer;
            return solved.isPresent()
                    && Spans.of(set).filter(solved.get()::same).isPresent();
        }
        if (gold.equals(answer)) {
            if (gold instanceof Value.Expression(Node node) && dividesByZero(node)) {
                throw new Impossible();
            }
            return true;
        }
        if (isRelation(gold) && isRelation(answer)) {
            return relations(gold, answer);
        }
        if (isSet(gold) || gold instanceof Value.Row || isSet(answer) || answer instanceof Value.Row) {
            return sets(gold, answer);
        }
        if (gold instanceof Value.Expression(Node a) && answer instanceof Value.Expression(Node b)) {
            return (Constants.unknown(a).isPresent() || Constants.unknown(b).isPresent())
                    ? symbols(a, b)
                    : SameNumber.of(a, b);
        }
        return gold instanceof Value.Matrix(var a) && answer instanceof Value.Matrix(var b) && matrices(a, b);
    }

    private static boolean dividesByZero(Node node) {
        return node instanceof Node.Call(String name, List<Node> parts)
                && name.equals("ratio")
                && SameNumber.equal(parts.get(1), Node.of(0));
    }

    private static boolean matrices(List<List<Node>> a, List<List<Node>> b) {
        if (a.size() != b.size() || a.getFirst().size() != b.getFirst().size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            for (int j = 0; j < a.get(i).size(); j++) {
                if (!SameNumber.of(a.get(i).get(j), b.get(i).get(j))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isRelation(Value value) {
        return value instanceof Value.Relation || value instanceof Value.Chain;
    }

    private static boolean isEquation(Value value) {
        return (value instanceof Value.Relation relation && relation.kind() == Value.Relation.Kind.EQUAL)
                || (value instanceof Value.Chain(var all)
                        && all.stream().allMatch(one -> one.kind() == Value.Relation.Kind.EQUAL));
    }

    private static boolean isAssignment(Value value) {
        return isEquation(value) && Names.only(first(value).left());
    }

    private static Value.Relation first(Value value) {
        return value instanceof Value.Chain(var all) ? all.getFirst() : (Value.Relation) value;
    }

    private static Value.Relation last(Value value) {
        return value instanceof Value.Chain(var all) ? all.getLast() : (Value.Relation) value;
    }

    private static Value shortened(Value value) {
        return new Value.Relation(
                Value.Relation.Kind.EQUAL, first(value).left(), last(value).right());
    }

    private static boolean isSet(Value value) {
        return value instanceof Value.Items
                || value instanceof Value.Span
                || value instanceof Value.Join
                || value instanceof Value.Named;
    }

    private static boolean relations(Value gold, Value answer) {
        if (gold instanceof Value.Chain(var a) && answer instanceof Value.Chain(var b)) {
            if (a.size() != b.size()) {
                throw new Impossible();
            }
            for (int i = 0; i < a.size(); i++) {
                if (!relations(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (!(gold instanceof Value.Relation a && answer instanceof Value.Relation b)) {
            return false;
        }
        Optional<Node> p = difference(a);
        Optional<Node> q = difference(b);
        if (p.isEmpty() || q.isEmpty()) {
            return a.kind() == b.kind() && of(a.left(), b.left()) && of(a.right(), b.right());
        }
        if (a.kind() == b.kind() && of(new Value.Expression(p.get()), new Value.Expression(q.get()))) {
            return true;
        }
        if (a.kind() == Value.Relation.Kind.UNEQUAL) {
            throw new Impossible(); // the reference knows no inverse of it
        }
        if (a.kind().turned() == b.kind() && SameNumber.equal(p.get(), Nodes.negative(q.get()))) {
            return true;
        }
        boolean equations = a.kind() == Value.Relation.Kind.EQUAL && b.kind() == Value.Relation.Kind.EQUAL;
        return equations
                && Symbols.of(p.get()).equals(Symbols.of(q.get()))
                && Symbols.of(p.get()).stream()
                                .filter(name -> !Constants.isConstant(name))
                                .count()
                        > 1
                && SameNumber.multiple(p.get(), q.get());
    }

    private static Optional<Node> difference(Value.Relation relation) {
        return relation.left() instanceof Value.Expression(Node a)
                        && relation.right() instanceof Value.Expression(Node b)
                ? Optional.of(new Node.Add(a, Nodes.negative(b)))
                : Optional.empty();
    }

    private static boolean sets(Value gold, Value answer) {
        Value a = gold instanceof Value.Row || isSet(gold) ? gold : new Value.Items(List.of(gold));
        Value b = answer instanceof Value.Row || isSet(answer) ? answer : new Value.Items(List.of(answer));
        if (a instanceof Value.Span x && b instanceof Value.Span y) {
            return x.openLow() == y.openLow()
                    && x.openHigh() == y.openHigh()
                    && end(x.low(), y.low())
                    && end(x.high(), y.high());
        }
        if (a.equals(b)) {
            return true;
        }
        if (isSet(a) && isSet(b)) {
            Optional<Spans> p = Spans.of(a);
            if (p.isPresent() && Spans.of(b).filter(p.get()::same).isPresent()) {
                return true;
            }
        }
        Optional<List<Value>> x = elements(a, b);
        Optional<List<Value>> y = elements(b, a);
        if (x.isEmpty() || y.isEmpty()) {
            return false;
        }
        // Beside a pair a set keeps the order in which it is written.
        return a instanceof Value.Items ? matched(x.get(), y.get()) : inOrder(x.get(), y.get());
    }

    private static boolean end(Node a, Node b) {
        return a.equals(b) || of(new Value.Expression(a), new Value.Expression(b));
    }

    /** Of an open interval its two ends, if the other has elements. */
    private static Optional<List<Value>> elements(Value value, Value other) {
        return switch (value) {
            case Value.Items(List<Value> all) -> Optional.of(all);
            case Value.Row(List<Value> all) -> Optional.of(all);
            case Value.Span span ->
                span.openLow() && span.openHigh() && !(other instanceof Value.Span)
                        ? Optional.of(List.of(new Value.Expression(span.low()), new Value.Expression(span.high())))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static boolean inOrder(List<Value> a, List<Value> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!of(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean matched(List<Value> a, List<Value> b) {
        if (a.size() != b.size()) {
            return false;
        }
        List<Value> left = new ArrayList<>(b);
        for (Value one : a) {
            int found = -1;
            for (int i = 0; i < left.size() && found < 0; i++) {
                found = of(one, left.get(i)) ? i : -1;
            }
            if (found < 0) {
                return false;
            }
            left.remove(found);
        }
        return true;
    }

    /** Words by their letters, also where they were read as a product of them. */
    private static boolean symbols(Node gold, Node answer) {
        Optional<String> a = word(gold);
        Optional<String> b = word(answer);
        if (a.isPresent() && b.isPresent()) {
            boolean letters = Names.of(gold).isPresent() && Names.of(answer).isPresent();
            return (letters && a.get().length() == 1 && b.get().length() == 1)
                    ? a.equals(b)
                    : a.get().toLowerCase(Locale.ROOT).equals(b.get().toLowerCase(Locale.ROOT));
        }
        return shown(gold).isPresent() && shown(gold).equals(shown(answer));
    }

    private static Optional<String> word(Node node) {
        if (node.equals(Constants.E)) {
            return Optional.of("e");
        }
        if (node instanceof Node.Mul(Node left, Node right)) {
            return word(left).flatMap(a -> word(right).map(b -> a + b));
        }
        return Names.of(node);
    }

    /** A number as text. */
    private static Optional<String> shown(Node node) {
        if (node instanceof Node.Num(BigDecimal value)) {
            return Nodes.isInteger(node) ? Optional.of(value.toPlainString()) : Optional.empty();
        }
        return Nodes.rational(node)
                .map(value -> value.over() + "/" + value.under())
                .or(() -> Names.of(node));
    }
}
