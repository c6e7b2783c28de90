package dev.jemma.format;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The tensors of one model on disk, whatever its container (one file or several). Opening reads headers only; data is
 * read on request into memory of the caller. Safe for use by several threads.
 */
public interface TensorFile extends AutoCloseable {
    /** What the user gave, for messages. */
    String description();

    /** All tensors, in file order. */
    List<TensorInfo> tensors();

    /** The tensor of this name. */
    Optional<TensorInfo> find(String name);

    /**
     * Reads {@code target.byteSize()} bytes of a tensor's stored data, from byte {@code offset} of the tensor on.
     *
     * @throws FormatException if the file ends early or cannot be read
     */
    void read(TensorInfo tensor, long offset, MemorySegment target);

    @Override
    void close();
}
