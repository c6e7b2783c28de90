package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.model.InferenceOps;
import dev.jemma.model.KvCache;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ScreeningTest {
    private static final EngineOptions ALWAYS =
            new EngineOptions(256, KvType.F32, 64L << 20, 64, 16, false, new Speculation.None(), 1);

    private static final LogitChoice LARGEST = new LogitChoice(OptionalInt.of(1), Optional.empty());

    private static Kernels withoutMemoryForCopies(Kernels kernels) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (_, method, arguments) -> {
                    if (method.getName().equals("matrix") && arguments[0] == DType.Q5_0) {
                        throw new OutOfMemoryError("no memory, says the test");
                    }
                    try {
                        return method.invoke(kernels, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void whereTheCopyFindsNoMemoryAllLogitsAreComputed() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gguf/gemma3-Q8_0.gguf"));
                Arena arena = Arena.ofConfined();
                KvCache cache = new KvCache(rig.gemma.config(), KvType.F32, 1 << 20);
                InferenceOps ops =
                        new InferenceOps(rig.gemma.config(), rig.kernels, rig.workers, Precision.FAST, cache);
                Screening screening = new Screening(
                        rig.gemma, 512, withoutMemoryForCopies(rig.kernels), rig.workers, Precision.FAST, ALWAYS)) {
            Tensor x = Tensor.allocate(arena, 1, rig.gemma.config().hiddenSize());
            for (int token = 0; token < 600; token++) {
                assertThat(screening.begin(x, ops, LARGEST, new Sampler(512))).isFalse();
            }
        }
    }
}
