package dev.jemma.eval.math;

import dev.jemma.eval.math.Lexer.Kind;
import dev.jemma.eval.math.Lexer.Token;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads LaTeX as the reference's parser (sympy's {@code parse_latex}) does, with what is odd about it: as much of the
 * text as makes an expression is read and the rest is left ("−1, 2" is −1), letters side by side are factors ("even" too),
 * a letter before a parenthesis is a function, numbers may have commas before three digits, and a mixed number is a
 * product. Derivatives, integrals, limits, bras and kets are not read. Results of every place are kept, so that the time
 * is bounded by the length.
 */
final class LatexParser {
    private static final int MAX_CHARS = 4000;
    private static final int MAX_DEPTH = 120;

    private final List<Token> tokens;
    private final Map<Integer, Optional<Node>> expressions = new HashMap<>();
    private final Map<Integer, Integer> ends = new HashMap<>();
    private int at;
    private int depth;

    /** The text cannot be read. */
    private static final class Unreadable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unreadable(String message) {
            super(message, null, false, false);
        }
    }

    private LatexParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    /** The expression; empty if there is none. */
    static Optional<Node> parse(String latex) {
        if (latex.length() > MAX_CHARS) {
            return Optional.empty();
        }
        try {
            return new LatexParser(Lexer.tokens(latex.strip())).relation();
        } catch (Unreadable e) {
            return Optional.empty();
        }
    }

    private Token peek() {
        Token token = tokens.get(at);
        if (token.kind() == Kind.WRONG) {
            throw new Unreadable(token.text());
        }
        return token;
    }

    private boolean isMark(String text) {
        Token token = peek();
        return token.kind() == Kind.MARK && token.text().equals(text);
    }

    private boolean take(String mark) {
        boolean here = isMark(mark);
        at += here ? 1 : 0;
        return here;
    }

    private Optional<Node> relation() {
        Optional<Node> left = expression();
        if (left.isPresent() && peek().kind() == Kind.RELATION) {
            at++;
            if (expression().isEmpty()) {
                return left;
            }
            boolean chain = peek().kind() == Kind.RELATION;
            return chain ? Optional.empty() : Optional.of(new Node.Relation());
        }
        return left;
    }

    private Optional<Node> expression() {
        int start = at;
        Optional<Node> known = expressions.getOrDefault(start, Optional.empty());
        if (expressions.containsKey(start)) {
            at = ends.getOrDefault(start, start);
            return known;
        }
        if (++depth > MAX_DEPTH) {
            throw new Unreadable("too deep");
        }
        Optional<Node> sum = product(true);
        while (sum.isPresent() && (isMark("+") || isMark("-"))) {
            int before = at;
            boolean minus = isMark("-");
            at++;
            Optional<Node> next = product(true);
            if (next.isEmpty()) {
                at = before;
                break;
            }
            sum = Optional.of(new Node.Add(sum.get(), minus ? Node.negative(next.get()) : next.get()));
        }
        depth--;
        if (sum.isEmpty()) {
            at = start;
        }
        expressions.put(start, sum);
        ends.put(start, at);
        return sum;
    }

    /** @param functions whether a function may stand behind the first factor */
    private Optional<Node> product(boolean functions) {
        Optional<Node> product = signed(functions);
        while (product.isPresent() && (isMark("*") || isMark("/") || isMark(":"))) {
            int before = at;
            boolean times = isMark("*");
            at++;
            Optional<Node> next = signed(functions);
            if (next.isEmpty()) {
                at = before;
                break;
            }
            product = Optional.of(new Node.Mul(product.get(), times ? next.get() : Node.inverse(next.get())));
        }
        return product;
    }

    private Optional<Node> signed(boolean functions) {
        int start = at;
        boolean minus = false;
        while (isMark("+") || isMark("-")) {
            minus ^= isMark("-");
            at++;
        }
        List<Node> factors = new ArrayList<>();
        for (Optional<Node> next = factor(true); next.isPresent(); next = factor(functions)) {
            factors.add(next.get());
        }
        if (factors.isEmpty()) {
            at = start;
            return Optional.empty();
        }
        Node product = sideBySide(factors);
        return Optional.of(minus ? Node.negative(product) : product);
    }

    /** An x between two numbers is a sign of multiplication. */
    private static Node sideBySide(List<Node> factors) {
        int last = factors.size() - 1;
        Node product = factors.get(last);
        for (int i = last - 1; i >= 0; i--) {
            boolean sign = i > 0
                    && factors.get(i).equals(new Node.Sym("x"))
                    && Symbols.of(factors.get(i - 1)).isEmpty()
                    && Symbols.of(factors.get(i + 1)).isEmpty();
            product = sign ? product : new Node.Mul(factors.get(i), product);
        }
        return product;
    }

    private Optional<Node> factor(boolean functions) {
        int start = at;
        Optional<Node> base = component(functions);
        while (base.isPresent() && isMark("^")) {
            int before = at;
            at++;
            Optional<Node> exponent = atomOrBraced();
            if (exponent.isEmpty()) {
                at = before;
                break;
            }
            int end = at;
            if (subscript().isEmpty()) {
                at = end;
            }
            base = Optional.of(new Node.Pow(base.get(), exponent.get()));
        }
        while (base.isPresent() && take("!")) {
            base = Optional.of(new Node.Call("factorial", List.of(base.get())));
        }
        if (base.isEmpty()) {
            at = start;
        }
        return base;
    }

    private Optional<Node> atomOrBraced() {
        return isMark("{") ? between("{", "}") : atom();
    }

    private Optional<Node> between(String open, String close) {
        int start = at;
        if (take(open)) {
            Optional<Node> inner = expression();
            if (inner.isPresent() && take(close)) {
                return inner;
            }
        }
        at = start;
        return Optional.empty();
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
            case "[" -> between("[", "]");
            case "{" -> between("{", "}");
            case "\\{" -> between("\\{", "\\}");
            case "|" -> between("|", "|").map(inner -> new Node.Call("abs", List.of(inner)));
            case "lfloor" -> between("lfloor", "rfloor").map(inner -> new Node.Call("floor", List.of(inner)));
            case "lceil" -> between("lceil", "rceil").map(inner -> new Node.Call("ceiling", List.of(inner)));
            default -> Optional.empty();
        };
    }

    private Optional<Node> function(Token token) {
        int start = at;
        Optional<Node> found = switch (token.kind()) {
            case FUNCTION -> named(token.text());
            case LETTER, SYMBOL -> unknownFunction();
            case MARK ->
                switch (token.text()) {
                    case "sqrt" -> root();
                    case "overline" -> overline();
                    case "sum", "prod" -> series(token.text());
                    default -> Optional.empty();
                };
            default -> Optional.empty();
        };
        if (found.isEmpty()) {
            at = start;
        }
        return found;
    }

    private Optional<Node> overline() {
        at++;
        return between("{", "}").map(inner -> new Node.Call("conjugate", List.of(inner)));
    }

    private Optional<Node> root() {
        at++;
        Optional<Node> degree = between("[", "]");
        Node exponent = Node.inverse(degree.orElse(Node.of(2)));
        return between("{", "}").map(inner -> new Node.Pow(inner, exponent));
    }

    private Optional<Node> named(String name) {
        at++;
        Optional<Node> base = subscript();
        Optional<Node> power = superscript();
        if (base.isEmpty()) {
            base = subscript();
        }
        Optional<Node> argument = argument();
        if (argument.isEmpty() && isDigit(-1) && isDigit(-2)) {
            // The log to base 2 of 8 may be written with digits side by side; the last one is the argument then.
            at--;
            if (power.isPresent()) {
                power = power.map(LatexParser::withoutLastDigit);
            } else {
                base = base.map(LatexParser::withoutLastDigit);
            }
            argument = argument();
        }
        if (argument.isEmpty()) {
            return Optional.empty();
        }
        boolean inverse =
                power.equals(Optional.of(Node.of(-1))) || power.equals(Optional.of(Node.negative(Node.of(1))));
        Node call = switch (name) {
            case "ln", "log" -> logarithm(argument.get(), base);
            case "lg" -> logarithm(argument.get(), Optional.of(base.orElse(Node.of(10))));
            case "sin", "cos", "tan", "csc", "sec", "cot", "sinh", "cosh", "tanh" ->
                new Node.Call(inverse ? "a" + name : name, List.of(argument.get()));
            default -> new Node.Call(name.replaceFirst("^arc?", "a"), List.of(argument.get()));
        };
        boolean inverted = inverse && call instanceof Node.Call(String called, var _) && called.equals("a" + name);
        return Optional.of(power.isPresent() && !inverted ? new Node.Pow(call, power.get()) : call);
    }

    private static Node logarithm(Node argument, Optional<Node> base) {
        Node log = new Node.Call("log", List.of(argument));
        return base.<Node>map(b -> new Node.Mul(log, Node.inverse(new Node.Call("log", List.of(b)))))
                .orElse(log);
    }

    /** Of several arguments in parentheses the reference takes the first. */
    private Optional<Node> argument() {
        Optional<Node> inParentheses = arguments().map(List::getFirst);
        return inParentheses.isPresent() ? inParentheses : product(false);
    }

    private static Node withoutLastDigit(Node node) {
        return node instanceof Node.Num(BigDecimal value)
                ? new Node.Num(value.movePointLeft(1).setScale(0, RoundingMode.DOWN))
                : node;
    }

    private Optional<List<Node>> arguments() {
        int start = at;
        if (take("(")) {
            List<Node> all = new ArrayList<>();
            do {
                Optional<Node> one = expression();
                if (one.isEmpty()) {
                    at = start;
                    return Optional.empty();
                }
                all.add(one.get());
            } while (take(","));
            if (take(")")) {
                return Optional.of(all);
            }
        }
        at = start;
        return Optional.empty();
    }

    private Optional<Node> unknownFunction() {
        String name = name();
        return arguments().map(all -> new Node.Call("?" + name, all));
    }

    private Optional<Node> series(String kind) {
        int start = at++;
        Optional<String> from = equation();
        Optional<Node> to = superscript();
        if (from.isEmpty()) {
            from = equation();
        }
        Optional<Node> body = from.isPresent() && to.isPresent() ? product(true) : Optional.empty();
        // Never evaluated, only compared as it was written.
        return body.map(_ -> new Node.Sym(kind + tokens.subList(start, at)));
    }

    private Optional<String> equation() {
        int start = at;
        if (take("_") && take("{") && expression().isPresent() && peek().kind() == Kind.RELATION) {
            at++;
            if (expression().isPresent() && take("}")) {
                return Optional.of("");
            }
        }
        at = start;
        return Optional.empty();
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
            Optional<Node> inner = atomOrBraced();
            if (inner.isPresent()) {
                return inner;
            }
        }
        at = start;
        return Optional.empty();
    }

    /** A letter or command with its subscript and primes. */
    private String name() {
        StringBuilder name = new StringBuilder(peek().text());
        at++;
        String primes = primes();
        Optional<Node> sub = subscript();
        if (primes.isEmpty()) {
            primes = primes();
        }
        sub.ifPresent(inner -> name.append("_{").append(inner).append('}'));
        return name.append(primes).toString();
    }

    private String primes() {
        Token token = peek();
        if (token.kind() == Kind.MARK && token.text().startsWith("'")) {
            at++;
            return token.text();
        }
        return "";
    }

    private Optional<Node> atom() {
        Token token = peek();
        return switch (token.kind()) {
            case LETTER -> Optional.of(new Node.Sym(name()));
            case SYMBOL -> {
                String name = name();
                yield Optional.of(token.text().equals("infty") ? new Node.Infinity() : new Node.Sym(name));
            }
            case DIGIT -> Optional.of(number());
            case DIFFERENTIAL -> {
                at++;
                yield Optional.of(new Node.Sym("d" + token.text()));
            }
            case MARK ->
                switch (token.text()) {
                    case "frac" -> fraction();
                    case "binom", "dbinom", "tbinom" -> binomial();
                    case "mathit" -> word();
                    default -> Optional.empty();
                };
            default -> Optional.empty();
        };
    }

    private Optional<Node> fraction() {
        int start = at++;
        Optional<Node> upper = digitOrBraced();
        Optional<Node> lower = upper.isPresent() ? digitOrBraced() : Optional.empty();
        if (lower.isEmpty()) {
            at = start;
            return Optional.empty();
        }
        return Optional.of(new Node.Mul(upper.get(), Node.inverse(lower.get())));
    }

    private Optional<Node> digitOrBraced() {
        Token token = peek();
        if (token.kind() == Kind.DIGIT) {
            at++;
            return Optional.of(Node.of(token.text().charAt(0) - '0'));
        }
        return between("{", "}");
    }

    private Optional<Node> binomial() {
        int start = at++;
        Optional<Node> n = between("{", "}");
        Optional<Node> k = n.isPresent() ? between("{", "}") : Optional.empty();
        if (k.isEmpty()) {
            at = start;
            return Optional.empty();
        }
        return Optional.of(new Node.Call("binomial", List.of(n.get(), k.get())));
    }

    private Optional<Node> word() {
        int start = at++;
        StringBuilder word = new StringBuilder();
        if (take("{")) {
            while (peek().kind() == Kind.LETTER) {
                word.append(peek().text());
                at++;
            }
            if (take("}")) {
                return Optional.of(new Node.Sym(word.toString()));
            }
        }
        at = start;
        return Optional.empty();
    }

    private boolean isDigit(int ahead) {
        return at + ahead >= 0
                && at + ahead < tokens.size()
                && tokens.get(at + ahead).kind() == Kind.DIGIT;
    }

    private Node number() {
        StringBuilder digits = new StringBuilder();
        digits(digits, Integer.MAX_VALUE);
        while (isMark(",") && isDigit(1) && isDigit(2) && isDigit(3)) {
            at++;
            digits(digits, 3);
        }
        if (take(".")) {
            if (!isDigit(0)) {
                throw new Unreadable("a point without digits");
            }
            digits.append('.');
            digits(digits, Integer.MAX_VALUE);
            return new Node.Num(new BigDecimal(digits.toString()));
        }
        BigDecimal value = new BigDecimal(digits.toString());
        if (digits.length() > 1 && digits.charAt(0) == '0' && value.signum() != 0) {
            throw new Unreadable("a zero in front");
        }
        return new Node.Num(value);
    }

    private void digits(StringBuilder digits, int most) {
        for (int i = 0; i < most && peek().kind() == Kind.DIGIT; i++) {
            digits.append(peek().text());
            at++;
        }
    }
}
