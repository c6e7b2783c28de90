package dev.jemma.eval.math;

import dev.jemma.eval.metric.Filter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers and sums in a text that is no LaTeX, such as {@code 1,234.5}, {@code 30 %} or {@code 2*(3+4)}. */
final class PlainNumbers {
    private static final String NUMBER = "(?<!\\d)(?:(?<integer1>-?[1-9]\\d{0,2}(?:[ ,]\\d{3})+)(?<decimal1>\\.\\d+)?"
            + "|(?<integer2>-?\\d+)(?<decimal2>[.,]\\d+)|(?<decimal3>\\.\\d+)|(?<integer3>-?\\d+))"
            + "(?<percent>\\s*(?:%|[Pp]ercent|\\s*[Pp]ercentage|\\s*[Pp]ct))?";
    private static final String SIGNS = "\\+\\-\\*×/\\^\\(\\)÷";
    private static final String BEFORE = "(?:^|\\s|=)(?:\\*\\*)?";
    private static final String SUM = "(?:" + BEFORE + "(?<sum>-?\\(?-?\\d[\\d.\\s" + SIGNS + "]*[" + SIGNS
            + "][\\d.\\s" + SIGNS + "]+\\)?)(?:\\*\\*)?(?:\\.|,|:|\\s|\\)|\\$|$))";
    private static final String CURRENCY = "$€£¥₹₽₪₩₫฿₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₴₵₶₷₸₹₺₻₼₽₾₿";
    private static final String AMOUNT = "(?:" + BEFORE + "[" + CURRENCY + "]?" + NUMBER + ")";
    private static final String EITHER = "(?:" + SUM + "|" + AMOUNT + ")";

    /** Where to look, from what is surest to what is least sure; see {@link AnswerFinder}. */
    static final List<AnswerFinder.Place<Pattern>> PLACES = List.of(
            place(0, "(?i:final answer is):?\\s*" + EITHER + "\\.?\\s?I hope"),
            place(50, "(?i:final answer.{0,100}?)\\s+is:?" + EITHER),
            place(100, "(?i:answer):(?:.{0,100}=\\s*|.{0,50}?)" + EITHER + "(?!\\s*=)"),
            place(200, "(?i:answer)(?:.{0,100}=\\s*|.{0,50}?)" + EITHER + "(?!\\s*=)"),
            place(300, SUM),
            place(300, AMOUNT));

    private PlainNumbers() {}

    private static AnswerFinder.Place<Pattern> place(int rank, String pattern) {
        return new AnswerFinder.Place<>(rank, Filter.python(pattern));
    }

    /** What was found, as it is written. */
    record Found(Optional<Value> value, String text) {}

    /** The number or sum of a match of one of the patterns. */
    static Found read(MatchResult match) {
        String integer = group(match, "integer1") + group(match, "integer2") + group(match, "integer3");
        String decimal = group(match, "decimal1") + group(match, "decimal2") + group(match, "decimal3");
        if (!integer.isEmpty() || !decimal.isEmpty()) {
            String whole = integer.replace(",", "").replace(" ", "").replaceFirst("^0+", "");
            String text = (whole.isEmpty() ? "0" : whole) + decimal.replace(',', '.');
            Node number = new Node.Num(new BigDecimal(text));
            return new Found(
                    Optional.of(
                            new Value.Expression(group(match, "percent").isEmpty() ? number : Nodes.percent(number))),
                    text);
        }
        String sum = group(match, "sum");
        return new Found(PlainSum.read(sum).map(Value.Expression::new), sum);
    }

    private static String group(MatchResult match, String name) {
        return match.namedGroups().containsKey(name)
                ? Optional.ofNullable(match.group(name)).orElse("")
                : "";
    }

    /** All matches of a pattern. */
    static List<MatchResult> matches(Pattern pattern, CountedText text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.results().toList();
    }
}
