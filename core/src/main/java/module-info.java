/**
 * Load and run Gemma models inside a JVM; the door is {@link dev.jemma.infer.LanguageModel}. Kernels are
 * machine code written at run time on Linux x86-64; elsewhere they are fast where the module {@code
 * jdk.incubator.vector} is added at start ({@code --add-modules jdk.incubator.vector}); {@code requires static} alone
 * does not add it.
 */
module dev.jemma.core {
    requires java.management;
    requires jdk.jfr;
    requires jdk.management;
    requires tools.jackson.core;
    requires static jdk.incubator.vector;
    requires static org.jspecify;

    exports dev.jemma;
    exports dev.jemma.adapter;
    exports dev.jemma.chat;
    exports dev.jemma.convert;
    exports dev.jemma.format;
    exports dev.jemma.infer;
    exports dev.jemma.infer.constraint;
    exports dev.jemma.kernel;
    exports dev.jemma.machine;
    exports dev.jemma.model;
    exports dev.jemma.quant;
    exports dev.jemma.tensor;
    exports dev.jemma.tokenizer;
    exports dev.jemma.tokenizer.training;
}
