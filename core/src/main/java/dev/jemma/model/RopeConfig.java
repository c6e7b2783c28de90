package dev.jemma.model;

/**
 * Rotary positions as files state them for the whole model.
 *
 * @param theta base of the angles in global layers
 * @param localTheta base in local layers; equal to {@code theta} unless {@link Architecture#localRope}
 * @param factor linear position scaling (1 for none); of global layers only where local ones have a base of their own
 */
public record RopeConfig(float theta, float localTheta, float factor) {}
