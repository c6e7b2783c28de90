package dev.jemma.infer.constraint;

import java.util.regex.Pattern;

/**
 * A function that may be called.
 *
 * @param name of letters, digits, {@code _}, {@code .} and {@code -}; at most 64 of them
 * @param parameters JSON Schema of the object of its arguments, as text
 */
public record CallableFunction(String name, String parameters) {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");

    public CallableFunction {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a function's name has 1 to 64 letters, digits, _, . and -");
        }
    }
}
