package dev.jemma.cli;

import dev.jemma.data.Example;
import dev.jemma.infer.Engine;
import dev.jemma.infer.EngineOptions;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.SamplingOptions;
import dev.jemma.kernel.Precision;
import dev.jemma.model.Adapter;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.SpecialTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Lets the model of a run write, over the very weights that are being trained: the same prompts each time. */
final class RunSamples {
    private static final int MOST_TOKENS = 96;
    private static final int TEXT_PROMPT_TOKENS = 16;
    private static final long KV_BYTES = 256L << 20;
    private static final float TEMPERATURE = 0.8f;

    private final Trainee model;
    private final Optional<Adapter> adapter;
    private final List<int[]> prompts = new ArrayList<>();
    private final boolean greedy;

    /**
     * @param texts prompts that were asked for
     * @param examples whose beginnings are prompts if none were asked for
     * @param greedy whether the likeliest token is taken, else one is drawn, with a fixed seed
     */
    RunSamples(Trainee model, Optional<Adapter> adapter, List<String> texts, List<Example> examples, boolean greedy) {
        this.model = model;
        this.adapter = adapter;
        this.greedy = greedy;
        texts.forEach(
                text -> prompts.add(model.tokenizer().withBos(model.tokenizer().encode(text))));
        if (texts.isEmpty()) {
            examples.forEach(example -> prompts.add(beginning(example)));
        }
    }

    /** What comes before the answer; of running text the first words. */
    private static int[] beginning(Example example) {
        int end = 1;
        if (example.isText()) {
            end = Math.min(TEXT_PROMPT_TOKENS, Math.max(1, example.length() / 2));
        } else {
            while (end < example.length() && !example.trained()[end]) {
                end++;
            }
        }
        return Arrays.copyOf(example.tokens(), end);
    }

    /** The prompts as text. */
    List<String> prompts() {
        return prompts.stream()
                .map(ids -> model.tokenizer().decode(ids, SpecialText.SHOW))
                .toList();
    }

    /** One answer for each prompt, by the weights as they are now. */
    List<String> write() {
        SpecialTokens special = model.tokenizer().special();
        Set<Integer> stops = new HashSet<>();
        for (int id : new int[] {special.eos(), special.endOfTurn()}) {
            if (id != SpecialTokens.ABSENT) {
                stops.add(id);
            }
        }
        int context = prompts.stream().mapToInt(p -> p.length).max().orElse(1) + MOST_TOKENS;
        EngineOptions options =
                new EngineOptions(context, KV_BYTES, EngineOptions.DEFAULT_BATCH_ROWS, prompts.size() + 1, false);
        SamplingOptions sampling = greedy
                ? SamplingOptions.GREEDY
                : SamplingOptions.builder().temperature(TEMPERATURE).seed(1).build();
        try (Engine engine = new Engine(
                model.gemma(),
                EmbeddingHead.PLAIN,
                model.tokenizer().vocabularySize(),
                () -> model.tokenizer().streamDecoder(SpecialText.SHOW),
                model.kernels(),
                model.workers(),
                Precision.FAST,
                options)) {
            adapter.ifPresent(engine::useAdapter);
            List<Generation> running = new ArrayList<>();
            for (int[] prompt : prompts) {
                GenerationRequest request =
                        new GenerationRequest(prompt, MOST_TOKENS, sampling, List.of(), stops, 1, OptionalInt.empty());
                running.add(engine.submit(request, _ -> {}));
            }
            return running.stream().map(g -> g.await().getFirst().text()).toList();
        }
    }
}
