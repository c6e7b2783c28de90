package dev.jemma.eval.math;

import dev.jemma.JemmaException;
import dev.jemma.eval.math.AnswerLexer.Kind;
import dev.jemma.eval.math.AnswerLexer.Token;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads expressions among the tokens of an answer. Side by side is a product, but an integer and a fraction or number
 * behind it are a mixed number; a letter with one argument in parentheses is a function; letters are lower-cased.
 */
final class ExpressionReader {
    /** Not worth reading on: too deep, or too much to try. */
    static final class Hopeless extends JemmaException {
        private static final long serialVersionUID = 1L;

        Hopeless() {
            super("not worth reading on");
        }
    }

    private static final int DEEPEST = 120;
    private static final int MOST_STEPS = 200_000;

    private final List<Token> tokens;
    private final boolean complex;
    private final Map<Integer, Optional<Node>> sums = new HashMap<>();
    private final Map<Integer, Integer> ends = new HashMap<>();
    private int at;
    private int depth;
    private int steps;

    /** @param complex whether unknowns may be complex; such an unknown is never equal to a real one */
    ExpressionReader(List<Token> tokens, boolean complex) {
        this.tokens = List.copyOf(tokens);
        this.complex = complex;
    }

    int at() {
        return at;
    }

    void back(int to) {
        at = to;
    }

    Token peek() {
        if (++steps > MOST_STEPS) {
            throw new Hopeless();
        }
        return tokens.get(at);
    }

    boolean is(String mark) {
        Token token = peek();
        return token.kind() == Kind.MARK && token.text().equals(mark);
    }

    boolean take(String mark) {
        boolean here = is(mark);
        at += here ? 1 : 0;
        return here;
    }

    boolean takes(Kind kind) {
        boolean here = peek().kind() == kind;
        at += here ? 1 : 0;
        return here;
    }

    private <T> Optional<T> fail(int start) {
        at = start;
        return Optional.empty();
    }

    private void deeper() {
        if (++depth > DEEPEST) {
            throw new Hopeless();
        }
    }

    /** A sum. */
    Optional<Node> expression() {
        int start = at;
        if (sums.containsKey(start)) {
            at = ends.getOrDefault(start, start);
            return sums.getOrDefault(start, Optional.empty());
        }
        deeper();
        Optional<Node> sum = product(true);
        while (sum.isPresent() && (is("+") || is("-"))) {
            int before = at;
            boolean minus = take("-") || !take("+");
            Optional<Node> next = product(true);
            if (next.isEmpty()) {
                at = before;
                break;
            }
            sum = Optional.of(new Node.Add(sum.get(), minus ? Nodes.negative(next.get()) : next.get()));
        }
        depth--;
        sums.put(start, sum);
        ends.put(start, at);
        return sum;
    }

    private Optional<Node> product(boolean functions) {
        Optional<Node> product = signed(functions);
        while (product.isPresent() && (is("*") || is("/"))) {
            int before = at;
            boolean times = take("*") || !take("/");
            Optional<Node> next = signed(functions);
            if (next.isEmpty()) {
                at = before;
                break;
            }
            Node a = product.get();
            Node b = next.get();
            product = Optional.of(times ? new Node.Mul(a, b) : quotient(a, b));
        }
        return product;
    }

    private static Node quotient(Node a, Node b) {
        return Nodes.isInteger(a) && Nodes.isInteger(b)
                ? Nodes.rational(Nodes.ratio(a, b)).map(Nodes::of).orElse(Nodes.ratio(a, b))
                : new Node.Mul(a, Node.inverse(b));
    }

    private Optional<Node> signed(boolean functions) {
        int start = at;
        if (is("+") || is("-")) {
            deeper();
            boolean minus = take("-") || !take("+");
            Optional<Node> inner = signed(functions);
            depth--;
            return inner.isEmpty() ? fail(start) : minus ? inner.map(Nodes::negative) : inner;
        }
        List<Node> factors = new ArrayList<>();
        for (Optional<Node> next = factor(true); next.isPresent(); next = factor(functions)) {
            factors.add(next.get());
        }
        if (factors.isEmpty()) {
            return fail(start);
        }
        Node product = factors.getLast();
        for (int i = factors.size() - 2; i >= 0; i--) {
            product = sideBySide(factors.get(i), product);
        }
        return Optional.of(product);
    }

    private static Node sideBySide(Node a, Node b) {
        Optional<Rational> part = Nodes.rational(b).filter(value -> value.signum() > 0);
        Optional<Rational> whole = Nodes.isInteger(a) ? Nodes.rational(a) : Optional.empty();
        return whole.flatMap(w -> part.flatMap(p -> w.plus(w.signum() < 0 ? p.negative() : p)))
                .map(Nodes::of)
                .orElseGet(() -> new Node.Mul(a, b));
    }

