package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.jemma.testing.Golden;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What a token costs in heap memory once a sequence decodes: on the engine's thread and on the workers, forward pass,
 * sampler and the token's text together. Small objects that describe a call (a product's pass, a batch's spans) are what
 * there is; no array that grows with the model, no list for each operation. With emitted kernels the figures are the same
 * in every run, whatever the compiler has done so far, but for what it takes away.
 */
@Isolated("weighs what all threads allocate")
class TokenAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int TOKENS = 200;

    /** Before the compiler takes any away; half of it afterwards. */
    private static final long BYTES_PER_LAYER = 1200;

    private static final long BYTES_PER_TOKEN = 3500;

    /** The median over the tokens of a sequence: every sixteenth takes new blocks. */
    private static long bytesPerToken(LanguageModel model, SamplingOptions sampling) {
        long[] bytes = new long[TOKENS];
        int[] count = {0};
        GenerationRequest request = model.request(new int[] {2, 7, 9})
                .sampling(sampling)
                .maxTokens(TOKENS)
                .ignoreEos()
                .build();
        model.generate(request, token -> bytes[count[0]++] = THREADS.getTotalThreadAllocatedBytes())
                .await();
        assertThat(count[0]).isEqualTo(TOKENS);
        long[] each = new long[TOKENS - 1];
        for (int i = 1; i < TOKENS; i++) {
            each[i - 1] = bytes[i] - bytes[i - 1];
        }
        Arrays.sort(each);
        return each[each.length / 2];
    }

    private static void decodes(String file, SamplingOptions sampling) {
        ModelOptions options = ModelOptions.builder().threads(2).build();
        try (LanguageModel model = LanguageModel.open(Golden.path("models/gguf/" + file), options)) {
            assumeTrue(model.kernels().startsWith("x86"), "no emitted code runs here");
            bytesPerToken(model, sampling);
            assertThat(bytesPerToken(model, sampling))
                    .isLessThan(BYTES_PER_TOKEN
                            + BYTES_PER_LAYER * model.config().layers().size());
        }
    }

    @Test
    void aGreedyTokenAllocatesNothingButSmallThings() {
        decodes("gemma3-Q8_0.gguf", SamplingOptions.GREEDY);
        decodes("gemma2-F32.gguf", SamplingOptions.GREEDY);
    }

    @Test
    void samplingAddsNothing() {
        SamplingOptions sampling = SamplingOptions.builder()
                .temperature(1)
                .topK(64)
                .topP(0.95f)
                .minP(0.01f)
                .seed(1)
                .build();
        decodes("gemma3-Q4_0.gguf", sampling);
    }
}
