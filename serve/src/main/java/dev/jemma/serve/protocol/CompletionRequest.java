package dev.jemma.serve.protocol;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A body of {@code /v1/completions}.
 *
 * @param model the name asked for, if any
 * @param prompts what to continue, each for itself
 * @param suffix what follows the gap that is to be filled
 * @param echo whether the answer begins with the prompt
 * @param form what the answers must look like, if any text will not do
 * @param logprobs how many alternatives to give with each token, if log-probabilities were asked for
 * @param generation how to answer; max_tokens 0 with echo only looks at the prompt
 */
public record CompletionRequest(
        Optional<String> model,
        List<PromptInput> prompts,
        Optional<String> suffix,
        boolean echo,
        Optional<AnswerForm> form,
        OptionalInt logprobs,
        GenerationFields generation) {
    private static final int MAX_PROMPTS = 1024;
    private static final int MAX_TOP = 20;

    /**
     * Reads and checks a body.
     *
     * @throws ApiException that names the field that is wrong
     */
    public static CompletionRequest read(Fields fields) {
        NotYet.refuse(fields);
        Optional<String> model = fields.string("model");
        List<PromptInput> prompts = PromptInput.read(fields, "prompt", MAX_PROMPTS);
        Optional<String> suffix = fields.string("suffix");
        boolean echo = fields.bool("echo", false);
        OptionalInt logprobs = fields.integer("logprobs", 0, MAX_TOP);
        GenerationFields generation = GenerationFields.read(fields, true);
        OptionalInt best = fields.integer("best_of", 1, Integer.MAX_VALUE);
        if (best.isPresent() && best.getAsInt() != generation.n()) {
            throw ApiException.unsupported("best_of", "'best_of' other than 'n' is not supported");
        }
        if (generation.maxTokens().orElse(1) == 0 && !echo) {
            throw ApiException.invalid("max_tokens", "'max_tokens' 0 goes with 'echo': true only");
        }
        if (suffix.isPresent() && (echo || prompts.stream().anyMatch(p -> p instanceof PromptInput.Ids))) {
            throw ApiException.invalid("suffix", "'suffix' goes with text prompts and without 'echo'");
        }
        Optional<AnswerForm> form = AnswerForm.read(fields);
        for (String chat : new String[] {"tools", "tool_choice", "parallel_tool_calls"}) {
            fields.refuse(chat, "functions are called in /v1/chat/completions");
        }
        fields.end();
        return new CompletionRequest(model, prompts, suffix, echo, form, logprobs, generation);
    }
}
