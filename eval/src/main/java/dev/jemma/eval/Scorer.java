package dev.jemma.eval;

import java.util.List;

/** Answers requests: a model in this process, one behind an endpoint, or a stand-in. */
public interface Scorer {
    /** Gets answers as they come, in any order, on the thread that called {@link Scorer#answer}. */
    @FunctionalInterface
    interface Receiver {
        /**
         * An answer has come.
         *
         * @param batch index of the request's batch
         * @param index of the request in it
         */
        void answered(int batch, int index, Answer answer);
    }

    /** What answers depend on beside the request: the model's content and the settings. Part of the key of kept answers. */
    String identity();

    /**
     * Answers all requests; returns when the last answer is delivered.
     *
     * @param batches requests that go together, such as those of a task; earlier batches are answered first
     */
    void answer(List<List<Request>> batches, Receiver receiver);
}