    private Optional<Node> factor(boolean functions) {
        int start = at;
        Optional<Node> base = component(functions);
        while (base.isPresent() && is("^")) {
            int before = at;
            at++;
            Optional<Node> exponent = is("{") ? between("{", "}") : atom();
            if (exponent.isEmpty()) {
                at = before;
                break;
            }
            subscript();
            base = Optional.of(new Node.Pow(base.get(), exponent.get()));
        }
        while (base.isPresent() && (is("!") || is("degree"))) {
            boolean factorial = take("!") || !take("degree");
            base = factorial ? Optional.of(new Node.Call("factorial", List.of(base.get()))) : base;
        }
        return base.isEmpty() ? fail(start) : base;
    }

    /** An expression in brackets. */
    Optional<Node> between(String open, String close) {
        int start = at;
        if (take(open)) {
            Optional<Node> inner = expression();
            if (inner.isPresent() && take(close)) {
                return inner;
            }
        }
        return fail(start);
    }

    private Optional<Node> component(boolean functions) {
        Token token = peek();
        if (token.kind() == Kind.MARK) {
            Optional<Node> group = group(token.text());
            if (group.isPresent()) {
                return group;
            }
        }
        Optional<Node> function = functions ? function(token) : Optional.empty();
        return function.isPresent() ? function : atom();
    }

    private Optional<Node> group(String open) {
        return switch (open) {
            case "(" -> between("(", ")");
            case "{" -> between("{", "}").or(this::choose);
            case "[" -> between("[", "]");
            case "\\{" -> between("\\{", "\\}");
            case "\\lgroup" -> between("\\lgroup", "\\rgroup");
            case "|" -> between("|", "|").map(inner -> new Node.Call("abs", List.of(inner)));
            case "\\lfloor" -> between("\\lfloor", "\\rfloor").map(inner -> new Node.Call("floor", List.of(inner)));
            case "\\lceil" -> between("\\lceil", "\\rceil").map(inner -> new Node.Call("ceiling", List.of(inner)));
            case "\\boxed", "\\phantom" -> {
                int start = at++;
                Optional<Node> inner = between("{", "}");
                yield inner.isEmpty() ? fail(start) : inner;
            }
            case "\\frac" -> two(ExpressionReader::quotient);
            case "\\binom" -> two((n, k) -> new Node.Call("binomial", List.of(n, k)));
            default -> Optional.empty();
        };
    }

    private Optional<Node> choose() {
        int start = at++;
        Optional<Node> n = expression();
        Optional<Node> k = n.isPresent() && take("\\choose") ? expression() : Optional.empty();
        return k.isPresent() && take("}")
                ? Optional.of(new Node.Call("binomial", List.of(n.get(), k.get())))
                : fail(start);
    }

    private interface OfTwo {
        Node of(Node a, Node b);
    }

    private Optional<Node> two(OfTwo made) {
        int start = at++;
        Optional<Node> a = between("{", "}");
        Optional<Node> b = a.isPresent() ? between("{", "}") : Optional.empty();
        return b.isPresent() ? Optional.of(made.of(a.get(), b.get())) : fail(start);
    }

    private Optional<Node> function(Token token) {
        int start = at;
        Optional<Node> found = switch (token.kind()) {
            case FUNCTION -> named(token.text());
            case LETTER, SYMBOL -> unknownFunction();
            case MARK ->
                switch (token.text()) {
                    case "\\sqrt" -> root();
                    case "e" -> exponential();
                    default -> Optional.empty();
                };
            default -> Optional.empty();
        };
        return found.isEmpty() ? fail(start) : found;
    }

    private Optional<Node> exponential() {
        at++;
        Optional<Node> exponent = superscript();
        return Optional.of(
                exponent.<Node>map(power -> new Node.Pow(Constants.E, power)).orElse(Constants.E));
    }

    private Optional<Node> root() {
        at++;
        Optional<Node> degree = between("[", "]");
        Node exponent = degree.map(n -> quotient(Node.of(1), n)).orElse(Nodes.ratio(Node.of(1), Node.of(2)));
        return between("{", "}").map(inner -> new Node.Pow(inner, exponent));
    }

    private Optional<Node> named(String name) {
        at++;
        Optional<Node> base = subscript();
        Optional<Node> power = superscript();
        if (base.isEmpty()) {
            base = subscript();
        }
        int start = at;
        Optional<Node> argument = between("(", ")");
        if (argument.isEmpty()) {
            at = start;
            argument = product(false);
        }
        if (argument.isEmpty()) {
            return Optional.empty();
        }
        boolean inverse = power.equals(Optional.of(Node.of(-1)))
                && List.of("sin", "cos", "tan", "csc", "sec", "cot", "sinh", "cosh", "tanh")
                        .contains(name);
        Node of = argument.get();
        Node call = switch (name) {
            case "log" -> logarithm(of, base.orElse(Node.of(10)));
            case "ln" -> logarithm(of, base.orElse(Constants.E));
            case "ceil" -> new Node.Call("ceiling", List.of(of));
            default -> new Node.Call(inverse ? "a" + name : name.replaceFirst("^arc?", "a"), List.of(of));
        };
        return Optional.of(power.isPresent() && !inverse ? new Node.Pow(call, power.get()) : call);
    }

