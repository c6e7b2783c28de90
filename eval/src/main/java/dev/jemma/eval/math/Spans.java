package dev.jemma.eval.math;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Sets of real numbers as stretches of the line, each between two numbers, in order and apart from each other. */
record Spans(List<Spans.Stretch> stretches) {
    /** From one number to another; both the same and closed for a single number. */
    record Stretch(double low, double high, boolean openLow, boolean openHigh) {
        boolean isEmpty() {
            return low > high || (low == high && (openLow || openHigh));
        }
    }

    private static final double NEAR = 1e-12;

    Spans {
        stretches = List.copyOf(stretches);
    }

    /** An interval; a pair where it would be none, a single number where it is one. */
    static Value of(Node low, Node high, boolean openLow, boolean openHigh) {
        OptionalDouble a = real(low);
        OptionalDouble b = real(high);
        if (a.isEmpty() || b.isEmpty()) {
            return new Value.Span(low, high, openLow, openHigh);
        }
        double from = a.getAsDouble();
        double to = b.getAsDouble();
        if ((openLow && openHigh && to <= from) || (!openLow && !openHigh && to < from)) {
            return new Value.Row(List.of(new Value.Expression(low), new Value.Expression(high)));
        }
        if (to < from || (to == from && openLow != openHigh)) {
            return new Value.Items(List.of());
        }
        return to == from
                ? new Value.Items(List.of(new Value.Expression(low)))
                : new Value.Span(low, high, openLow || Double.isInfinite(from), openHigh || Double.isInfinite(to));
    }

    /** The real number that an expression without unknowns is, infinite ones too. */
    static OptionalDouble real(Node node) {
        if (node instanceof Node.Infinity) {
            return OptionalDouble.of(Double.POSITIVE_INFINITY);
        }
        if (node.equals(Nodes.negative(new Node.Infinity()))) {
            return OptionalDouble.of(Double.NEGATIVE_INFINITY);
        }
        if (Symbols.of(node).stream().anyMatch(name -> !Constants.isConstant(name)) || Symbols.isBeyondNumbers(node)) {
            return OptionalDouble.empty();
        }
        Complex value = new NearValue(Constants.VALUES).of(node);
        return value.isFinite() && Math.abs(value.im()) <= NEAR * Math.max(1, value.abs())
                ? OptionalDouble.of(value.re())
                : OptionalDouble.empty();
    }

    /** The set as stretches; empty if it is none of real numbers, or holds unknowns. */
    static Optional<Spans> of(Value value) {
        return switch (value) {
            case Value.Expression(Node node) -> single(node);
            case Value.Items(List<Value> elements) -> {
                Optional<Spans> all = Optional.of(new Spans(List.of()));
                for (Value element : elements) {
                    Optional<Spans> one = element instanceof Value.Expression ? of(element) : Optional.empty();
                    all = all.flatMap(before -> one.map(before::or));
                }
                yield all;
            }
            case Value.Span(Node low, Node high, boolean openLow, boolean openHigh) -> {
                OptionalDouble a = real(low);
                OptionalDouble b = real(high);
                yield a.isPresent() && b.isPresent()
                        ? Optional.of(
                                new Spans(List.of(new Stretch(a.getAsDouble(), b.getAsDouble(), openLow, openHigh)))
                                        .tidy())
                        : Optional.empty();
            }
            case Value.Join(var kind, Value left, Value right) ->
                of(left).flatMap(a -> of(right).map(b -> switch (kind) {
                    case UNION -> a.or(b);
                    case INTERSECTION -> a.and(b);
                    case DIFFERENCE -> a.and(b.not());
                }));
            case Value.Named(String name) ->
                name.equals("R") ? Optional.of(new Spans(List.of()).not()) : Optional.empty();
            case Value.Relation relation -> solved(relation);
            case Value.Chain(List<Value.Relation> relations) -> {
                Optional<Spans> all = Optional.of(new Spans(List.of()).not());
                for (Value.Relation relation : relations) {
                    Optional<Spans> one = solved(relation);
                    all = all.flatMap(before -> one.map(before::and));
                }
                yield all;
            }
            case Value.Row _, Value.Matrix _ -> Optional.empty();
        };
    }

