package dev.jemma.chat;

import java.util.List;

/**
 * FunctionGemma's turns: an optional developer message, which declares functions, then user and model alternating. A
 * model message that calls functions is followed by tool messages with the results, inside the same turn, and then by
 * the model's answer, which ends it.
 */
final class FunctionTurns {
    private FunctionTurns() {}

    static void append(List<Message> messages, Prompt prompt) {
        boolean turnIsOpen = false;
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            Role role = message.role() == Role.SYSTEM ? Role.DEVELOPER : message.role();
            check(messages, i, role, turnIsOpen);
            if (!turnIsOpen) {
                ChatTemplate.openTurn(role, prompt);
            }
            prompt.text(Jinja.trim(message.content()));
            message.functions().forEach(block -> block.appendTo(prompt));
            boolean toolFollows = i + 1 < messages.size() && messages.get(i + 1).role() == Role.TOOL;
            turnIsOpen = role == Role.TOOL || (role == Role.MODEL && toolFollows);
            if (!turnIsOpen) {
                ChatTemplate.closeTurn(prompt);
            }
        }
    }

    private static void check(List<Message> messages, int i, Role role, boolean turnIsOpen) {
        Role before = i == 0 ? Role.DEVELOPER : messages.get(i - 1).role();
        boolean allowed = switch (role) {
            case DEVELOPER, SYSTEM -> i == 0;
            case USER -> !turnIsOpen && before != Role.USER;
            case MODEL -> before == Role.USER || before == Role.TOOL;
            case TOOL -> turnIsOpen;
        };
        if (!allowed) {
            throw new ChatException("Conversation roles must be developer, then user and model in turn, with tool after"
                    + " a call: message " + (i + 1) + " is of role " + role.label());
        }
        FunctionBlock.Kind expected = switch (role) {
            case DEVELOPER, SYSTEM -> FunctionBlock.Kind.DECLARATION;
            case TOOL -> FunctionBlock.Kind.RESPONSE;
            case USER, MODEL -> FunctionBlock.Kind.CALL;
        };
        for (FunctionBlock block : messages.get(i).functions()) {
            if (block.kind() != expected || role == Role.USER) {
                throw new ChatException("message " + (i + 1) + " of role " + role.label() + " cannot hold the "
                        + block.kind().label() + " of function " + block.name());
            }
        }
    }
}