    private static Node logarithm(Node of, Node base) {
        Node log = new Node.Call("log", List.of(of));
        return base.equals(Constants.E) ? log : new Node.Mul(log, Node.inverse(new Node.Call("log", List.of(base))));
    }

    /** A name with one argument that is a letter or number, or with several. */
    private Optional<Node> unknownFunction() {
        String name = name();
        Optional<Node> power = superscript();
        for (List<String> brackets : List.of(List.of("(", ")"), List.of("[", "]"))) {
            int start = at;
            boolean braced = take("{");
            if (take(brackets.getFirst())) {
                Optional<List<Node>> arguments = arguments();
                if (arguments.isPresent() && take(brackets.get(1)) && (!braced || take("}"))) {
                    Node call = new Node.Call("?" + name, arguments.get());
                    return Optional.of(
                            power.<Node>map(p -> new Node.Pow(call, p)).orElse(call));
                }
            }
            at = start;
        }
        return Optional.empty();
    }

    private Optional<List<Node>> arguments() {
        int start = at;
        Optional<Node> alone = atom();
        if (alone.isPresent() && (is(")") || is("]"))) {
            return Optional.of(List.of(alone.get()));
        }
        at = start;
        List<Node> all = new ArrayList<>();
        Optional<Node> next = expression();
        while (next.isPresent()) {
            all.add(next.get());
            next = take(",") ? expression() : Optional.empty();
        }
        return all.size() > 1 ? Optional.of(all) : fail(start);
    }

    private Optional<Node> subscript() {
        return scripted("_");
    }

    private Optional<Node> superscript() {
        return scripted("^");
    }

    private Optional<Node> scripted(String mark) {
        int start = at;
        if (take(mark)) {
            Optional<Node> inner = is("{") ? between("{", "}") : atom();
            if (inner.isPresent()) {
                return inner;
            }
        }
        return fail(start);
    }

    /** A letter or sign with its index. */
    private String name() {
        StringBuilder name = new StringBuilder(peek().text());
        at++;
        int start = at;
        if (take("_")) {
            int from = at;
            boolean braces = take("{");
            Optional<Node> inner = braces ? indices() : atom();
            if (inner.isPresent() && (!braces || take("}"))) {
                StringBuilder index = new StringBuilder();
                tokens.subList(from, at).stream()
                        .map(Token::text)
                        .filter(text -> !text.equals("{") && !text.equals("}"))
                        .forEach(index::append);
                return name.append('_').append(index).toString();
            }
            at = start;
        }
        return name.toString();
    }

    private Optional<Node> indices() {
        Optional<Node> one = expression();
        while (one.isPresent() && take(",")) {
            one = expression();
        }
        return one;
    }

    /** A letter, sign or number with index and exponent. */
    Optional<Node> atom() {
        Token token = peek();
        return switch (token.kind()) {
            case LETTER, SYMBOL -> {
                Node symbol = symbol(name());
                Optional<Node> power = superscript();
                yield Optional.of(power.<Node>map(p -> new Node.Pow(symbol, p)).orElse(symbol));
            }
            case NUMBER -> {
                at++;
                subscript();
                yield Optional.of(number(token.text()));
            }
            // The reference fails at a percent sign inside a formula; one behind it counts (LatexSpans).
            case PERCENT -> throw new Hopeless();
            case MARK ->
                switch (token.text()) {
                    case "E" -> {
                        at++;
                        yield Optional.of(symbol("E"));
                    }
                    case "\\infty" -> {
                        at++;
                        yield Optional.of(new Node.Infinity());
                    }
                    default -> Optional.empty();
                };
            default -> Optional.empty();
        };
    }

    /** A name as an unknown, or as the constant that it is. */
    Node symbol(String name) {
        String small = name.toLowerCase(Locale.ROOT);
        return switch (small) {
            case "pi" -> Constants.PI;
            case "gamma" -> Constants.GAMMA;
            default -> name.equals("I") ? Constants.I : new Node.Sym(complex ? small + COMPLEX : small);
        };
    }

    /** What the names of complex unknowns end with. */
    static final String COMPLEX = "\u2102";

    private static Node number(String text) {
        BigDecimal value = new BigDecimal(text);
        return new Node.Num(text.contains("E") && value.scale() <= 0 ? value.setScale(1) : value);
    }
}
