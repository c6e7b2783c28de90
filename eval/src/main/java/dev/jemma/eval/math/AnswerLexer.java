package dev.jemma.eval.math;

import dev.jemma.JemmaException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokens of an answer in LaTeX: always the longest one, commands too, whatever letters follow them. */
final class AnswerLexer {
    /** What a token is. */
    enum Kind {
        MARK,
        NUMBER,
        PERCENT,
        LETTER,
        SYMBOL,
        FUNCTION,
        MATRIX,
        END_MATRIX,
        NAMED_SET,
        END
    }

    /** A token; a mark has one spelling, a symbol the name of what it stands for. */
    record Token(Kind kind, String text) {}

    /** A character that is in no token. */
    static final class Unknown extends JemmaException {
        private static final long serialVersionUID = 1L;

        Unknown(String message) {
            super(message);
        }
    }

    private static final Pattern NUMBER = Pattern.compile("[0-9]*\\.[0-9]+|[0-9]+");
    private static final Pattern POWER_OF_TEN = Pattern.compile("E[-−∸+∔⊕⊞]?[0-9]+");
    private static final Pattern HUNDREDTHS = Pattern.compile("[ \\t\\r\\n]?(?:\\\\%|%)");
    private static final Pattern DIFFERENTIAL = Pattern.compile("d[ \\t\\r\\n]*?([a-zA-Z]|\\\\[a-zA-Z]+)");
    private static final Pattern ACCENT =
            Pattern.compile("\\\\(acute|bar|overline|breve|check|widecheck|dot|ddot|grave|hat"
                    + "|tilde|widetilde|vec|overrightarrow|bm|boldsymbol|text|textit|textbf|textnormal|mathbb|mathbin|mathbf|mathcal"
                    + "|mathclap|mathclose|mathellipsis|mathfrak|mathinner|mathit|mathnormal|mathop|mathopen|mathord|mathpunct|mathrel"
                    + "|mathring|mathrlap|mathrm|mathscr|mathsf|mathsterling|mathtt|mbox)[ \\t\\r\\n]?\\{[^}]*\\}");
    private static final Pattern BEGIN = Pattern.compile("\\\\begin\\{(?:([pbv]?matrix)|array\\}\\{[clr]*)\\}");
    private static final Pattern END = Pattern.compile("\\\\end\\{(?:([pbv]?matrix)|array)\\}");

    private static final Map<String, Token> FIXED = fixed();
    private static final int LONGEST =
            FIXED.keySet().stream().mapToInt(String::length).max().orElse(0);

    private AnswerLexer() {}

