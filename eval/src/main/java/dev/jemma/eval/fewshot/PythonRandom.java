package dev.jemma.eval.fewshot;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Python's {@code random.Random} as far as drawing a sample needs it, bit for bit: the Mersenne Twister MT19937 of
 * Matsumoto and Nishimura (1998), seeded by an array as CPython seeds it with an integer, integers below n by rejection,
 * and {@code sample}. Draws of few-shot examples are then those of EleutherAI's lm-evaluation-harness.
 */
public final class PythonRandom {
    private static final int N = 624;
    private static final int M = 397;
    private static final int TWIST = 0x9908b0df;
    private static final int UPPER = 0x80000000;
    private static final int LOWER = 0x7fffffff;

    private final int[] state = new int[N];
    private int next = N;

    /** As {@code random.Random(seed)}; a seed of 32 bits, not negative. */
    public PythonRandom(int seed) {
        if (seed < 0) {
            throw new IllegalArgumentException("a seed must not be negative: " + seed);
        }
        seedByArray(new int[] {seed});
    }

    private void seed(int value) {
        state[0] = value;
        for (int i = 1; i < N; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
    }

    private void seedByArray(int[] key) {
        seed(19650218);
        int i = 1;
        int j = 0;
        for (int k = Math.max(N, key.length); k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1664525)) + key[j] + j;
            i++;
            j = (j + 1) % key.length;
            if (i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        for (int k = N - 1; k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1566083941)) - i;
            i++;
            if (i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = UPPER;
    }

    private void refill() {
        for (int i = 0; i < N; i++) {
            int y = (state[i] & UPPER) | (state[(i + 1) % N] & LOWER);
            state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : TWIST);
        }
        next = 0;
    }

    /** The next 32 bits. */
    int nextInt() {
        if (next == N) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    /** As {@code random()}: 53 bits, at least 0 and below 1. */
    public double nextDouble() {
        int high = nextInt() >>> 5;
        int low = nextInt() >>> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /** An integer from 0 to {@code bound} − 1, as {@code randrange(bound)}. */
    public int below(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("nothing lies below " + bound);
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(bound);
        int value = nextInt() >>> (Integer.SIZE - bits);
        while (value >= bound || value < 0) {
            value = nextInt() >>> (Integer.SIZE - bits);
        }
        return value;
    }

    /**
     * As {@code sample(population, k)}: k elements without repetition, in the order of their draw.
     *
     * @throws IllegalArgumentException if there are fewer than k
     */
    public <T> List<T> sample(List<T> population, int k) {
        int n = population.size();
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("a sample of " + k + " from " + n);
        }
        List<T> drawn = new ArrayList<>(k);
        long small = 21; // where Python takes a list of what is left, beyond it a set of what was taken
        if (k > 5) {
            small += (long) Math.pow(4, Math.ceil(Math.log(3.0 * k) / Math.log(4)));
        }
        if (n <= small) {
            List<T> left = new ArrayList<>(population);
            for (int i = 0; i < k; i++) {
                int j = below(n - i);
                drawn.add(left.get(j));
                left.set(j, left.get(n - i - 1));
            }
        } else {
            Set<Integer> taken = new HashSet<>();
            while (drawn.size() < k) {
                int j = below(n);
                if (taken.add(j)) {
                    drawn.add(population.get(j));
                }
            }
        }
        return drawn;
    }
}
