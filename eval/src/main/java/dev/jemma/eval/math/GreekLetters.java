package dev.jemma.eval.math;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Greek letters and other signs that may be the name of an unknown. */
final class GreekLetters {
    private static final List<String> NAMES = List.of(
            "Delta",
            "Gamma",
            "Lambda",
            "Omega",
            "Phi",
            "Pi",
            "Psi",
            "Sigma",
            "Theta",
            "Upsilon",
            "Xi",
            "alpha",
            "beta",
            "chi",
            "delta",
            "epsilon",
            "eta",
            "gamma",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "omega",
            "omicron",
            "phi",
            "pi",
            "psi",
            "rho",
            "sigma",
            "tau",
            "theta",
            "upsilon",
            "varepsilon",
            "varphi",
            "varpi",
            "varrho",
            "varsigma",
            "vartheta",
            "xi",
            "zeta");

    /** Letters and the names above, in the same order. */
    private static final List<String> LETTERS = List.of(
            "Δ", "Γ", "Λ", "Ω", "Φ", "Π", "Ψ", "Σ", "Θ", "Υ", "Ξ", "α", "β", "χ", "δ", "ε", "η", "γ", "ι", "κ", "λ",
            "μ", "ν", "ω", "ο", "φ", "π", "ψ", "ρ", "σ", "τ", "θ", "υ", "ϵ", "ϕ", "ϖ", "ϱ", "ς", "ϑ", "ξ", "ζ");

    /** Names by letter and by command. */
    static final Map<String, String> SIGNS = signs();

    /** Signs and commands that stand for themselves. */
    static final List<String> OTHERS = List.of(
            "\\Bbbk",
            "\\wp",
            "\\nabla",
            "\\bigstar",
            "\\angle",
            "\\nexists",
            "\\diagdown",
            "\\measuredangle",
            "\\eth",
            "ℵ",
            "ℶ",
            "ℷ",
            "ℸ",
            "\\diagup",
            "\\sphericalangle",
            "\\clubsuit",
            "\\varnothing",
            "\\Diamond",
            "\\complement",
            "\\diamondsuit",
            "\\imath",
            "\\Finv",
            "\\triangledown",
            "\\heartsuit",
            "\\jmath",
            "\\Game",
            "\\triangle",
            "\\spadesuit",
            "\\ell",
            "\\hbar",
            "\\vartriangle",
            "\\hslash",
            "\\blacklozenge",
            "\\lozenge",
            "\\blacksquare",
            "\\mho",
            "\\blacktriangle",
            "\\sharp",
            "\\prime",
            "\\Im",
            "\\flat",
            "\\square",
            "\\backprime",
            "\\Re",
            "\\natural",
            "\\surd",
            "\\circledS");

    private GreekLetters() {}

    private static Map<String, String> signs() {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < NAMES.size(); i++) {
            all.put("\\" + NAMES.get(i), NAMES.get(i));
            if (!LETTERS.get(i).isEmpty()) {
                all.put(LETTERS.get(i), NAMES.get(i));
            }
        }
        return all;
    }
}
