package dev.jemma.cli.load;

/**
 * One request of a load.
 *
 * @param atNanos when it is to be sent, since the start of the run; 0 where the next one follows the end of another
 * @param prompt the text to go on with, or the user's message
 * @param maxTokens most tokens of the answer
 */
public record Call(long atNanos, String prompt, int maxTokens) {}
