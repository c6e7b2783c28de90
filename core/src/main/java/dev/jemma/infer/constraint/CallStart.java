package dev.jemma.infer.constraint;

/**
 * How calls of an answer are told from its text: behind the beginning of the first call there is no more text.
 *
 * @param form how calls are written
 * @param onlyFirst whether calls come at the very beginning or not at all; else the first mark of a call begins them
 */
public record CallStart(CallForm form, boolean onlyFirst) {}
