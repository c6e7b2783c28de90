package dev.jemma.infer;

import java.util.Optional;

/**
 * One step of a stream.
 *
 * @param sample which of the request's continuations this belongs to, from 0
 * @param id the token
 * @param text new text that is safe to show: never half a character, never part of a stop string; may be empty
 * @param logprob if log-probabilities were asked for
 */
public record GeneratedToken(int sample, int id, String text, Optional<TokenLogprob> logprob) {}
