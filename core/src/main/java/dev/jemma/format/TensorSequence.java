package dev.jemma.format;

import java.util.List;

/** Watches that the bytes of declared tensors arrive in order and in full. */
final class TensorSequence {
    private final List<TensorInfo> tensors;
    private int current;
    private long written;

    TensorSequence(List<TensorInfo> tensors) {
        this.tensors = List.copyOf(tensors);
        skipEmpty();
    }

    /** Index of the tensor whose bytes are due; the number of tensors at the end. */
    int current() {
        return current;
    }

    /** Counts bytes of the tensor in turn; true if that was its last. */
    boolean advance(long bytes) {
        if (current == tensors.size() || bytes > tensors.get(current).byteSize() - written) {
            throw new IllegalStateException(
                    current == tensors.size()
                            ? "all declared tensors are written"
                            : "more bytes than tensor " + tensors.get(current).name() + " has");
        }
        written += bytes;
        if (written < tensors.get(current).byteSize()) {
            return false;
        }
        current++;
        written = 0;
        skipEmpty();
        return true;
    }

    private void skipEmpty() {
        while (current < tensors.size() && tensors.get(current).byteSize() == 0) {
            current++;
        }
    }

    void requireEnd() {
        if (current < tensors.size()) {
            throw new IllegalStateException("tensor " + tensors.get(current).name() + " lacks "
                    + (tensors.get(current).byteSize() - written) + " bytes");
        }
    }
}
