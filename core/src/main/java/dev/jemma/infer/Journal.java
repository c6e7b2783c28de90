package dev.jemma.infer;

import java.util.List;

/**
 * What the scheduler tells Java's flight recorder: an event a step, one a request. Called on the engine's thread alone.
 * Without a recording nothing is written; where Java comes without its recorder, nobody listens at all.
 */
interface Journal {
    /** Nobody listens. */
    Journal NONE = new Journal() {
        @Override
        public void begin() {}

        @Override
        public void step(List<Slice> slices, int promptRows, int preempted, EngineStats after) {}

        @Override
        public void request(Job job) {}
    };

    /** The recorder of this Java, if it has one. */
    static Journal open() {
        return ModuleLayer.boot().findModule("jdk.jfr").isPresent() ? new FlightJournal() : NONE;
    }

    /** A step begins. */
    void begin();

    /**
     * The step is over.
     *
     * @param slices what was computed; may be empty
     * @param promptRows rows of prompts among them
     * @param preempted requests that gave way
     * @param after the counts now
     */
    void step(List<Slice> slices, int promptRows, int preempted, EngineStats after);

    /** A request is over, one way or the other. */
    void request(Job job);
}
