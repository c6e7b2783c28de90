package dev.jemma.eval.math;

import dev.jemma.eval.math.AnswerLexer.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Reads an answer in LaTeX: an expression, several of them, a set, interval, point, matrix, or relations among these.
 * Where a text can be read in several ways the first of these holds: an unknown and what it is; elements with commas and
 * semicolons between; sets and what is made of them.
 */
final class AnswerParser {
    private static final int MOST_CHARS = 4000;
    private static final Pattern WITH_COMMAS = Pattern.compile("\\s*-?\\d{1,3}(,\\d{3})+(\\.\\d+)?\\s*");

    private static final Pattern COMPLEX = Pattern.compile(
            "\\\\mathbb\\{C\\}|\\\\i\\b|\\bi\\b|\\\\text\\{i\\}|\\\\mathrm\\{i\\}"
                    + "|\\\\imath\\b|\\\\det|\\\\operatorname\\{(?:tr|rank|Re|Im)\\}|\\\\text\\{(?:rank|Re|Im)\\}|\\\\(?:arg|Re|Im)\\{");

    private final ExpressionReader in;

    private AnswerParser(ExpressionReader in) {
        this.in = in;
    }

    /** What it says; empty if it cannot be read. */
    static Optional<Value> parse(String latex) {
        if (latex.length() > MOST_CHARS) {
            return Optional.empty();
        }
        try {
            var tokens = AnswerLexer.tokens(latex);
            ExpressionReader in =
                    new ExpressionReader(tokens, COMPLEX.matcher(latex).find());
            return new AnswerParser(in).answer(latex);
        } catch (AnswerLexer.Unknown | ExpressionReader.Hopeless | ArithmeticException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private Optional<Value> answer(String latex) {
        Optional<Value> assigned = whole(this::assignment);
        if (assigned.isPresent()) {
            return assigned;
        }
        Optional<Value> elements = whole(() -> elements(true).map(AnswerParser::together));
        if (elements.isPresent()) {
            return WITH_COMMAS.matcher(latex).matches()
                    ? Optional.of(new Value.Expression(withCommas(latex)))
                    : elements;
        }
        return whole(this::setRelation);
    }

    private static Node withCommas(String latex) {
        String text = dev.jemma.eval.metric.PythonText.strip(latex);
        boolean decimal = text.startsWith("0");
        return new Node.Num(new java.math.BigDecimal(text.replace(",", decimal ? "." : "")));
    }

    private <T> Optional<T> whole(Supplier<Optional<T>> rule) {
        in.back(0);
        return rule.get().filter(_ -> in.peek().kind() == Kind.END);
    }

    private <T> Optional<T> fail(int start) {
        in.back(start);
        return Optional.empty();
    }

    /** Such as x = 3, x = 1, 2 or (x, y) = (1, 2). */
    private Optional<Value> assignment() {
        Optional<Value> left = names();
        if (left.isEmpty() || !(in.take("=") || in.take("\\in"))) {
            return Optional.empty();
        }
        Value name = left.get();
        return elements(false).map(all -> new Value.Relation(Value.Relation.Kind.EQUAL, name, together(all)));
    }

    private Optional<Value> names() {
        int start = in.at();
        if (!in.take("(")) {
            return name();
        }
        List<Value> all = new ArrayList<>();
        do {
            Optional<Value> next = name();
            if (next.isEmpty()) {
                return fail(start);
            }
            all.add(next.get());
        } while (in.take(","));
        if (!in.take(")")) {
            return fail(start);
        }
        return Optional.of(all.size() == 1 ? all.getFirst() : new Value.Row(all));
    }

    private Optional<Value> name() {
        Kind kind = in.peek().kind();
        return kind == Kind.LETTER || kind == Kind.SYMBOL ? in.atom().map(Value.Expression::new) : Optional.empty();
    }

    /** Lists between semicolons of elements between commas. */
    private Optional<List<List<Value>>> elements(boolean relations) {
        int start = in.at();
        List<List<Value>> lists = new ArrayList<>();
        do {
            List<Value> list = new ArrayList<>();
            do {
                Optional<List<Value>> next = element(relations);
                if (next.isEmpty()) {
                    return fail(start);
                }
                list.addAll(next.get());
            } while (in.take(","));
            lists.add(list);
        } while (in.take(";"));
        return Optional.of(lists);
    }

    private static Value together(List<List<Value>> lists) {
        if (lists.size() == 1) {
            List<Value> list = lists.getFirst();
            return list.size() == 1 ? list.getFirst() : new Value.Items(list);
        }
        boolean single = lists.stream().allMatch(list -> list.size() == 1);
        return new Value.Items(lists.stream()
                .map(list -> single ? list.getFirst() : new Value.Row(list))
                .toList());
    }

    private Optional<List<Value>> element(boolean relations) {
        int start = in.at();
        Optional<List<Value>> two = plusOrMinus();
        if (two.isPresent() && ends()) {
            return two;
        }
        in.back(start);
        Optional<Value> set = setAtom().or(this::matrix);
        if (set.isPresent() && ends()) {
            return set.map(List::of);
        }
        in.back(start);
        Optional<Value> one = relations ? relation() : in.expression().map(Value.Expression::new);
        return one.isPresent() && ends() ? one.map(List::of) : fail(start);
    }

    private boolean ends() {
        return in.peek().kind() == Kind.END
                || in.is(",")
                || in.is(";")
                || in.is(")")
                || in.is("]")
                || in.is("}")
                || in.is("\\}")
                || in.is("\\)");
    }

    private Optional<List<Value>> plusOrMinus() {
        int start = in.at();
        Optional<Node> left = in.is("\\pm") ? Optional.of(Node.of(0)) : in.expression();
        boolean alone = in.at() == start;
        Optional<Node> right = left.isPresent() && in.take("\\pm") ? in.expression() : Optional.empty();
        if (right.isEmpty()) {
            return fail(start);
        }
        Node more = right.get();
        Node less = Nodes.negative(more);
        return Optional.of(
                alone
                        ? List.of(new Value.Expression(less), new Value.Expression(more))
                        : List.of(
                                new Value.Expression(new Node.Add(left.get(), more)),
                                new Value.Expression(new Node.Add(left.get(), less))));
    }

    private Optional<Value> side() {
        return matrix().or(() -> in.expression().map(Value.Expression::new));
    }

    private Optional<Value> relation() {
        int start = in.at();
        Optional<Value> first = side();
        if (first.isEmpty()) {
            return fail(start);
        }
        Value left = first.get();
        List<Value.Relation> chain = new ArrayList<>();
        while (true) {
            boolean near = in.is("\\approx");
            Optional<Value.Relation.Kind> kind = kind();
            if (kind.isEmpty() && !near) {
                break;
            }
            in.back(in.at() + 1);
            Optional<Value> next = side();
            if (next.isEmpty() || (near && !chain.isEmpty())) {
                return fail(start);
            }
            Value right = next.get();
            if (near) {
                left = Names.only(left) ? right : left;
                continue;
            }
            chain.add(new Value.Relation(kind.get(), left, right));
            left = right;
        }
        return Optional.of(chain.isEmpty() ? left : chain.size() == 1 ? chain.getFirst() : new Value.Chain(chain));
    }

    private Optional<Value.Relation.Kind> kind() {
        if (in.peek().kind() != Kind.MARK) {
            return Optional.empty();
        }
        return switch (in.peek().text()) {
            case "=", "==" -> Optional.of(Value.Relation.Kind.EQUAL);
            case "\\ne" -> Optional.of(Value.Relation.Kind.UNEQUAL);
            case "<" -> Optional.of(Value.Relation.Kind.LESS);
            case "\\le" -> Optional.of(Value.Relation.Kind.AT_MOST);
            case ">" -> Optional.of(Value.Relation.Kind.MORE);
            case "\\ge" -> Optional.of(Value.Relation.Kind.AT_LEAST);
            default -> Optional.empty();
        };
    }

    private Optional<Value> setRelation() {
        int start = in.at();
        Optional<Value> name = names();
        if (name.isPresent() && (in.take("=") || in.take("\\in"))) {
            Value left = name.get();
            return setRelation().map(set -> new Value.Relation(Value.Relation.Kind.EQUAL, left, set));
        }
        in.back(start);
        return joined(0);
    }

    private static final List<String> JOINS = List.of("\\setminus", "\\cup", "\\cap");
    private static final List<Value.Join.Way> KINDS =
            List.of(Value.Join.Way.DIFFERENCE, Value.Join.Way.UNION, Value.Join.Way.INTERSECTION);

    private Optional<Value> joined(int level) {
        if (level == JOINS.size()) {
            return setGroup();
        }
        Optional<Value> left = joined(level + 1);
        while (left.isPresent() && in.take(JOINS.get(level))) {
            Value a = left.get();
            left = joined(level + 1).map(b -> new Value.Join(KINDS.get(level), set(a), set(b)));
        }
        return left;
    }

    private static Value set(Value value) {
        return value instanceof Value.Row(var elements) ? new Value.Items(elements) : value;
    }

    private Optional<Value> setGroup() {
        int start = in.at();
        if (in.take("(")) {
            Optional<Value> inner = joined(0);
            if (inner.isPresent() && in.take(")") && !(inner.get() instanceof Value.Expression)) {
                return inner;
            }
        }
        in.back(start);
        return setAtom();
    }

    private Optional<Value> setAtom() {
        return interval().or(this::named).or(this::row).or(this::braces);
    }

    private Optional<Value> interval() {
        int start = in.at();
        boolean open = in.is("(") || in.is("\\(") || in.is("\\lgroup");
        if (!open && !in.is("[")) {
            return Optional.empty();
        }
        in.back(start + 1);
        Optional<Node> low = in.expression();
        Optional<Node> high = low.isPresent() && in.take(",") ? in.expression() : Optional.empty();
        boolean openHigh = in.is(")") || in.is("\\)") || in.is("\\rgroup");
        if (high.isEmpty() || !(openHigh || in.is("]"))) {
            return fail(start);
        }
        in.back(in.at() + 1);
        return Optional.of(Spans.of(low.get(), high.get(), open, openHigh));
    }

    private Optional<Value> named() {
        int start = in.at();
        if (in.peek().kind() == Kind.NAMED_SET) {
            String name = in.peek().text();
            in.back(start + 1);
            return name.equals("P")
                    ? fail(start)
                    : Optional.of(name.isEmpty() ? new Value.Items(List.of()) : new Value.Named(name));
        }
        return in.take("{") && in.take("}") ? Optional.of(new Value.Items(List.of())) : fail(start);
    }

    private Optional<Value> row() {
        for (List<String> brackets : List.of(List.of("(", ")"), List.of("\\(", "\\)"), List.of("[", "]"))) {
            int start = in.at();
            if (in.take(brackets.getFirst())) {
                Optional<List<List<Value>>> lists = elements(true);
                if (lists.isPresent() && in.take(brackets.get(1))) {
                    List<Value> all = lists.get().stream().flatMap(List::stream).toList();
                    return Optional.of(all.size() == 1 ? all.getFirst() : new Value.Row(all));
                }
            }
            in.back(start);
        }
        return Optional.empty();
    }

    private Optional<Value> braces() {
        int start = in.at();
        boolean boxed = in.take("\\boxed");
        boolean visible = !boxed && in.is("\\{");
        if (in.take(visible ? "\\{" : "{")) {
            Optional<List<List<Value>>> lists = elements(true);
            if (lists.isPresent() && in.take(visible ? "\\}" : "}")) {
                return Optional.of(
                        boxed
                                ? together(lists.get())
                                : new Value.Items(lists.get().stream()
                                        .flatMap(List::stream)
                                        .toList()));
            }
        }
        return fail(start);
    }

    private Optional<Value> matrix() {
        int start = in.at();
        if (in.peek().kind() != Kind.MATRIX || in.peek().text().equals("det")) {
            return Optional.empty();
        }
        String kind = in.peek().text();
        in.back(start + 1);
        List<List<Node>> rows = new ArrayList<>();
        do {
            if (!rows.isEmpty() && in.peek().kind() == Kind.END_MATRIX) {
                break;
            }
            List<Node> row = new ArrayList<>();
            do {
                Optional<Node> cell = in.expression();
                if (cell.isEmpty()) {
                    return fail(start);
                }
                row.add(cell.get());
            } while (in.take("&"));
            rows.add(row);
        } while (in.take("\\\\"));
        boolean even =
                rows.stream().allMatch(row -> row.size() == rows.getFirst().size());
        boolean closed = in.peek().kind() == Kind.END_MATRIX && in.peek().text().equals(kind);
        if (!even || !closed) {
            return fail(start);
        }
        in.back(in.at() + 1);
        return Optional.of(new Value.Matrix(rows));
    }
}
