package dev.jemma.eval.contamination;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A search in a process of its own, for a test of its memory. */
final class SmallHeap {
    private SmallHeap() {}

    public static void main(String[] args) {
        Contamination found = Decontamination.run(
                List.of(Path.of(args[0])),
                Path.of(args[1]),
                Decontamination.Options.DEFAULTS,
                Optional.empty(),
                new Decontamination.Listener() {
                    @Override
                    public void indexed(int items) {
                        System.out.println("items " + items);
                    }

                    @Override
                    public void hit(Hit hit) {
                        System.out.println(hit);
                    }

                    @Override
                    public void at(long bytes, long totalBytes) {
                        System.out.println(bytes + " of " + totalBytes);
                    }

                    @Override
                    public boolean stopped() {
                        return false;
                    }
                });
        System.out.println("hits " + found.hits());
    }
}
