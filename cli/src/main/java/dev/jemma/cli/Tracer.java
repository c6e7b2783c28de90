package dev.jemma.cli;

import dev.jemma.model.Probe;
import dev.jemma.tensor.Tensor;
import java.util.Locale;

/** Prints each step of a forward pass: its name (as the reference files call it), shape, norm and time. */
final class Tracer implements Probe {
    private final Console console;
    private long lastNanos = System.nanoTime();

    Tracer(Console console) {
        this.console = console;
    }

    @Override
    public void step(String name, Tensor x) {
        long now = System.nanoTime();
        double squares = 0;
        for (int r = 0; r < x.rows(); r++) {
            for (int c = 0; c < x.cols(); c++) {
                double v = x.get(r, c);
                squares += v * v;
            }
        }
        console.note(String.format(
                Locale.ROOT,
                "%-12s [%d, %d] norm %.6g, %.2f ms",
                name.equals("logits") ? name : "hidden." + name,
                x.rows(),
                x.cols(),
                Math.sqrt(squares),
                (now - lastNanos) / 1e6));
        lastNanos = System.nanoTime();
    }
}
