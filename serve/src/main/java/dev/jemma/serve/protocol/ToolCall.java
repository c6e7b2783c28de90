package dev.jemma.serve.protocol;

import tools.jackson.databind.node.ObjectNode;

/**
 * A call that a model made earlier in the conversation.
 *
 * @param id what its result refers to
 * @param name the function
 * @param arguments what it was called with
 */
public record ToolCall(String id, String name, ObjectNode arguments) {}
