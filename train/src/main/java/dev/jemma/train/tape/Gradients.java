package dev.jemma.train.tape;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LargeMemory;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gradients of activations on their way back. They belong to the memory of what they are gradients of, so that a reshaped
 * view has the gradient of the whole. One buffer may serve several activations until one of them adds to it; buffers are
 * used again. For one thread.
 */
final class Gradients implements AutoCloseable {
    /** Where to write a gradient, and whether something is there to add to. */
    record Slot(Tensor gradient, boolean accumulate) {}

    private static final class Buffer {
        final MemorySegment data;
        int users;

        Buffer(MemorySegment data) {
            this.data = data;
        }

        Tensor as(Tensor shape) {
            return new Tensor(data, shape.rows(), shape.cols());
        }
    }

    private static final long MIN_BYTES = 4096;

    private final Kernels kernels;
    private final Workers workers;
    private final Arena arena = LargeMemory.shared();
    private final Map<Long, Buffer> ofActivation = new HashMap<>();
    private final Map<Long, Buffer> byAddress = new HashMap<>();
    private final TreeMap<Long, Deque<Buffer>> free = new TreeMap<>();
    private long bytes;

    Gradients(Kernels kernels, Workers workers) {
        this.kernels = kernels;
        this.workers = workers;
    }

    /** The gradient of {@code y}, complete; {@link #release} it after use. Empty if nothing depends on y. */
    Optional<Tensor> take(Tensor y) {
        Buffer buffer = ofActivation.remove(y.data().address());
        return buffer == null ? Optional.empty() : Optional.of(buffer.as(y));
    }

    /** Gives back what {@link #take} or {@link #scratch} gave. */
    void release(Tensor gradient) {
        Buffer buffer = byAddress.get(gradient.data().address());
        if (buffer == null || buffer.users == 0) {
            throw new IllegalArgumentException("this is no gradient in use");
        }
        if (--buffer.users == 0) {
            free.computeIfAbsent(buffer.data.byteSize(), _ -> new ArrayDeque<>())
                    .push(buffer);
        }
    }

    /** Where to write or add the gradient of {@code x}. */
    Slot into(Tensor x) {
        long key = x.data().address();
        Buffer buffer = ofActivation.get(key);
        if (buffer == null) {
            Buffer fresh = buffer(x);
            ofActivation.put(key, fresh);
            return new Slot(fresh.as(x), false);
        }
        if (buffer.users > 1) { // others read it: a copy of our own
            Buffer own = buffer(x);
            MemorySegment.copy(buffer.data, 0, own.data, 0, size(x));
            buffer.users--;
            ofActivation.put(key, own);
            return new Slot(own.as(x), true);
        }
        return new Slot(buffer.as(x), true);
    }

    /** The gradient of {@code x} to change in place; empty if there is none. */
    Optional<Tensor> changing(Tensor x) {
        return ofActivation.containsKey(x.data().address()) ? Optional.of(into(x).gradient()) : Optional.empty();
    }

    /** The gradient of {@code x} to add to: zeros if there was none. */
    Tensor adding(Tensor x) {
        Slot slot = into(x);
        if (!slot.accumulate()) {
            slot.gradient().data().asSlice(0, size(x)).fill((byte) 0);
        }
        return slot.gradient();
    }

    /** Adds {@code gradient}, which the caller holds and will release, to that of {@code x}. */
    void add(Tensor x, Tensor gradient) {
        long key = x.data().address();
        if (!ofActivation.containsKey(key)) {
            Buffer shared = byAddress.get(gradient.data().address());
            if (shared == null) {
                throw new IllegalArgumentException("this is no gradient in use");
            }
            shared.users++;
            ofActivation.put(key, shared);
            return;
        }
        Tensor sum = into(x).gradient();
        kernels.add(workers, sum, gradient.reshape(x.rows(), x.cols()), sum);
    }

    /** A buffer [rows, cols] that is nobody's gradient; {@link #release} it after use. */
    Tensor scratch(int rows, int cols) {
        return new Tensor(buffer(Math.multiplyExact(4L * rows, (long) cols)).data, rows, cols);
    }

    /** Forgets gradients that nobody took. */
    void clear() {
        ofActivation.values().forEach(buffer -> release(new Tensor(buffer.data, 0, 0)));
        ofActivation.clear();
    }

    /** Bytes held. */
    long bytes() {
        return bytes;
    }

    private static long size(Tensor x) {
        return 4L * x.rows() * x.cols();
    }

    private Buffer buffer(Tensor shape) {
        return buffer(size(shape));
    }

    private Buffer buffer(long size) {
        long wanted = Math.max(MIN_BYTES, Math.ceilDiv(size, MIN_BYTES) * MIN_BYTES);
        Map.Entry<Long, Deque<Buffer>> fitting = free.ceilingEntry(wanted);
        Buffer buffer;
        if (fitting != null && fitting.getKey() <= 2 * wanted) {
            buffer = fitting.getValue().pop();
            if (fitting.getValue().isEmpty()) {
                free.remove(fitting.getKey());
            }
        } else {
            buffer = new Buffer(arena.allocate(wanted, Tensor.ALIGNMENT_BYTES));
            byAddress.put(buffer.data.address(), buffer);
            bytes += wanted;
        }
        buffer.users = 1;
        return buffer;
    }

    @Override
    public void close() {
        arena.close();
    }
}
