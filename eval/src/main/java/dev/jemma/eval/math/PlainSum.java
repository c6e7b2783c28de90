package dev.jemma.eval.math;

import dev.jemma.eval.metric.PythonText;
import java.math.BigDecimal;
import java.util.Optional;

/** A sum as one types it, {@code 2*(3+4)/5^2}; no sign of multiplication may be left out. */
final class PlainSum {
    private static final int DEEPEST = 100;

    private final String text;
    private int at;
    private int depth;

    private PlainSum(String text) {
        this.text = text;
    }

    /** Its value; empty if it is none. */
    static Optional<Node> read(String text) {
        PlainSum sum = new PlainSum(PythonText.strip(text));
        Optional<Node> node = sum.sum();
        sum.blank();
        return sum.at == sum.text.length() ? node : Optional.empty();
    }

    private void blank() {
        while (at < text.length() && PythonText.isSpace(text.charAt(at))) {
            at++;
        }
    }

    private boolean take(String sign) {
        blank();
        boolean here = text.startsWith(sign, at);
        at += here ? sign.length() : 0;
        return here;
    }

    private Optional<Node> sum() {
        Optional<Node> left = product();
        while (left.isPresent()) {
            Node before = left.get();
            if (take("+")) {
                left = product().map(next -> new Node.Add(before, next));
            } else if (take("-")) {
                left = product().map(next -> new Node.Add(before, Nodes.negative(next)));
            } else {
                return left;
            }
        }
        return left;
    }

    private Optional<Node> product() {
        Optional<Node> left = signed();
        while (left.isPresent()) {
            Node before = left.get();
            if (text.startsWith("//", at)) {
                return Optional.empty();
            }
            if (take("*")) {
                left = signed().map(next -> new Node.Mul(before, next));
            } else if (take("/")) {
                left = signed().map(next -> new Node.Mul(before, Node.inverse(next)));
            } else {
                return left;
            }
        }
        return left;
    }

    private Optional<Node> signed() {
        if (++depth > DEEPEST) {
            return Optional.empty();
        }
        Optional<Node> value = take("-") ? signed().map(Nodes::negative) : take("+") ? signed() : power();
        depth--;
        return value;
    }

    private Optional<Node> power() {
        Optional<Node> base = atom();
        if (base.isPresent() && (take("^") || take("**"))) {
            Node below = base.get();
            return signed().map(exponent -> new Node.Pow(below, exponent));
        }
        return base;
    }

    private Optional<Node> atom() {
        if (take("(")) {
            Optional<Node> inner = ++depth > DEEPEST ? Optional.empty() : sum();
            depth--;
            return take(")") ? inner : Optional.empty();
        }
        int start = at;
        while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
            at++;
        }
        String number = text.substring(start, at);
        boolean plain = number.matches("0+|[1-9][0-9]*|[0-9]*\\.[0-9]+|[0-9]+\\.");
        return plain
                ? Optional.of(new Node.Num(new BigDecimal(number.endsWith(".") ? number + "0" : number)))
                : Optional.empty();
    }
}
