package dev.jemma.model;

import dev.jemma.kernel.AttentionShape;

/**
 * What may differ from layer to layer.
 *
 * @param attention heads, scale, cap and window
 * @param ropeTheta base of the rotary angles
 * @param ropeFactor linear position scaling (1 for none)
 * @param feedForwardSize width of gate and up
 */
public record LayerConfig(AttentionShape attention, float ropeTheta, float ropeFactor, int feedForwardSize) {
    /** Whether every earlier position is visible. */
    public boolean global() {
        return attention.window() == 0;
    }
}