    private static Optional<Spans> single(Node node) {
        OptionalDouble at = real(node);
        return at.isPresent() && Double.isFinite(at.getAsDouble())
                ? Optional.of(new Spans(List.of(new Stretch(at.getAsDouble(), at.getAsDouble(), false, false))))
                : Optional.empty();
    }

    /** Where an unknown stands alone on one side and a number on the other. */
    private static Optional<Spans> solved(Value.Relation relation) {
        if (!(relation.left() instanceof Value.Expression(Node a)
                && relation.right() instanceof Value.Expression(Node b))) {
            return Optional.empty();
        }
        boolean turned = Constants.unknown(a).isEmpty();
        OptionalDouble to = real(turned ? a : b);
        if (to.isEmpty() || Constants.unknown(turned ? b : a).isEmpty()) {
            return Optional.empty();
        }
        double at = to.getAsDouble();
        double most = Double.POSITIVE_INFINITY;
        Spans point = new Spans(List.of(new Stretch(at, at, false, false)));
        return Optional.of(
                switch (turned ? relation.kind().turned() : relation.kind()) {
                    case EQUAL -> point;
                    case UNEQUAL -> point.not();
                    case LESS -> new Spans(List.of(new Stretch(-most, at, true, true)));
                    case AT_MOST -> new Spans(List.of(new Stretch(-most, at, true, false)));
                    case MORE -> new Spans(List.of(new Stretch(at, most, true, true)));
                    case AT_LEAST -> new Spans(List.of(new Stretch(at, most, false, true)));
                });
    }

    /** What is in one of the two. */
    Spans or(Spans other) {
        List<Stretch> all = new ArrayList<>(stretches);
        all.addAll(other.stretches);
        return new Spans(all).tidy();
    }

    /** What is in neither. */
    Spans not() {
        List<Stretch> gaps = new ArrayList<>();
        double from = Double.NEGATIVE_INFINITY;
        boolean open = true;
        for (Stretch one : stretches) {
            gaps.add(new Stretch(from, one.low, open, !one.openLow));
            from = one.high;
            open = !one.openHigh;
        }
        gaps.add(new Stretch(from, Double.POSITIVE_INFINITY, open, true));
        return new Spans(gaps).tidy();
    }

    /** What is in both. */
    Spans and(Spans other) {
        return not().or(other.not()).not();
    }

    private Spans tidy() {
        List<Stretch> sorted = new ArrayList<>(stretches.stream()
                .filter(one -> !one.isEmpty() && one.low != Double.POSITIVE_INFINITY)
                .toList());
        sorted.sort(Comparator.comparingDouble(Stretch::low).thenComparing(Stretch::openLow));
        List<Stretch> apart = new ArrayList<>();
        for (Stretch next : sorted) {
            if (apart.isEmpty()) {
                apart.add(next);
                continue;
            }
            Stretch last = apart.removeLast();
            if (next.low < last.high || (next.low == last.high && !(next.openLow && last.openHigh))) {
                boolean further = next.high > last.high;
                boolean same = next.high == last.high;
                boolean openHigh = further ? next.openHigh : same ? last.openHigh && next.openHigh : last.openHigh;
                apart.add(new Stretch(last.low, further ? next.high : last.high, last.openLow, openHigh));
            } else {
                apart.add(last);
                apart.add(next);
            }
        }
        return new Spans(apart);
    }

    /** Whether they are the same, but for the last digits. */
    boolean same(Spans other) {
        if (stretches.size() != other.stretches.size()) {
            return false;
        }
        for (int i = 0; i < stretches.size(); i++) {
            Stretch a = stretches.get(i);
            Stretch b = other.stretches.get(i);
            if (a.openLow != b.openLow || a.openHigh != b.openHigh || !near(a.low, b.low) || !near(a.high, b.high)) {
                return false;
            }
        }
        return true;
    }

    private static boolean near(double a, double b) {
        return a == b || Math.abs(a - b) <= NEAR * Math.max(1, Math.abs(a));
    }
}
