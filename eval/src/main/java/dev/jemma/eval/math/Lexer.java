package dev.jemma.eval.math;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** LaTeX to tokens: the longest match, spaces left out. A character that is no token spoils the text only if it is reached. */
final class Lexer {
    /** What a token is. */
    enum Kind {
        LETTER,
        SYMBOL,
        DIGIT,
        DIFFERENTIAL,
        FUNCTION,
        RELATION,
        MARK,
        WRONG,
        END
    }

    /** A token and its text; of a command without the backslash, of a relation or mark its name. */
    record Token(Kind kind, String text) {}

    private static final Set<String> SPACES = Set.of(
            "thinspace",
            "medspace",
            "thickspace",
            "quad",
            "qquad",
            "negthinspace",
            "negmedspace",
            "negthickspace",
            "left",
            "right",
            "vrule",
            "vcenter",
            "vbox",
            "vskip",
            "vspace",
            "hfil");
    private static final Set<String> FUNCTIONS = Set.of(
            "exp", "log", "lg", "ln", "sin", "cos", "tan", "csc", "sec", "cot", "arcsin", "arccos", "arctan", "arccsc",
            "arcsec", "arccot", "sinh", "cosh", "tanh", "arsinh", "arcosh", "artanh");
    private static final Set<String> RELATIONS =
            Set.of("neq", "leq", "le", "leqq", "leqslant", "geq", "ge", "geqq", "geqslant");
    private static final Set<String> MARKS = Set.of(
            "sqrt",
            "overline",
            "binom",
            "dbinom",
            "tbinom",
            "mathit",
            "lfloor",
            "rfloor",
            "lceil",
            "rceil",
            "langle",
            "rangle",
            "lim",
            "int",
            "sum",
            "prod",
            "to",
            "rightarrow",
            "Rightarrow",
            "longrightarrow",
            "Longrightarrow");
    private static final Map<String, String> RENAMED =
            Map.of("frac", "frac", "dfrac", "frac", "tfrac", "frac", "times", "*", "cdot", "*", "div", "/");
    private static final String SKIPPED_AFTER_BACKSLASH = ",:;!*-./\"(=";

    private final String text;
    private int at;

    private Lexer(String text) {
        this.text = text;
    }

    static List<Token> tokens(String text) {
        Lexer lexer = new Lexer(text);
        List<Token> tokens = new ArrayList<>();
        while (lexer.at < text.length()) {
            lexer.next(tokens);
        }
        tokens.add(new Token(Kind.END, ""));
        return tokens;
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    private int lettersFrom(int from) {
        int end = from;
        while (end < text.length() && isLetter(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private void next(List<Token> tokens) {
        char c = text.charAt(at);
        if (isSpace(c)) {
            at++;
        } else if (c == '\\') {
            command(tokens);
        } else if (c == 'd' && differential(tokens)) {
            return;
        } else if (isLetter(c)) {
            tokens.add(new Token(Kind.LETTER, text.substring(at, ++at)));
        } else if (c >= '0' && c <= '9') {
            tokens.add(new Token(Kind.DIGIT, text.substring(at, ++at)));
        } else if (c == '&' || c == '=') {
            equal(tokens, c);
        } else if (c == '<' || c == '>') {
            at++;
            tokens.add(new Token(Kind.RELATION, String.valueOf(c)));
        } else if (c == '\'') {
            int from = at;
            while (at < text.length() && text.charAt(at) == '\'') {
                at++;
            }
            tokens.add(new Token(Kind.MARK, text.substring(from, at)));
        } else {
            at++;
            boolean known = "+-*/(){}[]|_^:!,.".indexOf(c) >= 0;
            tokens.add(new Token(known ? Kind.MARK : Kind.WRONG, String.valueOf(c)));
        }
    }

    private void equal(List<Token> tokens, char c) {
        int end = at + 1;
        if (c == '&') {
            while (end < text.length() && isSpace(text.charAt(end))) {
                end++;
            }
            boolean equal = end < text.length() && text.charAt(end) == '=';
            tokens.add(equal ? new Token(Kind.RELATION, "=") : new Token(Kind.WRONG, "&"));
            at = equal ? end + 1 : at + 1;
            return;
        }
        tokens.add(new Token(Kind.RELATION, "="));
        while (end < text.length() && isSpace(text.charAt(end))) {
            end++;
        }
        at = end < text.length() && text.charAt(end) == '&' ? end + 1 : at + 1;
    }

    /** A d with a letter or command behind it is one token, also in the midst of a word. */
    private boolean differential(List<Token> tokens) {
        int end = at + 1;
        while (end < text.length() && isSpace(text.charAt(end))) {
            end++;
        }
        int from = end;
        if (end < text.length() && text.charAt(end) == '\\') {
            from = end + 1;
            end = lettersFrom(from);
        } else if (end < text.length() && isLetter(text.charAt(end))) {
            end++;
        }
        if (end == from) {
            return false;
        }
        tokens.add(new Token(Kind.DIFFERENTIAL, text.substring(from, end)));
        at = end;
        return true;
    }

    private void command(List<Token> tokens) {
        int end = lettersFrom(at + 1);
        String name = text.substring(at + 1, end);
        if (name.isEmpty()) {
            char c = end < text.length() ? text.charAt(end) : ' ';
            if (SKIPPED_AFTER_BACKSLASH.indexOf(c) < 0) {
                boolean brace = c == '{' || c == '}';
                tokens.add(new Token(brace ? Kind.MARK : Kind.WRONG, "\\" + c));
            }
            at = Math.min(text.length(), end + 1);
            return;
        }
        at = end;
        if (end < text.length() && text.charAt(end) == '|' && (name.equals("left") || name.equals("right"))) {
            at++;
            tokens.add(new Token(Kind.MARK, "\\" + name + "|"));
        } else if (RENAMED.containsKey(name)) {
            tokens.add(new Token(Kind.MARK, RENAMED.getOrDefault(name, name)));
        } else if (FUNCTIONS.contains(name)) {
            tokens.add(new Token(Kind.FUNCTION, name));
        } else if (RELATIONS.contains(name)) {
            tokens.add(new Token(Kind.RELATION, name));
        } else if (MARKS.contains(name)) {
            tokens.add(new Token(Kind.MARK, name));
        } else if (!SPACES.contains(name)) {
            tokens.add(new Token(Kind.SYMBOL, name));
        }
    }
}
