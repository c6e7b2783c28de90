package dev.jemma.chat;

import java.util.Locale;

/** Who speaks in a turn. */
public enum Role {
    /** Instructions ahead of the conversation. */
    SYSTEM,
    /** FunctionGemma's name for {@link #SYSTEM}. */
    DEVELOPER,
    /** The person. */
    USER,
    /** The model; other systems say assistant. */
    MODEL,
    /** The result of a function that the model called. */
    TOOL;

    /** The name that stands in the prompt, in lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The role of this name; {@code assistant} is another name of {@code model}.
     *
     * @throws ChatException if there is no such role
     */
    public static Role of(String name) {
        for (Role role : values()) {
            if (role.label().equals(name)) {
                return role;
            }
        }
        if (name.equals("assistant")) {
            return MODEL;
        }
        throw new ChatException(
                "unknown role \"" + name + "\"; roles are system, developer, user, model (or assistant) and tool");
    }
}
