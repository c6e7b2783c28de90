package dev.jemma.cli;

import dev.jemma.infer.EngineOptions;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.tokenizer.SpecialTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** One run of a {@link BenchTest} through the engine, which treats it as anybody's requests. */
final class BenchRun {
    private final LanguageModel model;
    private final SplittableRandom random;

    BenchRun(LanguageModel model, long seed) {
        this.model = model;
        random = new SplittableRandom(seed);
    }

    /** Tokens a second, all rows together. */
    double tokensPerSecond(BenchTest test) {
        return test.rows() == 1 && test.depth() == 0 ? fromTheStart(test) : steady(test);
    }

    /** From handing in the request to its last token. */
    private double fromTheStart(BenchTest test) {
        int[] prompt = test.prompt() > 0
                ? randomPrompt(test.prompt())
                : new int[] {model.tokenizer().special().bos()};
        Times times = new Times(Math.max(1, test.generate()));
        long startNanos = System.nanoTime();
        submit(prompt, times.nanos.length, times::now).await();
        return test.tokens() * 1e9 / (times.last() - startNanos);
    }

    /**
     * While all rows generate: from the moment when the last of them has its first token to the moment when the first of
     * them ends. Rows go on for as long as the prompts of later ones may take, so that this time is long enough; the first
     * token of all waits until all have been handed in.
     */
    private double steady(BenchTest test) {
        int rowsAtOnce = Math.min(model.engine().options().maxBatchRows(), EngineOptions.PROMPT_ROWS_BESIDE);
        int passesForPrompts = test.rows() + Math.ceilDiv((test.rows() - 1) * (test.depth() + 1), rowsAtOnce);
        int room = model.engine().options().contextLength() - test.depth() - 1;
        int tokens = Math.min(room, test.generate() + 1 + (test.rows() > 1 ? passesForPrompts : 0));
        List<Times> all = new ArrayList<>();
        List<Generation> running = new ArrayList<>();
        CompletableFuture<?> handedIn = new CompletableFuture<>();
        try {
            for (int row = 0; row < test.rows(); row++) {
                Times times = new Times(tokens);
                all.add(times);
                running.add(submit(randomPrompt(test.depth() + 1), tokens, () -> {
                    handedIn.join();
                    times.now();
                }));
            }
        } finally {
            handedIn.complete(null);
        }
        running.forEach(Generation::await);
        return rate(all);
    }

    private static double rate(List<Times> rows) {
        long from = rows.stream().mapToLong(Times::first).max().orElseThrow();
        long to = rows.stream().mapToLong(Times::last).min().orElseThrow();
        long tokens = rows.stream().mapToLong(row -> row.between(from, to)).sum();
        if (tokens == 0) {
            throw new MisuseException("the rows never generate at once: give -g a greater number or -d a smaller one");
        }
        return tokens * 1e9 / (to - from);
    }

    private Generation submit(int[] prompt, int tokens, Runnable listener) {
        return model.generate(GenerationRequest.greedy(prompt, tokens, Set.of()), _ -> listener.run());
    }

    private int[] randomPrompt(int length) {
        SpecialTokens special = model.tokenizer().special();
        int size = Math.min(model.tokenizer().vocabularySize(), model.config().vocabularySize());
        int[] ids = random.ints(length, 0, size).toArray();
        for (int i = 0; i < length; i++) {
            while (special.isSpecial(ids[i])) {
                ids[i] = random.nextInt(size);
            }
        }
        ids[0] = special.bos();
        return ids;
    }

    /** When each token of a row came. Written by the engine's thread, read when the request is done. */
    private static final class Times {
        private final long[] nanos;
        private int count;

        Times(int tokens) {
            nanos = new long[tokens];
        }

        void now() {
            nanos[count++] = System.nanoTime();
        }

        long first() {
            return nanos[0];
        }

        long last() {
            return nanos[count - 1];
        }

        /** Tokens after {@code from} and not after {@code to}. */
        long between(long from, long to) {
            return Arrays.stream(nanos, 0, count)
                    .filter(t -> t - from > 0 && t - to <= 0)
                    .count();
        }
    }
}
