package dev.jemma.convert;

/** Told how far a conversion is; called from the thread that converts, after each tensor. */
@FunctionalInterface
public interface Progress {
    /** Tells nobody. */
    Progress NONE = (tensor, index, count) -> {};

    /**
     * A tensor is written.
     *
     * @param tensor its new name
     * @param index its number, from 1
     * @param count tensors in all
     */
    void written(String tensor, int index, int count);
}
