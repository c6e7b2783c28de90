package dev.jemma.infer;

/** The k largest of a stream of numbers, as a min-heap: its root is the threshold that nearly every further number fails. */
final class Largest {
    private final float[] heap;
    private int k;
    private int size;

    /** @param most the largest k */
    Largest(int most) {
        heap = new float[most];
    }

    /** Starts over; k is at least 1. */
    void begin(int count) {
        k = count;
        size = 0;
    }

    /** Looks at one more number; what is not a number is passed over. */
    void add(float x) {
        if (size == k) {
            if (x > heap[0]) {
                heap[0] = x;
                siftDown(0);
            }
        } else if (!Float.isNaN(x)) {
            heap[size++] = x;
            for (int i = size == k ? k / 2 - 1 : -1; i >= 0; i--) {
                siftDown(i);
            }
        }
    }

    /** Whether a number up to {@code x} would change nothing. */
    boolean passesOver(float x) {
        return size == k && x <= heap[0];
    }

    /** The k-th largest so far; −∞ if there were fewer. */
    float least() {
        return size < k ? Float.NEGATIVE_INFINITY : heap[0];
    }

    private void siftDown(int from) {
        int i = from;
        float value = heap[i];
        while (2 * i + 1 < k) {
            int child = 2 * i + 1;
            if (child + 1 < k && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = value;
    }
}
