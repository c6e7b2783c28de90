package dev.jemma.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A console whose streams a test can look at. */
public final class TestConsole {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console;

    public TestConsole(Map<String, String> environment) {
        this(environment, Console.Terminals.NONE, "");
    }

    public TestConsole(Map<String, String> environment, Console.Terminals terminals, String typed) {
        console = new Console(
                out, err, new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)), terminals, environment);
    }

    /** One where a person types. */
    public static TestConsole typing(Map<String, String> environment, String typed) {
        return new TestConsole(environment, new Console.Terminals(true, true, true), typed);
    }

    public Console console() {
        return console;
    }

    public String out() {
        console.flush();
        return out.toString(StandardCharsets.UTF_8);
    }

    public String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
