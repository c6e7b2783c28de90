package dev.jemma.eval.remote;

import dev.jemma.eval.Answer;
import dev.jemma.eval.EvalException;
import tools.jackson.databind.JsonNode;

/**
 * Reads the log-probabilities of a prompt that an endpoint gave back ({@code echo}): parallel lists of tokens and of
 * their log-probabilities, of which the last is of the one token that was generated behind the prompt.
 */
final class Echo {
    private final JsonNode tokens;
    private final JsonNode logprobs;
    private final JsonNode top;
    private final String name;

    private Echo(JsonNode choice, String name) {
        this.name = name;
        JsonNode lists = choice.path("logprobs");
        tokens = lists.path("tokens");
        logprobs = lists.path("token_logprobs");
        top = lists.path("top_logprobs");
        if (!logprobs.isArray() || logprobs.isEmpty()) {
            throw new EvalException(name + " gives no log-probabilities of the prompt; it must know \"echo\" together"
                    + " with \"logprobs\", or only tasks that generate can be run");
        }
    }

    /**
     * A prompt of ids.
     *
     * @param from index of the first id that counts
     */
    static Answer.Likelihood ofIds(JsonNode choice, int[] ids, int from, String name) {
        Echo echo = new Echo(choice, name);
        if (echo.logprobs.size() != ids.length && echo.logprobs.size() != ids.length + 1) {
            throw new EvalException(name + " gives " + echo.logprobs.size() + " log-probabilities for a prompt of "
                    + ids.length + " tokens; is \"echo\" honoured, and the tokenizer that of its model?");
        }
        return echo.sum(from, ids.length);
    }

    /**
     * A prompt of text. Tokens that begin before the continuation count as context.
     *
     * @param start characters of the context
     */
    static Answer.Likelihood ofText(JsonNode choice, String prompt, int start, String name) {
        Echo echo = new Echo(choice, name);
        if (!echo.tokens.isArray() || echo.tokens.size() != echo.logprobs.size()) {
            throw new EvalException(name + " does not say which tokens its log-probabilities are of; give its model's"
                    + " tokenizer with --tokenizer");
        }
        StringBuilder text = new StringBuilder();
        int[] begins = new int[echo.tokens.size()];
        for (int i = 0; i < begins.length; i++) {
            begins[i] = text.length();
            text.append(echo.tokens.get(i).asString());
        }
        int shift = text.indexOf(prompt); // what stands before it is <bos>
        if (shift < 0) {
            throw new EvalException(name + " cuts the prompt into tokens whose text is not the prompt's; give its"
                    + " model's tokenizer with --tokenizer");
        }
        int from = 0;
        while (from < begins.length && begins[from] < shift + start) {
            from++;
        }
        int to = from;
        while (to < begins.length && begins[to] < shift + prompt.length()) {
            to++;
        }
        return echo.sum(from, to);
    }

    private Answer.Likelihood sum(int from, int to) {
        double sum = 0;
        boolean greedy = true;
        for (int i = from; i < to; i++) {
            JsonNode value = logprobs.get(i);
            if (!value.isNumber() || !Double.isFinite(value.doubleValue()) || value.doubleValue() > 1e-3) {
                throw new EvalException(name + " gives " + (value.isNumber() ? value.asString() : "nothing")
                        + " as the log-probability of token " + i + "; a number of at most 0 is needed");
            }
            sum += value.doubleValue();
            greedy &= isBest(i, value.doubleValue());
        }
        return new Answer.Likelihood(sum, greedy);
    }

    /** Whether no other token is more likely, as far as the endpoint tells. */
    private boolean isBest(int index, double own) {
        JsonNode best = top.path(index);
        if (!best.isObject() || best.isEmpty()) {
            return false;
        }
        for (JsonNode value : best) {
            if (value.doubleValue() > own) {
                return false;
            }
        }
        return true;
    }
}
