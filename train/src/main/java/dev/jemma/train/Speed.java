package dev.jemma.train;

/** Rows a second over the last steps, without the time of evaluations and checkpoints. */
final class Speed {
    private static final double MEMORY = 0.8;

    private long since = System.nanoTime();
    private double secondsPerStep;
    private double rowsPerStep;

    /** A step with this many rows ended. */
    void add(int rows) {
        long now = System.nanoTime();
        double seconds = (now - since) / 1e9;
        since = now;
        boolean first = secondsPerStep == 0;
        secondsPerStep = first ? seconds : MEMORY * secondsPerStep + (1 - MEMORY) * seconds;
        rowsPerStep = first ? rows : MEMORY * rowsPerStep + (1 - MEMORY) * rows;
    }

    /** What went by since the last step does not count. */
    void restart() {
        since = System.nanoTime();
    }

    double secondsPerStep() {
        return secondsPerStep;
    }

    double tokensPerSecond() {
        return secondsPerStep == 0 ? 0 : rowsPerStep / secondsPerStep;
    }
}
