package dev.jemma.eval;

/**
 * A value and how far it can be trusted.
 *
 * @param error standard error; not a number where there is none
 */
public record Figure(double value, double error) {}