    private static Map<String, Token> fixed() {
        Map<String, Token> all = new HashMap<>();
        spelled(
                all,
                "",
                " ",
                "\t",
                "\r",
                "\n",
                "\\,",
                "\\thinspace",
                "\\:",
                "\\medspace",
                "\\;",
                "\\thickspace",
                "\\quad",
                "\\qquad",
                "\\!",
                "\\negthinspace",
                "\\negmedspace",
                "\\negthickspace",
                "\\$",
                "\\vrule",
                "\\vcenter",
                "\\vbox",
                "\\vskip",
                "\\vspace",
                "\\hfil");
        spelled(all, "+", "+", "∔", "⊕", "⊞");
        spelled(all, "-", "-", "−", "∸");
        spelled(all, "*", "*", "×", "⋅", "⋄", "⊡", "∗", "⋆", "∘", "∙", "⊗", "⊠", "⋈", "⋉", "⋊", "\\times", "\\cdot");
        spelled(all, "/", "/", "÷", "∕", "\\over", "\\div", ":");
        for (String mark : List.of(
                "(",
                ")",
                "\\(",
                "\\)",
                "{",
                "}",
                "\\{",
                "\\}",
                "[",
                "]",
                "\\phantom",
                "\\boxed",
                "|",
                "\\|",
                "_",
                "^",
                ";",
                ",",
                "!",
                "&",
                "\\\\",
                "\\frac",
                "\\sqrt",
                "\\binom",
                "\\choose",
                "\\mod",
                "\\pm",
                "\\cup",
                "\\cap",
                "\\setminus",
                "\\in",
                "\\notin",
                "\\lfloor",
                "\\rfloor",
                "\\lceil",
                "\\rceil",
                "\\subseteq",
                "\\supseteq",
                "e",
                "E",
                "\\infty",
                "\\partial",
                "\\operatorname",
                "\\lgroup",
                "\\rgroup")) {
            spelled(all, mark, mark);
        }
        spelled(all, "\\{", "\\lbrace");
        spelled(all, "\\}", "\\rbrace");
        spelled(all, "[", "\\lbrack");
        spelled(all, "]", "\\rbrack");
        spelled(all, "|", "\\lvert", "\\rvert", "\\vert");
        spelled(all, "\\lfloor", "\\llcorner");
        spelled(all, "\\rfloor", "\\lrcorner");
        spelled(all, "\\lceil", "\\ulcorner");
        spelled(all, "\\rceil", "\\urcorner");
        spelled(all, "\\frac", "\\dfrac", "\\tfrac", "\\cfrac");
        spelled(all, "\\binom", "\\tbinom", "\\dbinom");
        spelled(all, "\\pm", "±", "∓", "\\mp");
        spelled(all, "\\cup", "∪");
        spelled(all, "\\cap", "∩");
        spelled(all, "\\setminus", "∖");
        spelled(all, "\\notin", "∉");
        spelled(
                all,
                "degree",
                "^\\circ",
                "^\\degree",
                "^\\circle",
                "^°",
                "^{\\circ}",
                "^{\\degree}",
                "^{\\circle}",
                "^{°}");
        spelled(
                all,
                "unsupported",
                "^T",
                "^{T}",
                "'",
                "\\langle",
                "\\rangle",
                "\\lim",
                "\\int",
                "\\sum",
                "\\prod",
                "\\to",
                "\\rightarrow",
                "\\Rightarrow",
                "\\longrightarrow",
                "\\Longrightarrow",
                "\\xrightarrow",
                "\\xRightarrow",
                "<->",
                "<=>",
                "\\leftrightarrow",
                "\\Leftrightarrow",
                "gcd",
                "lcm",
                "floor",
                "ceil",
                "eye",
                "zeros",
                "ones",
                "cols",
                "rows",
                "diag",
                "norm",
                "rank",
                "trace",
                "tr",
                "rref",
                "hstack",
                "vstack",
                "orth",
                "ortho",
                "orthogonal",
                "orthogonalize",
                "nullspace",
                "eig",
                "eigen",
                "diagonalize",
                "eigenvals",
                "eigenvalues",
                "eigenvects",
                "eigenvectors",
                "svd",
                "SVD",
                "matrix",
                "pmatrix",
                "bmatrix",
                "vmatrix",
                "arsinh",
                "arcsinh",
                "arcosh",
                "arccosh",
                "artanh",
                "arctanh",
                ".",
                "\\det",
                "\\gcd",
                "\\lcm",
                "\\max",
                "\\min");
        spelled(all, "=", "=", "≡", "≣", "≟", "≎", "≏", "≐", "≑", "≒", "≓", "≔", "≕", "≖", "≗");
        spelled(all, "==", "==", "\\equiv");
        spelled(all, "\\approx", "~=", "≈", "≊", "≋", "≃", "≅", "\\approx");
        spelled(all, "<", "<", "≪", "≺", "⋖", "\\lt");
        spelled(all, "\\le", "\\leq", "\\le", "\\leqslant", "≤", "≦", "≲", "≾", "<=");
        spelled(all, ">", ">", "≫", "≻", "⋗", "\\gt");
        spelled(all, "\\ge", "\\geq", "\\ge", "\\geqslant", "≥", "≧", "≳", "≿", ">=");
        spelled(all, "\\ne", "!=", "!==", "\\ne", "\\neq", "\\not\\equiv", "≠", "≁", "≄", "≇", "≉", "≢");
        for (String name : List.of(
                "log", "ln", "exp", "sin", "cos", "tan", "csc", "sec", "cot", "arcsin", "arccos", "arctan", "arccsc",
                "arcsec", "arccot", "sinh", "cosh", "tanh", "arsinh", "arcosh", "artanh", "arcsinh", "arccosh",
                "arctanh", "floor", "ceil")) {
            all.put("\\" + name, new Token(Kind.FUNCTION, name));
        }
        Map.of("N", "ℕ", "Z", "ℤ", "Q", "ℚ", "R", "ℝ", "C", "ℂ", "P", "ℙ").forEach((name, sign) -> {
            all.put("\\mathbb{" + name + "}", new Token(Kind.NAMED_SET, name));
            all.put(sign, new Token(Kind.NAMED_SET, name));
        });
        for (String empty : List.of("\\emptyset", "∅", "\\{\\}", "\\lbrace\\rbrace")) {
            all.put(empty, new Token(Kind.NAMED_SET, ""));
        }
        GreekLetters.SIGNS.forEach((sign, name) -> symbol(all, sign, name));
        for (String name : GreekLetters.OTHERS) {
            symbol(all, name, name.startsWith("\\") ? name.substring(1) : name);
        }
        return all;
    }

