package dev.jemma.kernel;

/**
 * Shape and rule of one attention layer. Query head h reads key/value head h / (heads / kvHeads) (GQA).
 *
 * @param scale factor of the dot products
 * @param softcap c of c·tanh(x/c) on the scaled scores, before the mask; 0 for none
 * @param window key j is visible to query i only if |i − j| &lt; window; 0 for no limit
 * @param causal whether keys after the query are hidden
 */
public record AttentionShape(
        int heads, int kvHeads, int headDim, float scale, float softcap, int window, boolean causal) {
    public AttentionShape {
        if (heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0 || headDim <= 0 || window < 0) {
            throw new IllegalArgumentException("heads " + heads + ", kv heads " + kvHeads + ", head size " + headDim
                    + ", window " + window + " do not go together");
        }
    }

    /** First position whose key the query at {@code position} sees. */
    public int firstKey(int position) {
        return window == 0 ? 0 : Math.max(0, position - window + 1);
    }

    /** One past the last position whose key the query at {@code position} sees, of {@code length} in the sequence. */
    public int endKey(int position, int length) {
        if (causal) {
            return position + 1;
        }
        return window == 0 ? length : (int) Math.min((long) length, (long) position + window);
    }
}
