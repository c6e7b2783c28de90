package dev.jemma.eval.math;

import java.util.List;

/** What an answer says: a number or expression, or several of them in some order or relation. */
sealed interface Value {
    /** An expression. */
    record Expression(Node node) implements Value {}

    /** A set of single things, in the order in which they are written, each once. */
    record Items(List<Value> elements) implements Value {
        public Items {
            elements = List.copyOf(elements).stream().distinct().toList();
        }
    }

    /** Things in order: a point, a vector. */
    record Row(List<Value> elements) implements Value {
        public Row {
            elements = List.copyOf(elements);
        }
    }

    /** All numbers between two. */
    record Span(Node low, Node high, boolean openLow, boolean openHigh) implements Value {}

    /** Two sets put together. */
    record Join(Way kind, Value left, Value right) implements Value {
        /** In what way. */
        enum Way {
            UNION,
            INTERSECTION,
            DIFFERENCE
        }
    }

    /** A set with a name of its own, such as the real numbers. */
    record Named(String name) implements Value {}

    /** Two sides of a relation; an equation is the only one between things other than expressions. */
    record Relation(Kind kind, Value left, Value right) implements Value {
        /** In what way. */
        enum Kind {
            EQUAL,
            UNEQUAL,
            LESS,
            AT_MOST,
            MORE,
            AT_LEAST;

            /** The same with its sides changed. */
            Kind turned() {
                return switch (this) {
                    case LESS -> MORE;
                    case MORE -> LESS;
                    case AT_MOST -> AT_LEAST;
                    case AT_LEAST -> AT_MOST;
                    case EQUAL, UNEQUAL -> this;
                };
            }
        }
    }

    /** Relations one after another, such as 1 &lt; x &lt; 2. */
    record Chain(List<Relation> relations) implements Value {
        public Chain {
            relations = List.copyOf(relations);
        }
    }

    /** Rows of expressions, all of the same length. */
    record Matrix(List<List<Node>> rows) implements Value {
        public Matrix {
            rows = rows.stream().map(List::copyOf).toList();
        }
    }
}
