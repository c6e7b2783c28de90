package dev.jemma.tokenizer.training;

/** Told how far a training is; called from the thread that trains. */
public interface TrainingProgress {
    /** Tells nobody. */
    TrainingProgress NONE = new TrainingProgress() {
        @Override
        public void counted(long characters, long words) {}

        @Override
        public void learned(int pieces, int total) {}
    };

    /**
     * More text is counted.
     *
     * @param characters so far, in UTF-16 units
     * @param words different words so far
     */
    void counted(long characters, long words);

    /**
     * More pieces are learned.
     *
     * @param pieces so far
     * @param total pieces that are to be learned
     */
    void learned(int pieces, int total);
}
