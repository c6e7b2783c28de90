package dev.jemma.infer.constraint;

/** How a model writes that it calls functions. */
public enum CallForm {
    /**
     * {@code <tool_call>{"name": …, "arguments": {…}}</tool_call>} in plain text, for models that were trained for no form
     * of their own.
     */
    TEXT,
    /** FunctionGemma's: {@code call:NAME{…}} between control tokens. */
    FUNCTION_GEMMA;

    /** What a call begins with in {@link #TEXT}. */
    public static final String START = "<tool_call>";
    /** What a call ends with in {@link #TEXT}. */
    public static final String END = "</tool_call>";
}
