package dev.jemma.serve;

import dev.jemma.infer.Completion;
import dev.jemma.infer.GeneratedToken;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** How an answer of one of the two generating paths looks, whole and in pieces. */
interface Shape {
    /** {@code object} of a whole answer. */
    String wholeObject();

    /** {@code object} of a piece. */
    String pieceObject();

    /** What a stream's first piece for a choice holds, if it says something ahead of any token. */
    Optional<ObjectNode> opening(int index);

    /** The choices of the pieces that a token makes: none if it brings neither text nor a log-probability. */
    List<ObjectNode> pieces(int index, GeneratedToken token);

    /** The last pieces of a choice, of which the last one says why it ended. */
    List<ObjectNode> endings(int index, Completion answer);

    /** A whole choice. */
    ObjectNode whole(int index, Completion answer);

    /** Whether a token brings text or a log-probability. */
    default boolean says(GeneratedToken token) {
        return !token.text().isEmpty() || (token.logprob().isPresent() && !ends(token.id()));
    }

    /** Whether a token ends an answer and is not part of it. */
    boolean ends(int id);

    /** Waits for what else the answer needs; called before {@link #opening} and {@link #whole}. */
    default void prepare() {}

    /** Ends early what it may be waiting for. */
    default void cancel() {}

    /** Tokens of all prompts. */
    long promptTokens();

    /** Tokens of all answers. */
    static long tokens(List<Completion> answers) {
        return answers.stream().mapToLong(a -> a.ids().length).sum();
    }
}
