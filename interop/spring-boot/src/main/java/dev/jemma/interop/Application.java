package dev.jemma.interop;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.SamplingOptions;
import java.nio.file.Path;
import java.util.Locale;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/**
 * A Spring Boot application with a model as a bean. Prints how fast it reads and writes, as {@code jemma bench} measures
 * it: a prompt of 512 tokens, and 128 tokens one by one.
 */
@SpringBootApplication
public class Application {
    private static final int PROMPT = 512;
    private static final int TOKENS = 128;
    private static final int RUNS = 5;

    /** The model that {@code --model=FILE} names. */
    @Bean
    @Lazy
    LanguageModel model(Environment environment) {
        return LanguageModel.open(Path.of(environment.getRequiredProperty("model")));
    }

    @Bean
    CommandLineRunner measure(LanguageModel model) {
        return args -> {
            System.out.println("kernels " + model.kernels());
            double read = 0;
            double written = 0;
            for (int run = 0; run < RUNS; run++) { // the first ones warm up: the best counts
                read = Math.max(read, PROMPT / seconds(model, PROMPT, 1, run));
                written = Math.max(written, (TOKENS - 1) / between(model, run));
            }
            System.out.printf(Locale.ROOT, "prompt %.1f tokens/s%ndecode %.1f tokens/s%n", read, written);
        };
    }

    /** Another prompt each time, so that none is answered from the prefix cache. */
    private static int[] prompt(LanguageModel model, int length, int run) {
        int[] ids = new int[length];
        for (int i = 0; i < length; i++) {
            ids[i] = 1000 + (i * 7919 + run * 104729) % 100_000;
        }
        return model.tokenizer().withBos(java.util.Arrays.copyOf(ids, length - 1));
    }

    private static double seconds(LanguageModel model, int promptLength, int tokens, int run) {
        var request = model.request(prompt(model, promptLength, run))
                .maxTokens(tokens)
                .sampling(SamplingOptions.GREEDY)
                .build();
        long start = System.nanoTime();
        model.generate(request, token -> {}).await();
        return (System.nanoTime() - start) / 1e9;
    }

    /** Seconds from the first token to the last. */
    private static double between(LanguageModel model, int run) {
        long[] times = {0, 0};
        var request = model.request(prompt(model, 2, run))
                .maxTokens(TOKENS)
                .ignoreEos()
                .build();
        model.generate(request, token -> {
                    times[0] = times[0] == 0 ? System.nanoTime() : times[0];
                    times[1] = System.nanoTime();
                })
                .await();
        return (times[1] - times[0]) / 1e9;
    }

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }
}
