package dev.jemma.cli;

import java.lang.reflect.InvocationTargetException;

/**
 * Where Java starts. This one class is compiled to the oldest level there is, so that a Java that is too old answers with
 * a sentence instead of UnsupportedClassVersionError; it names {@code Jemma} only by reflection and does nothing else.
 */
public final class Main {
    private static final int WANTED = 25;

    private Main() {}

    public static void main(String[] args) throws Throwable {
        int found = feature(System.getProperty("java.specification.version"));
        if (found < WANTED) {
            System.err.println("jemma: Jemma needs JDK " + WANTED + " or newer; this is Java " + found + " in "
                    + System.getProperty("java.home") + ". Start it with ./jemma, which finds the right one.");
            System.exit(1);
        }
        try {
            Class.forName("dev.jemma.cli.Jemma")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** "1.8" is 8, "25" is 25. */
    static int feature(String specification) {
        return Integer.parseInt(specification.startsWith("1.") ? specification.substring(2) : specification);
    }
}
