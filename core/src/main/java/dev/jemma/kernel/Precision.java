package dev.jemma.kernel;

/** How activations meet quantized weights (DESIGN 5.2). Plain floating-point weights always meet float32 activations. */
public enum Precision {
    /** Activations rounded to int8 in blocks of 32, where the weight's type has such a kernel. */
    FAST,
    /** float32 activations everywhere: the arithmetic that the golden files are held against. */
    EXACT
}