    private static void spelled(Map<String, Token> all, String mark, String... spellings) {
        for (String spelling : spellings) {
            all.put(spelling, new Token(Kind.MARK, mark));
        }
    }

    private static void symbol(Map<String, Token> all, String sign, String name) {
        all.put(sign, new Token(Kind.SYMBOL, name));
        all.put(sign + " ", new Token(Kind.SYMBOL, name));
    }

    /** All tokens, with one at the end that says so. */
    static List<Token> tokens(String text) {
        List<Token> tokens = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            at = next(text, at, tokens);
        }
        tokens.add(new Token(Kind.END, ""));
        return tokens;
    }

    private static int next(String text, int at, List<Token> tokens) {
        int end = at;
        Token token = new Token(Kind.END, "");
        for (int length = Math.min(LONGEST, text.length() - at); length > 0; length--) {
            Token found = FIXED.get(text.substring(at, at + length));
            if (found != null) {
                token = found;
                end = at + length;
                break;
            }
        }
        char c = text.charAt(at);
        if (c == '\\') {
            Matcher begin = at(BEGIN, text, at);
            Matcher close = at(END, text, at);
            Matcher accent = at(ACCENT, text, at);
            if (begin.lookingAt()) {
                boolean det = "vmatrix".equals(begin.group(1));
                tokens.add(new Token(Kind.MATRIX, det ? "det" : begin.group(1) == null ? "array" : "matrix"));
                return begin.end();
            }
            if (close.lookingAt()) {
                boolean det = "vmatrix".equals(close.group(1));
                tokens.add(new Token(Kind.END_MATRIX, det ? "det" : close.group(1) == null ? "array" : "matrix"));
                return close.end();
            }
            if (accent.lookingAt() && accent.end() > end) {
                tokens.add(new Token(Kind.SYMBOL, accented(accent.group(1), accent.group())));
                return accent.end();
            }
        }
        Matcher number = at(NUMBER, text, at);
        if (number.lookingAt()) {
            return number(text, number, tokens);
        }
        Matcher differential = at(DIFFERENTIAL, text, at);
        if (c == 'd' && differential.lookingAt() && differential.end() > end) {
            String of = differential.group(1);
            tokens.add(new Token(Kind.LETTER, "d" + (of.startsWith("\\") ? of.substring(1) : of)));
            return differential.end();
        }
        if (end == at && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            tokens.add(new Token(Kind.LETTER, String.valueOf(c)));
            return at + 1;
        }
        if (end == at) {
            throw new Unknown("no token: " + c);
        }
        if (!token.text.isEmpty() || token.kind != Kind.MARK) {
            tokens.add(token);
        }
        return end;
    }

    private static Matcher at(Pattern pattern, String text, int at) {
        return pattern.matcher(text).region(at, text.length());
    }

    private static int number(String text, Matcher number, List<Token> tokens) {
        Matcher ten = at(POWER_OF_TEN, text, number.end());
        Matcher hundredths = at(HUNDREDTHS, text, number.end());
        if (ten.lookingAt()) {
            String sign = ten.group().substring(1, 2);
            String digits = ten.group().replaceFirst("^E[^0-9]?", "");
            String power = "-−∸".contains(sign) ? "-" + digits : digits;
            tokens.add(new Token(Kind.NUMBER, number.group() + "E" + power));
            return ten.end();
        }
        boolean percent = hundredths.lookingAt();
        tokens.add(new Token(percent ? Kind.PERCENT : Kind.NUMBER, number.group()));
        return percent ? hundredths.end() : number.end();
    }

    /** Words are what they say, in small letters and without spaces; letters in another font are others. */
    private static String accented(String command, String whole) {
        String inner =
                whole.substring(whole.indexOf('{') + 1, whole.length() - 1).replace(" ", "");
        String name = switch (command) {
            case "bar", "overline" -> "bar";
            case "vec", "overrightarrow" -> "vec";
            case "tilde", "widetilde" -> "tilde";
            default ->
                command.startsWith("text") || command.equals("mbox")
                        ? ""
                        : command.startsWith("math") ? "math" : command;
        };
        return name.isEmpty() ? inner.replace("(", "").replace(")", "") : name + "{" + inner + "}";
    }
}
